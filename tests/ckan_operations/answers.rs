//! Answers that no CKAN gives, from whatever else may stand at its address.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use ckan_chatops::ckan::{CallError, Cause, Effect, Site};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::world::settings;

/// What a write says where every request is answered like this.
async fn answered(status: u16, headers: &[(header::HeaderName, &str)], body: &str) -> Result<(), CallError> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, *value);
    }
    let response = response.body(body.to_owned()).unwrap();
    let app = Router::new().fallback(async move || response.map(Body::from));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let site = Site::new(settings(&url, "token")).unwrap();
    let outcome = site.write("package_delete", &json!({"id": "x"})).await;
    server.abort();
    outcome
}

#[tokio::test]
async fn hazard_8_a_redirect_is_not_followed() {
    let error = answered(302, &[(header::LOCATION, "/api/3/action/user_show")], "").await.unwrap_err();
    assert_eq!((error.cause, error.effect, error.status), (Cause::NotCkan, Effect::NotApplied, Some(302)));
}

#[tokio::test]
async fn hazard_8_a_page_with_status_200_is_no_success() {
    let error = answered(StatusCode::OK.as_u16(), &[], "<html>Maintenance</html>").await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::NotCkan, Effect::Unknown));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let endless = "x".repeat(9 * 1024 * 1024);
    let error = answered(200, &[], &endless).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::NotCkan, Effect::Unknown));
}

#[tokio::test]
async fn a_success_is_a_success() {
    answered(200, &[], &json!({"success": true, "result": null}).to_string()).await.unwrap();
}

#[tokio::test]
async fn a_result_of_another_shape_is_not_ckans() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .fallback(async || Response::new(Body::from(json!({"success": true, "result": "x"}).to_string())));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let site = Site::new(settings(&url, "token")).unwrap();
    let error = site.read::<Vec<u8>>("package_show", &json!({})).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::NotCkan, Effect::NotApplied));
    server.abort();
}

#[tokio::test]
async fn what_never_left_is_not_applied() {
    // The last one takes no TLS: the handshake fails before a byte of the request is sent.
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = plain.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let mut hello = [0; 16];
            let _ = stream.read(&mut hello).await;
        }
    });
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    for url in [
        format!("http://127.0.0.1:{closed}"),
        "http://no-such-host.invalid".to_owned(),
        format!("https://127.0.0.1:{port}"),
    ] {
        let site = Site::new(settings(&url, "token")).unwrap();
        let error = site.write("package_delete", &json!({"id": "x"})).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::Unreachable, Effect::NotApplied), "{url}");
    }
    server.abort();
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_time_out() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut quick = settings(&format!("http://{}", silent.local_addr().unwrap()), "token");
    quick.request_timeout = Duration::from_millis(300);
    let site = Site::new(quick).unwrap();
    let error = site.write("package_delete", &json!({"id": "x"})).await.unwrap_err();
    assert_eq!((error.cause, error.effect, error.status), (Cause::TimedOut, Effect::Unknown, None));
}

#[tokio::test]
async fn a_ckan_below_a_path_is_found_and_both_headers_carry_the_bare_token() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/data", listener.local_addr().unwrap());
    let app = Router::new().fallback(async |request: axum::extract::Request| {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let seen = json!({
            "path": request.uri().path(),
            "method": request.method().as_str(),
            "authorization": header("authorization"),
            "legacy": header("x-ckan-api-key"),
            "user_agent": header("user-agent"),
            "content_type": header("content-type"),
        });
        Response::new(Body::from(json!({"success": true, "result": seen}).to_string()))
    });
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let site = Site::new(settings(&url, " a-token\n")).unwrap();
    let seen: Value = site.read("package_show", &json!({})).await.unwrap();
    let expected = json!({
        "path": "/data/api/3/action/package_show",
        "method": "POST",
        "authorization": "a-token",
        "legacy": "a-token",
        "user_agent": concat!("ckan-chatops/", env!("CARGO_PKG_VERSION")),
        "content_type": "application/json",
    });
    assert_eq!(seen, expected);
    let as_visitor: Value = site.read_as_visitor("package_show", &json!({})).await.unwrap();
    assert_eq!((&as_visitor["authorization"], &as_visitor["legacy"]), (&Value::Null, &Value::Null));
    server.abort();
}
