//! The control API of `CONTROL.md`: what a person does in Slack, and what a test does to Slack.
//!
//! It guarantees that a person can only do what Slack's own client lets them do (unless asked to forge), and
//! that web pages of other origins cannot drive it: only JSON is taken, and only under a loopback name.

mod admin;
mod click;
pub mod client;
mod command;
mod files;
pub mod reply;
mod submission;
mod wait;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::world::Shared;

/// A file of 10 MB in hexadecimal, and what surrounds it.
const FILE_BODY: usize = 24 * 1024 * 1024;

/// A refusal in the control API's own shape.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    errors: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), errors: None }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "ok": false, "error": self.code, "message": self.message });
        if let (Some(errors), Some(fields)) = (self.errors, body.as_object_mut()) {
            fields.insert("errors".into(), errors.into());
        }
        (self.status, axum::Json(body)).into_response()
    }
}

/// A JSON body; anything else is refused in our own shape.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let parsed = axum::Json::<T>::from_request(request, state).await;
        parsed
            .map(|axum::Json(value)| Self(value))
            .map_err(|error| Refusal::bad("bad_json", error.body_text()))
    }
}

/// The routes below `/control`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/workspace", get(watch::workspace))
        .route("/control/state", get(watch::state))
        .route("/control/version", get(watch::version))
        .route("/control/calls", get(watch::calls))
        .route("/control/deliveries", get(watch::deliveries))
        .route("/control/command", post(command::command))
        .route("/control/click", post(click::click))
        .route("/control/submit", post(submission::submit))
        .route("/control/close", post(submission::close))
        .route("/control/file", get(files::open).post(files::upload).layer(DefaultBodyLimit::max(FILE_BODY)))
        .route("/control/deliver", post(admin::deliver))
        .route("/control/replay", post(admin::replay))
        .route("/control/fault", post(admin::fault))
        .route("/control/person", post(admin::person))
        .route("/control/usergroup", post(admin::usergroup))
        .route("/control/channel", post(admin::channel))
        .route("/control/clock", post(admin::clock))
        .layer(middleware::from_fn(refuse_foreign_origins))
}

/// A page on another site must not be able to press Approve here, by form, by script or by DNS rebinding.
async fn refuse_foreign_origins(request: Request, next: Next) -> Response {
    if is_local(request.headers()) {
        return next.run(request).await;
    }
    Refusal::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "Open the page under the address that the sandbox printed.",
    )
    .into_response()
}

fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let known = name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let same = match text(header::ORIGIN) {
        Some(origin) => origin == format!("http://{host}"),
        None => true,
    };
    known && same
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::is_local;

    #[test]
    fn only_a_loopback_name_and_the_same_origin_may_drive_it() {
        let headers = |host: &'static str, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("host"), HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(HeaderName::from_static("origin"), HeaderValue::from_static(origin));
            }
            headers
        };
        assert!(is_local(&headers("127.0.0.1:4000", None)));
        assert!(is_local(&headers("localhost:4000", Some("http://localhost:4000"))));
        assert!(!is_local(&headers("127.0.0.1:4000", Some("https://evil.example"))));
        assert!(!is_local(&headers("evil.example:4000", None)));
        assert!(!is_local(&HeaderMap::new()));
    }
}
