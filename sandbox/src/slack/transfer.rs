//! Where bytes of files go in and out: `POST /upload/v1/<token>` and `GET /files-pri/<team>-<file>/download/<name>`.
//!
//! It guarantees what Slack's file host does: an upload needs no token but its address, a download needs the app's
//! token and its scope, and whoever lacks them gets a log-in page. Both can be hit by faults, as `upload` and
//! `download`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::api::planned_response;
use super::connection::Cut;
use super::fault::Fault;
use super::record::Call;
use super::world::Shared;

/// More than any upload that the sandbox is for.
const LARGEST_UPLOAD: usize = 64 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/upload/v1/{token}", post(upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/files-pri/{file}/download/{name}", get(download))
}

/// The address that takes the bytes of this upload.
pub(super) fn upload_address(base: &str, token: &str) -> String {
    format!("{base}/upload/v1/{token}")
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut call = Call { method: "upload".into(), args: json!({ "bytes": body.len() }), ..Call::default() };
    let lost = match hit(&shared, &mut call).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Slack takes forms here too; the apps that this sandbox is for send the bytes alone.
    let result = if text(header::CONTENT_TYPE).starts_with("multipart/") {
        Err("multipart_not_taken_here")
    } else {
        shared.change(|world| world.files.upload(&token, &body))
    };
    let (status, words) = match result {
        Ok(id) => {
            call.args = json!({ "bytes": body.len(), "file": id });
            (StatusCode::OK, format!("OK - {}", body.len()))
        }
        Err(code) => {
            call.error = Some(code.to_owned());
            (StatusCode::BAD_REQUEST, code.to_owned())
        }
    };
    finish(&shared, call, lost, &cut, (status, words).into_response())
}

async fn download(
    State(shared): State<Arc<Shared>>,
    Path((file, _)): Path<(String, String)>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
) -> Response {
    let id = file.rsplit_once('-').map_or(file.as_str(), |(_, id)| id).to_owned();
    let mut call = Call { method: "download".into(), args: json!({ "file": id }), ..Call::default() };
    let lost = match hit(&shared, &mut call).await {
        Ok(lost) => lost,
        Err(response) => return response,
    };
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let response = if bearer != Some(shared.config.bot_token.as_str()) {
        call.error = Some("not_authed".into());
        let to = format!("{}/?redir=%2Ffiles-pri%2F{file}", shared.base);
        (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
    } else if !shared.config.scopes.iter().any(|scope| scope == "files:read") {
        call.error = Some("missing_scope".into());
        let page = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in</body></html>";
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    } else {
        let found = shared.note(|world| world.files.get(&id).filter(|file| file.known_to_app).cloned());
        if let Some(file) = found {
            ([(header::CONTENT_TYPE, file.media_type())], file.content).into_response()
        } else {
            call.error = Some("file_not_found".into());
            StatusCode::NOT_FOUND.into_response()
        }
    };
    finish(&shared, call, lost, &cut, response)
}

/// Whether the answer is to be lost, or the answer to a call that is not even looked at.
async fn hit(shared: &Shared, call: &mut Call) -> Result<bool, Response> {
    let fault = shared.note(|world| world.faults.take(&call.method)).map(|(asked, fault)| {
        call.fault = Some(asked);
        fault
    });
    let response = match &fault {
        None | Some(Fault::Pass) => return Ok(false),
        Some(Fault::LoseResponse) => return Ok(true),
        Some(Fault::Timeout) => {
            shared.change(|world| world.record_call(call.clone()));
            shared.stop.cancelled().await;
            return Err(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        Some(Fault::Error(code)) => (StatusCode::BAD_REQUEST, code.clone()).into_response(),
        Some(fault) => planned_response(fault).map(|(_, response)| response).unwrap_or_default(),
    };
    call.http = response.status().as_u16();
    call.error = Some("fault".into());
    shared.change(|world| world.record_call(call.clone()));
    Err(response)
}

fn finish(shared: &Shared, mut call: Call, lost: bool, cut: &Cut, response: Response) -> Response {
    call.ok = call.error.is_none();
    call.http = if lost { 0 } else { response.status().as_u16() };
    shared.change(|world| world.record_call(call));
    if lost {
        cut.cut();
    }
    response
}
