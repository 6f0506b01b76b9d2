//! The Web API: `GET` and `POST /api/<method>` as a bot with one token calls it.
//!
//! It guarantees, in this order: faults that were asked for, the token, the method's name, its scope, its
//! arguments, its limits; and that every call is recorded, whatever became of it. What a method does lives in
//! the module of its family.

mod arguments;
mod chat;
mod content;
mod conversations;
mod error;
mod files;
mod method;
mod people;
mod request;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

pub(super) use arguments::Arguments;
pub(super) use content::{Content, Limits};
pub(super) use error::ApiError;

use self::method::Method;
use self::request::Received;
use super::capability::random_hex;
use super::connection::Cut;
use super::fault::Fault;
use super::mention::mentions_everyone;
use super::record::Call;
use super::world::{Shared, World};

/// What a method works with.
pub(super) struct Context<'a> {
    pub(super) shared: &'a Shared,
    pub(super) world: &'a mut World,
    pub(super) arguments: &'a Arguments,
}

/// What a method answers, without the `ok`.
pub(super) type Answer = Result<Map<String, Value>, ApiError>;

/// The fields of a JSON object.
pub(super) fn answer(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The routes below `/api`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/{method}", get(handle).post(handle))
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = Received::read(&headers, query.as_deref(), &body);
    let method = Method::named(&name);
    let mut call = Call { method: name.clone(), args: received.arguments.shown(), ..Call::default() };
    call.mention = mentions_everyone(&call.args);

    let fault = shared.note(|world| world.faults.take(&name));
    let fault = fault.map(|(asked, fault)| {
        call.fault = Some(asked);
        fault
    });
    if let Some(Fault::Timeout) = fault {
        finish(&shared, call, 0, None);
        shared.stop.cancelled().await;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some((status, response)) = fault.as_ref().and_then(planned_response) {
        finish(&shared, call, status, Some("fault"));
        return response;
    }
    let lost = matches!(fault, Some(Fault::LoseResponse));
    let result = match fault {
        Some(Fault::Error(code)) => Err(ApiError::new(code)),
        _ => shared.change(|world| run(&shared, world, method, &received)),
    };
    let error = result.as_ref().err().map(|error| error.code.to_string());
    if lost {
        finish(&shared, call, 0, error.as_deref());
        cut.cut();
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let response = respond(&shared, method, &received, result);
    finish(&shared, call, response.status().as_u16(), error.as_deref());
    response
}

fn finish(shared: &Shared, mut call: Call, http: u16, error: Option<&str>) {
    call.http = http;
    call.ok = error.is_none() && call.fault.as_deref().is_none_or(|fault| fault == "lose_response");
    call.error = error.map(str::to_owned);
    shared.change(|world| world.record_call(call));
}

/// The answer to a call that is not even looked at.
pub(super) fn planned_response(fault: &Fault) -> Option<(u16, Response)> {
    match fault {
        Fault::RateLimited { retry_after } => Some((429, rate_limited(*retry_after))),
        Fault::Http500 => {
            let page = "<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>";
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            Some((500, (StatusCode::INTERNAL_SERVER_ERROR, headers, page).into_response()))
        }
        Fault::Timeout | Fault::LoseResponse | Fault::Pass | Fault::Error(_) => None,
    }
}

fn rate_limited(seconds: u64) -> Response {
    let body = axum::Json(json!({ "ok": false, "error": "ratelimited" }));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
}

fn run(shared: &Shared, world: &mut World, method: Option<&Method>, received: &Received) -> Answer {
    received.check_token(&shared.config.bot_token)?;
    let method = method.ok_or_else(|| ApiError::new("unknown_method").with("req_method", "unknown"))?;
    method.check_scope(&shared.config.scopes)?;
    let arguments = received.arguments_for(method.takes_json)?;
    (method.run)(&mut Context { shared, world, arguments: &arguments })
}

fn respond(shared: &Shared, method: Option<&Method>, received: &Received, result: Answer) -> Response {
    let (mut fields, ok) = match result {
        Ok(fields) => (fields, true),
        Err(error) if error.code == "ratelimited" => return rate_limited(1),
        Err(error) => (error.fields(), false),
    };
    fields.insert("ok".into(), ok.into());
    if let Some(warning) = received.warning {
        fields.insert("warning".into(), warning.into());
        let metadata = fields.entry("response_metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("warnings".into(), json!([warning]));
        }
    }
    let mut response = axum::Json(Value::Object(fields)).into_response();
    let headers = response.headers_mut();
    let scopes = [
        ("x-oauth-scopes", shared.config.scopes.join(",")),
        ("x-accepted-oauth-scopes", method.map(|method| method.scopes.join(",")).unwrap_or_default()),
        ("x-slack-req-id", random_hex()),
    ];
    for (name, value) in scopes {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
