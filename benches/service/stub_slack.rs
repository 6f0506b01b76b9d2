//! A Slack that says yes at once: just enough Web API for the service to do its work.
//!
//! Guarantees an answer without work, so that what is timed is the service. Leaves strictness to the sandbox's Slack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Router, body::Bytes};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Failed;
use crate::delivery::TEAM;

/// A running stub.
pub(crate) struct StubSlack {
    /// What `slack.api_url` is set to.
    pub(crate) api_url: String,
    /// What response addresses begin with.
    pub(crate) response_base: String,
}

impl StubSlack {
    pub(crate) async fn start() -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let routes = Router::new()
            .route("/api/{method}", any(method))
            .route("/respond/{team}/{id}", post(async || "ok"))
            .with_state(Arc::default());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { api_url: format!("{base}/api"), response_base: format!("{base}/respond") })
    }
}

async fn method(
    State(posted): State<Arc<AtomicU64>>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let answer = match method.as_str() {
        "auth.test" => json!({"ok": true, "team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0001"}),
        "users.info" => {
            let query = query.unwrap_or_default();
            let user = query.split('&').find_map(|pair| pair.strip_prefix("user=")).unwrap_or_default();
            json!({"ok": true, "user": {"id": user, "team_id": TEAM, "deleted": false, "is_bot": false}})
        }
        "usergroups.users.list" => json!({"ok": true, "users": []}),
        "conversations.info" => {
            let query = query.unwrap_or_default();
            let channel = query.split('&').find_map(|pair| pair.strip_prefix("channel=")).unwrap_or_default();
            json!({"ok": true, "channel": {"id": channel, "is_ext_shared": false}})
        }
        "chat.postMessage" => {
            let call: Value = serde_json::from_slice(&body).unwrap_or_default();
            let number = posted.fetch_add(1, Ordering::Relaxed);
            let ts = format!("{}.{:06}", 1_700_000_000 + number / 1_000_000, number % 1_000_000);
            json!({"ok": true, "channel": call.get("channel"), "ts": ts})
        }
        _ => json!({"ok": true}),
    };
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.to_string()).into_response()
}
