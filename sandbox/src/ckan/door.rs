//! The HTTP side of the action API: request in, CKAN's answer or a fault out.
//!
//! Guarantees: what CKAN refuses before it looks at an action is refused here with CKAN's bare strings and HTML
//! pages, in CKAN's order: unknown action, unreadable body, GET on a write. Every request is in the log, in order.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::actions::{self, Action};
use super::body::{self, Unreadable};
use super::line::Line;
use super::records::{FaultKind, Request, TokenKind};
use super::refusal::Refusal;
use super::release::Release;
use super::site::{Arrival, Site};

/// A request that has its number, and what CKAN would do with it.
struct Order {
    arrival: Arrival,
    work: Result<Action, RefusedAtOnce>,
}

/// What CKAN refuses before it runs any action.
enum RefusedAtOnce {
    /// A bare string.
    Text(String),
    /// A page.
    UnsupportedMediaType,
}

pub(super) async fn action(
    Shared(site): Shared<Site>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    bytes: Bytes,
) -> Response {
    if method != Method::GET && method != Method::POST {
        return html(StatusCode::METHOD_NOT_ALLOWED, "405 Method Not Allowed");
    }
    let (order, fault) = {
        let mut state = site.state();
        let release = state.release;
        let (args, work) = work(release, &name, &method, query.as_deref(), &headers, &bytes);
        let mut token = token(release, &headers);
        let fault = state.take_fault(&name);
        if fault == Some(FaultKind::WrongToken) {
            token = token.map(|_| "unknown to this CKAN".to_owned());
        }
        let sent_id = args.get("id").and_then(Value::as_str).map(str::to_owned);
        let token_kind = state.token_kind(token.as_deref());
        let n = state.note(noted(&name, &method, &headers, token_kind, sent_id));
        let search_is_down = fault == Some(FaultKind::SearchIndexError);
        (Order { arrival: Arrival { n, action: name, args, token, search_is_down }, work }, fault)
    };
    let n = order.arrival.n;
    let Some(answer) = under(fault, &site, order).await else {
        line.cut();
        return StatusCode::OK.into_response();
    };
    site.state().note_status(n, answer.status());
    answer
}

fn work(
    release: Release,
    name: &str,
    method: &Method,
    query: Option<&str>,
    headers: &HeaderMap,
    bytes: &[u8],
) -> (Map<String, Value>, Result<Action, RefusedAtOnce>) {
    let Some(action) = actions::find(name) else {
        let text = release.bad_request(&format!("Action name not known: {name}"));
        return (Map::new(), Err(RefusedAtOnce::Text(text)));
    };
    let content_type = header_text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    match body::read(release, action.by_get, method, query, &content_type, bytes) {
        Ok(args) => (args, Ok(action)),
        Err(Unreadable::BadRequest(text)) => (Map::new(), Err(RefusedAtOnce::Text(text))),
        Err(Unreadable::NotJson) => (Map::new(), Err(RefusedAtOnce::UnsupportedMediaType)),
    }
}

/// Does what CKAN would do with the request. `anyway` is the status that a fault puts over CKAN's own.
fn do_it(site: &Site, order: Order, anyway: Option<StatusCode>) -> Response {
    match order.work {
        Ok(action) => {
            let (status, body) = site.state().carry_out(order.arrival, action, anyway);
            json_answer(status, &body)
        }
        Err(RefusedAtOnce::Text(text)) => json_answer(StatusCode::BAD_REQUEST, &json!(text)),
        Err(RefusedAtOnce::UnsupportedMediaType) => {
            html(StatusCode::UNSUPPORTED_MEDIA_TYPE, "415 Unsupported Media Type")
        }
    }
}

/// The answer as the fault has it; nothing means that the connection drops.
async fn under(fault: Option<FaultKind>, site: &Site, order: Order) -> Option<Response> {
    match fault {
        None | Some(FaultKind::WrongToken | FaultKind::SearchIndexError) => Some(do_it(site, order, None)),
        Some(FaultKind::LoseRequest) => None,
        Some(FaultKind::LoseResponse) => {
            do_it(site, order, None);
            None
        }
        Some(FaultKind::Error500) => {
            // Nothing is done, but CKAN had it: a write is in the log.
            let fails = |action| Action { run: |_| Err(Refusal::Internal), ..action };
            Some(do_it(site, Order { work: order.work.map(fails), ..order }, None))
        }
        Some(FaultKind::ErrorAfterCommit) => {
            let help = site.state().help(&order.arrival.action);
            do_it(site, order, Some(StatusCode::INTERNAL_SERVER_ERROR));
            let (status, error) = Refusal::Internal.answer();
            Some(json_answer(status, &json!({"help": help, "success": false, "error": error})))
        }
        Some(FaultKind::Html403) => Some(html(StatusCode::FORBIDDEN, "403 Forbidden")),
        Some(FaultKind::Html502) => Some(html(StatusCode::BAD_GATEWAY, "502 Bad Gateway")),
        Some(FaultKind::Html504) => Some(html(StatusCode::GATEWAY_TIMEOUT, "504 Gateway Time-out")),
        Some(FaultKind::Html504AfterCommit) => {
            do_it(site, order, None);
            Some(html(StatusCode::GATEWAY_TIMEOUT, "504 Gateway Time-out"))
        }
        Some(FaultKind::Slow { ms }) => waited(site, ms).await.then(|| do_it(site, order, None)),
        Some(FaultKind::SlowAnswer { ms }) => {
            let answer = do_it(site, order, None);
            waited(site, ms).await.then_some(answer)
        }
        Some(FaultKind::SlowAndSure { ms }) => {
            let later = site.clone();
            let task = async move { waited(&later, ms).await.then(|| do_it(&later, order, None)) };
            site.tasks.spawn(task).await.ok().flatten()
        }
    }
}

/// False where the sandbox was stopped meanwhile.
async fn waited(site: &Site, ms: u64) -> bool {
    tokio::select! {
        () = sleep(Duration::from_millis(ms)) => true,
        () = site.stop.cancelled() => false,
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], body.to_string()).into_response()
}

/// A page such as a web server or a proxy sends.
pub(super) fn html(status: StatusCode, title: &str) -> Response {
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    (status, Html(page)).into_response()
}

fn token(release: Release, headers: &HeaderMap) -> Option<String> {
    let legacy = release.reads_legacy_header().then(|| header_text(headers, "X-CKAN-API-Key")).flatten();
    legacy.or_else(|| header_text(headers, header::AUTHORIZATION.as_str())).filter(|token| !token.is_empty())
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A request as the log has it, before it has a number and a status.
pub(super) fn noted(
    action: &str,
    method: &Method,
    headers: &HeaderMap,
    token_kind: TokenKind,
    id: Option<String>,
) -> Request {
    Request {
        n: 0,
        method: method.to_string(),
        action: action.to_owned(),
        status: 0,
        token_kind,
        id,
        user_agent: header_text(headers, header::USER_AGENT.as_str()),
        request_id: header_text(headers, "X-Request-Id"),
    }
}
