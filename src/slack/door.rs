//! The endpoints that Slack calls.
//!
//! Guarantees, in this order: a bounded body, a genuine signature over its raw bytes, the right app and workspace,
//! the delivery committed to the inbox, and only then 200. Nothing slow stands before the answer (Slack: 3,000 ms).
//! What is turned away gets 401, a metric and a log line without its body. Leaves every meaning to `worker`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::sync::Notify;

use super::card::button::AGAIN;
use super::command::Grammar;
use super::forms;
use super::payload::{self, Act, Arrival, CommandBody};
use super::people::Home;
use super::signature::{Rejection, SignatureDigest, Verifier};
use crate::clock::SharedClock;
use crate::ids::IdSource;
use crate::sentences::notices;
use crate::store::{Inbound, InboundKind, Receipt, Store, StoreError};

/// Larger than anything Slack sends to us.
pub const LARGEST_BODY: usize = 256 * 1024;

/// How long a body may take; Slack itself hangs up after as long.
const BODY_WITHIN: Duration = Duration::from_secs(3);

/// What the endpoints need.
pub struct Door {
    /// Knows the secrets.
    pub verifier: Verifier,
    /// Keeps deliveries.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: SharedClock,
    /// Names deliveries.
    pub ids: Arc<IdSource>,
    /// Our app.
    pub app: String,
    /// Our workspace.
    pub home: Home,
    /// Checks what forms hold.
    pub grammar: Arc<Grammar>,
    /// Woken for each kept delivery.
    pub wake: Arc<Notify>,
}

/// The endpoints.
pub fn routes(door: Arc<Door>) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactions", post(interactions))
        .route("/slack/events", post(events))
        .with_state(door)
}

async fn commands(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (signature, body) = match door.admit("commands", request).await {
        Ok(admitted) => admitted,
        Err(rejection) => return turned_away("commands", rejection),
    };
    let arrival = match payload::command(&body) {
        Some(CommandBody::Arrival(arrival)) => arrival,
        Some(CommandBody::SslCheck) => return StatusCode::OK.into_response(),
        None => return turned_away("commands", Rejection::Malformed),
    };
    if !door.is_our_app(&arrival) {
        return turned_away("commands", Rejection::OtherApp);
    }
    if !door.is_our_team(&arrival) {
        return turned_away("commands", Rejection::OtherTeam);
    }
    match door.keep(signature, &arrival).await {
        Ok(Receipt::Kept) => private(notices::LOOKING_UP),
        Ok(Receipt::Duplicate) => StatusCode::OK.into_response(),
        Ok(Receipt::Replayed) => turned_away("commands", Rejection::Replay),
        // Not a yes: the person is told that nothing was kept.
        Err(_) => private(notices::NOT_RECORDED),
    }
}

async fn interactions(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (signature, body) = match door.admit("interactions", request).await {
        Ok(admitted) => admitted,
        Err(rejection) => return turned_away("interactions", rejection),
    };
    let Some(arrival) = payload::interaction(&body) else {
        return turned_away("interactions", Rejection::Malformed);
    };
    if !door.is_our_app(&arrival) {
        return turned_away("interactions", Rejection::OtherApp);
    }
    // Another workspace's people can press buttons in a shared channel: they are kept, and refused in words.
    let form = match &arrival.act {
        Act::Submit { form, .. } if form == forms::REVIEW => false,
        Act::Submit { form, values, .. } => {
            if let Err(faults) = forms::filled(form, values, &door.grammar) {
                return axum::Json(faults).into_response();
            }
            true
        }
        Act::Command { .. } | Act::Press { .. } | Act::Unknown { .. } => false,
    };
    match door.keep(signature, &arrival).await {
        Ok(Receipt::Kept | Receipt::Duplicate) => StatusCode::OK.into_response(),
        Ok(Receipt::Replayed) => turned_away("interactions", Rejection::Replay),
        Err(_) if form => {
            let errors =
                json!({"response_action": "errors", "errors": {forms::REASON: notices::NOT_RECORDED}});
            axum::Json(errors).into_response()
        }
        // Slack shows the person that the button failed; nothing was kept.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn events(State(door): State<Arc<Door>>, request: Request) -> Response {
    match door.admit("events", request).await {
        Ok((_, body)) => match payload::url_verification(&body) {
            Some(challenge) => ([(header::CONTENT_TYPE, "text/plain")], challenge).into_response(),
            None => StatusCode::OK.into_response(),
        },
        Err(rejection) => turned_away("events", rejection),
    }
}

impl Door {
    async fn admit(
        &self,
        endpoint: &'static str,
        request: Request,
    ) -> Result<(SignatureDigest, Bytes), Rejection> {
        metrics::counter!("ckan_chatops_slack_deliveries_total", "endpoint" => endpoint).increment(1);
        let (parts, body) = request.into_parts();
        let body = bounded(&parts.headers, body).await?;
        let given = |name: &str| parts.headers.get(name).map(header::HeaderValue::as_bytes);
        let digest = self.verifier.check(
            given("x-slack-request-timestamp"),
            given("x-slack-signature"),
            &body,
            self.clock.now(),
        )?;
        Ok((digest, body))
    }

    fn is_our_app(&self, arrival: &Arrival) -> bool {
        arrival.app.as_deref() == Some(self.app.as_str())
    }

    fn is_our_team(&self, arrival: &Arrival) -> bool {
        let sender = arrival.act.sender();
        sender.team.as_str() == self.home.team
            || (self.home.enterprise.is_some() && sender.enterprise == self.home.enterprise)
    }

    /// What acting on it will wait for: deciding never waits for CKAN, however it is done.
    fn kind(&self, act: &Act) -> InboundKind {
        let cancels =
            |text: &str| self.grammar.read(text).is_ok_and(|asked| asked.operation == "request cancel");
        match act {
            Act::Command { text, .. } if !cancels(text) => InboundKind::Command,
            // It plans, as the command did.
            Act::Press { button, .. } if button == AGAIN => InboundKind::Command,
            Act::Submit { form, .. } if !matches!(form.as_str(), forms::DENY | forms::REVIEW) => {
                InboundKind::Submit
            }
            Act::Command { .. } | Act::Press { .. } | Act::Submit { .. } | Act::Unknown { .. } => {
                InboundKind::Press
            }
        }
    }

    async fn keep(&self, signature: SignatureDigest, arrival: &Arrival) -> Result<Receipt, StoreError> {
        let id = self.ids.inbound();
        let body =
            serde_json::to_value(&arrival.act).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let inbound = Inbound {
            dedupe: arrival.dedupe.clone().unwrap_or_else(|| id.to_string()),
            id,
            signature: signature.0,
            received_at: self.clock.now(),
            kind: self.kind(&arrival.act),
            body,
        };
        let receipt = self.store.receive(inbound).await.inspect_err(|error| {
            tracing::error!(error = %error, "a delivery from Slack could not be kept");
        })?;
        if receipt == Receipt::Kept {
            self.wake.notify_one();
        }
        Ok(receipt)
    }
}

/// Reads at most [`LARGEST_BODY`] bytes, and none where the header already says more.
async fn bounded(headers: &HeaderMap, body: Body) -> Result<Bytes, Rejection> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LARGEST_BODY) {
        return Err(Rejection::TooLarge);
    }
    let read = tokio::time::timeout(BODY_WITHIN, whole(body)).await;
    read.unwrap_or(Err(Rejection::Incomplete))
}

async fn whole(body: Body) -> Result<Bytes, Rejection> {
    let mut pieces = body.into_data_stream();
    let mut whole = vec![];
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Rejection::Incomplete)?;
        if whole.len() + piece.len() > LARGEST_BODY {
            return Err(Rejection::TooLarge);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

fn turned_away(endpoint: &'static str, rejection: Rejection) -> Response {
    metrics::counter!("ckan_chatops_slack_rejections_total", "endpoint" => endpoint, "reason" => rejection.name())
        .increment(1);
    tracing::warn!(endpoint, reason = rejection.name(), "a request was turned away at the door");
    match rejection {
        Rejection::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn private(words: &str) -> Response {
    axum::Json(json!({"response_type": "ephemeral", "text": words})).into_response()
}
