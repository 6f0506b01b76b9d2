//! Response addresses: `POST /respond/<token>`, and answers to commands, which follow the same rules.
//!
//! It guarantees five posts in thirty minutes, and that an answer for one person never becomes public.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::api::{ApiError, Arguments, Content, Limits, planned_response};
use super::capability::{ResponseAddress, Source};
use super::connection::Cut;
use super::fault::Fault;
use super::mention::mentions_everyone;
use super::message::Message;
use super::record::Call;
use super::world::{Shared, World};

/// The route below `/respond`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/respond/{token}", post(handle))
}

/// The address with this token.
pub(super) fn address(base: &str, token: &str) -> String {
    format!("{base}/respond/{token}")
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = read_body(&headers, &body);
    let mut call =
        Call { method: "respond".into(), args: body.clone().unwrap_or_default(), ..Call::default() };
    call.mention = mentions_everyone(&call.args);
    let fault = shared.note(|world| world.faults.take("respond")).map(|(asked, fault)| {
        call.fault = Some(asked);
        fault
    });
    let planned = match &fault {
        Some(Fault::Timeout) => {
            finish(&shared, call, 0, None);
            shared.stop.cancelled().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(Fault::Error(code)) => Some((400, failure(StatusCode::BAD_REQUEST, code))),
        Some(fault) => planned_response(fault),
        None => None,
    };
    if let Some((status, response)) = planned {
        finish(&shared, call, status, Some("fault"));
        return response;
    }
    let result = shared.change(|world| {
        let address = world.capabilities.use_response(&token, shared.clock.now_ms());
        let address = address.map_err(|code| (StatusCode::NOT_FOUND, code.to_owned()))?;
        let body = body.as_ref().ok_or((StatusCode::BAD_REQUEST, "invalid_payload".to_owned()))?;
        answer(&shared, world, &token, &address, body)
            .map_err(|error| (StatusCode::BAD_REQUEST, error.code.into_owned()))
    });
    let (status, response, error) = match result {
        Ok(()) => (200, axum::Json(json!({ "ok": true })).into_response(), None),
        Err((status, code)) => (status.as_u16(), failure(status, &code), Some(code)),
    };
    if fault == Some(Fault::LoseResponse) {
        finish(&shared, call, 0, error.as_deref());
        cut.cut();
    } else {
        finish(&shared, call, status, error.as_deref());
    }
    response
}

fn failure(status: StatusCode, code: &str) -> Response {
    (status, axum::Json(json!({ "ok": false, "error": code }))).into_response()
}

fn finish(shared: &Shared, mut call: Call, http: u16, error: Option<&str>) {
    call.http = http;
    call.ok = error.is_none() && call.fault.as_deref().is_none_or(|fault| fault == "lose_response");
    call.error = error.map(str::to_owned);
    shared.change(|world| world.record_call(call));
}

/// JSON, or JSON in the form field `payload`.
fn read_body(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let value: Value = if kind.starts_with("application/json") {
        serde_json::from_slice(body).ok()?
    } else {
        let field = url::form_urlencoded::parse(body).find(|(name, _)| name == "payload")?;
        serde_json::from_str(&field.1).ok()?
    };
    value.is_object().then_some(value)
}

/// Shows the answer that came with a command's acknowledgement.
pub(super) fn answer_command(
    shared: &Shared,
    world: &mut World,
    token: &str,
    body: &Value,
) -> Result<(), ApiError> {
    let address = world.capabilities.look_at_response(token).ok_or_else(|| ApiError::new("expired_url"))?;
    answer(shared, world, token, &address, body)
}

fn answer(
    shared: &Shared,
    world: &mut World,
    token: &str,
    address: &ResponseAddress,
    body: &Value,
) -> Result<(), ApiError> {
    let fields = body.as_object().cloned().unwrap_or_else(Map::new);
    let arguments = Arguments::new(fields);
    let original = match &address.source {
        Source::Command { answer_ts, .. } => answer_ts.as_deref(),
        Source::Message { ts, .. } => Some(ts.as_str()),
    };
    if arguments.flag("delete_original")? == Some(true) {
        world
            .messages
            .retain(|message| message.channel != address.channel || Some(message.ts.as_str()) != original);
        return Ok(());
    }
    let in_channel = match arguments.text("response_type")?.as_deref() {
        None | Some("ephemeral") => false,
        Some("in_channel") => true,
        Some(_) => return Err(ApiError::new("invalid_payload")),
    };
    let content = Content::read(&arguments, Limits::Post)?;
    let replace = arguments.flag("replace_original")? == Some(true);
    let shown = original.and_then(|ts| world.message(&address.channel, ts)).map(|message| message.ts.clone());
    if let (true, Some(ts)) = (replace, shown) {
        let mut blocks = content.blocks.unwrap_or_default();
        world.name_blocks(&mut blocks);
        if let Some(message) = world.message_mut(&address.channel, &ts) {
            message.text = content.text;
            message.blocks = blocks;
        }
        return Ok(());
    }
    if replace && matches!(address.source, Source::Message { .. }) {
        return Err(ApiError::new("message_not_found"));
    }
    post_answer(shared, world, token, address, &arguments, content, in_channel)
}

fn post_answer(
    shared: &Shared,
    world: &mut World,
    token: &str,
    address: &ResponseAddress,
    arguments: &Arguments,
    content: Content,
    in_channel: bool,
) -> Result<(), ApiError> {
    let command = match &address.source {
        Source::Command { line, .. } => Some(line.clone()),
        Source::Message { .. } => None,
    };
    let message = world.post(Message {
        channel: address.channel.clone(),
        thread_ts: arguments.text("thread_ts")?,
        user: shared.config.workspace.app.bot_user_id.clone(),
        bot: true,
        text: content.text,
        blocks: content.blocks.unwrap_or_default(),
        ephemeral_for: (!in_channel).then(|| address.user.clone()),
        metadata: content.metadata.filter(|metadata| !metadata.is_null()),
        command,
        ..Message::default()
    });
    world.capabilities.set_answer(token, &message.ts);
    Ok(())
}
