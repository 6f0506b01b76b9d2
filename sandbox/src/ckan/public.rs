//! The public site, as data.gov.uk's Find is one: a page for each dataset that the public may see.
//!
//! Guarantees: shows the catalogue as it was `public_lag` ago by the sandbox's clock, so that a withdrawal becomes
//! visible when a cache would let it. Leaves everything else that Find shows to Find.

use std::time::Duration;

use axum::extract::{ConnectInfo, RawPathParams, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::door::{html, noted};
use super::line::Line;
use super::records::{FaultKind, TokenKind};
use super::rows::Kind;
use super::site::{Site, State};

pub(super) async fn dataset(
    Shared(site): Shared<Site>,
    ConnectInfo(line): ConnectInfo<Line>,
    segments: RawPathParams,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (n, fault) = {
        let mut state = site.state();
        let request = noted("public", &method, &headers, TokenKind::None, Some(uri.path().to_owned()));
        (state.note(request), state.take_fault("public"))
    };
    if let Some(FaultKind::Slow { ms } | FaultKind::SlowAnswer { ms } | FaultKind::SlowAndSure { ms }) = fault
    {
        tokio::select! {
            () = sleep(Duration::from_millis(ms)) => {},
            () = site.stop.cancelled() => {},
        }
    }
    let answer = match fault {
        Some(FaultKind::LoseRequest | FaultKind::LoseResponse) => {
            line.cut();
            return StatusCode::OK.into_response();
        }
        Some(FaultKind::Html403) => html(StatusCode::FORBIDDEN, "403 Forbidden"),
        Some(FaultKind::Html502) => html(StatusCode::BAD_GATEWAY, "502 Bad Gateway"),
        Some(FaultKind::Html504 | FaultKind::Html504AfterCommit) => {
            html(StatusCode::GATEWAY_TIMEOUT, "504 Gateway Time-out")
        }
        Some(FaultKind::Error500 | FaultKind::ErrorAfterCommit) => {
            html(StatusCode::INTERNAL_SERVER_ERROR, "Sorry, we’re experiencing technical difficulties")
        }
        _ => page(&mut site.state(), segments.iter().next().map_or("", |(_, id)| id)),
    };
    site.state().note_status(n, answer.status());
    answer
}

fn page(state: &mut State, id: &str) -> Response {
    let lag = SignedDuration::try_from(state.public_lag).unwrap_or(SignedDuration::MAX);
    let shown = state.clock.now().saturating_sub(lag).unwrap_or(Timestamp::MIN);
    let package = state.catalogue.packages.iter().find(|package| package.id == id);
    let package = package.filter(|p| matches!(p.kind, Kind::Dataset { .. }) && p.was_public_at(shown));
    let Some(package) = package else {
        return html(StatusCode::NOT_FOUND, "Page not found");
    };
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let publisher = state.catalogue.publisher(&package.owner_org).map_or("", |publisher| &publisher.title);
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>{title} - data.gov.uk</title></head>\n<body>\n<h1>{title}</h1>\n\
         <p>Published by: {publisher}</p>\n<p>{notes}</p>\n</body>\n</html>\n",
        title = escaped(&package.fields.title),
        publisher = escaped(publisher),
        notes = escaped(&package.fields.notes),
    ))
    .into_response()
}
