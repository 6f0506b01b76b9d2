//! The control endpoints of the command line: what a program of it asks, how commands behave, which were started.
//!
//! Guarantees: an answer to `run` is one JSON line for each [`Step`], sent when it happens.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::site::Site;
use super::{CommandFault, CommandRun, CommandSettings, start};

pub(in super::super) fn router() -> Router<Site> {
    Router::new()
        .route("/sandbox/commands", get(commands))
        .route("/sandbox/commands/run", post(run))
        .route("/sandbox/commands/settings", post(settings))
        .route("/sandbox/commands/faults", post(add_fault).delete(clear_faults))
}

#[derive(Deserialize)]
struct Start {
    argv: Vec<String>,
}

async fn run(Shared(site): Shared<Site>, Json(wanted): Json<Start>) -> Response {
    let steps = start(&site, wanted.argv);
    let lines = stream::unfold(steps, async |mut steps| {
        let step = steps.recv().await?;
        let line = serde_json::to_string(&step).map(|line| format!("{line}\n"));
        Some((line, steps))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

async fn commands(Shared(site): Shared<Site>) -> Json<Vec<CommandRun>> {
    Json(site.state().commands.runs.clone())
}

async fn settings(Shared(site): Shared<Site>, Json(settings): Json<CommandSettings>) -> Json<Value> {
    site.state().commands.settings = settings;
    Json(json!({"ok": true}))
}

async fn add_fault(Shared(site): Shared<Site>, Json(fault): Json<CommandFault>) -> Json<Value> {
    site.state().commands.faults.push(fault);
    Json(json!({"ok": true}))
}

async fn clear_faults(Shared(site): Shared<Site>) -> Json<Value> {
    site.state().commands.faults.clear();
    Json(json!({"ok": true}))
}
