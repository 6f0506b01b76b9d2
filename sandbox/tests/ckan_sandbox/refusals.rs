//! What CKAN refuses before it runs an action, and what its releases say differently.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::caller::{EDITOR, ROAD_ACCIDENTS, answer, ckan, ckan_of};

#[tokio::test]
async fn a_bad_request_is_a_bare_string() {
    for (version, prefix) in
        [("2.10.7", "Bad request - "), ("2.11.6", "Bad request - "), ("2.12.0", "Bad request: ")]
    {
        let world = ckan_of(version).await;
        let (status, body) = world.anonymous("package_destroy", json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body, json!(format!("{prefix}Action name not known: package_destroy")));
        let (status, body) = world.get("package_delete", &[("id", ROAD_ACCIDENTS)], "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let invalid = "JSON Error: Invalid request. Please use POST method for your request";
        assert_eq!(body, json!(format!("{prefix}{invalid}")));
        let broken = world.action(Method::POST, "package_show").header("Content-Type", "application/json");
        let (status, body) = answer(broken.body("{\"id\":")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            body.as_str().unwrap().starts_with(&format!("{prefix}JSON Error: Error decoding JSON data."))
        );
        let (status, body) = answer(world.action(Method::POST, "package_show").json(&json!([1]))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let inner = if version == "2.10.7" { "Bad request data" } else { "JSON Error" };
        let detail = "Request data JSON decoded to [1] but it needs to be a dictionary.";
        assert_eq!(body, json!(format!("{prefix}{inner}: {detail}")));
        assert!(world.control.writes().await.is_empty());
        assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "active");
    }
}

#[tokio::test]
async fn what_curl_sends_by_itself_is_read_as_json() {
    let world = ckan().await;
    let curl = world.action(Method::POST, "package_show");
    let curl = curl.header("Content-Type", "application/x-www-form-urlencoded");
    let (status, body) = answer(curl.body(format!("{{\"id\": \"{ROAD_ACCIDENTS}\"}}"))).await;
    assert_eq!((status, &body["result"]["name"]), (StatusCode::OK, &json!(ROAD_ACCIDENTS)));
    let form = world.action(Method::POST, "package_show").form(&[("id", ROAD_ACCIDENTS)]);
    assert_eq!(answer(form).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_of_another_type_is_an_html_page_from_2_11_on() {
    for (version, expected) in [("2.10.7", 400), ("2.11.6", 415), ("2.12.0", 415)] {
        let world = ckan_of(version).await;
        let request = world.action(Method::POST, "package_show").header("Content-Type", "text/plain");
        let response = request.body("{\"id\": \"x\"}").send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected);
    }
}

#[tokio::test]
async fn a_wrong_path_or_method_is_an_html_page() {
    let world = ckan().await;
    for (method, path, status) in [
        (Method::GET, "/api/4/action/package_show", 404),
        (Method::GET, "/", 404),
        (Method::PUT, "/api/3/action/package_show", 405),
    ] {
        let response = world.http.request(method, world.sandbox.url() + path).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
}

#[tokio::test]
async fn only_2_10_reads_the_legacy_header_and_reads_it_first() {
    for (version, legacy_works) in [("2.10.7", true), ("2.11.6", false), ("2.12.0", false)] {
        let world = ckan_of(version).await;
        let sysadmin = world.sandbox.sysadmin_token();
        let legacy = world.action(Method::POST, "user_show").header("X-CKAN-API-Key", sysadmin);
        let (status, _) = answer(legacy.json(&json!({}))).await;
        assert_eq!(status == StatusCode::OK, legacy_works, "{version}");
        let both = world.action(Method::POST, "user_show").header("X-CKAN-API-Key", sysadmin);
        let (_, body) = answer(both.header("Authorization", EDITOR).json(&json!({}))).await;
        assert_eq!(body["result"]["name"], if legacy_works { "chatops" } else { "analyst" });
    }
}

#[tokio::test]
async fn a_bearer_token_is_a_wrong_token() {
    let world = ckan().await;
    let bearer = format!("Bearer {}", world.sandbox.sysadmin_token());
    let (status, _) = world.post("user_show", json!({}), &bearer).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
