//! A proxy between the bot and CKAN that lies, or looks on.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::net::TcpListener;

/// What the proxy answers in CKAN's place; `None` lets CKAN answer.
pub type Lie = Box<dyn Fn(String, Bytes) -> BoxFuture<'static, Option<Value>> + Send + Sync>;

/// Stands in front of a CKAN.
pub struct Liar {
    pub url: String,
    inside: Arc<Inside>,
}

struct Inside {
    target: OnceLock<String>,
    lie: Lie,
    http: reqwest::Client,
}

impl Liar {
    pub async fn start(lie: Lie) -> Self {
        ckan_chatops::http::install_crypto_provider();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let inside = Arc::new(Inside { target: OnceLock::new(), lie, http });
        let router = Router::new().fallback(pass).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inside }
    }

    /// Stands in front of the CKAN at this address from now on.
    pub fn before(&self, url: &str) {
        self.inside.target.set(url.to_owned()).expect("one CKAN");
    }
}

async fn pass(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let Some(target) = inside.target.get() else { return StatusCode::BAD_GATEWAY.into_response() };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let action = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    // A visitor is told the truth: whoever lies to a bot lies to its token.
    if parts.headers.contains_key("authorization")
        && let Some(result) = (inside.lie)(action, body.clone()).await
    {
        return axum::Json(serde_json::json!({"help": "", "success": true, "result": result}))
            .into_response();
    }
    let address = format!("{target}{}", parts.uri);
    let mut headers = parts.headers;
    headers.remove("host");
    let answer = inside.http.request(parts.method, address).headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
    *response.status_mut() = status;
    if let Some(kind) = headers.get("content-type") {
        response.headers_mut().insert("content-type", kind.clone());
    }
    response
}
