//! Sends signed requests to the app and waits three seconds for each, like Slack.
//!
//! Every delivery runs in a task of its own, so that a control client that goes away does not undo it, and an
//! app that hangs costs the control API three seconds at most.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;

use super::record::Delivery;
use super::sign::signature;
use super::world::Shared;

/// Slack's patience.
pub(super) const ACK_LIMIT: Duration = Duration::from_secs(3);

/// A request to the app, ready to be signed.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) path: &'static str,
    pub(super) body: String,
    /// Instead of now.
    pub(super) timestamp: Option<i64>,
    /// Instead of the right one.
    pub(super) signature: Option<String>,
    /// Instead of the right one.
    pub(super) secret: Option<String>,
}

impl Outgoing {
    pub(super) fn new(path: &'static str, body: String) -> Self {
        Self { path, body, timestamp: None, signature: None, secret: None }
    }

    /// An interaction: one form field that holds the payload as JSON.
    pub(super) fn interaction(payload: &serde_json::Value) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish();
        Self::new("interactions", form)
    }
}

/// What the app answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Ack {
    /// 0 where no answer came.
    pub(super) status: u16,
    pub(super) took_ms: u64,
    pub(super) timed_out: bool,
    pub(super) is_json: bool,
    pub(super) body: String,
}

impl Ack {
    pub(super) fn accepted(&self) -> bool {
        self.status == 200
    }
}

/// The path's name as a constant, if it is one.
pub(super) fn path_named(name: &str) -> Option<&'static str> {
    ["commands", "interactions", "events"].into_iter().find(|path| *path == name)
}

/// Sends it, records it, and returns what came back.
pub(super) async fn deliver(shared: &Arc<Shared>, outgoing: Outgoing) -> Ack {
    let timestamp = outgoing.timestamp.unwrap_or_else(|| shared.clock.now_ms() / 1_000);
    let secret = outgoing.secret.as_deref().unwrap_or(&shared.config.signing_secret);
    let signature =
        outgoing.signature.unwrap_or_else(|| signature(secret, timestamp, outgoing.body.as_bytes()));
    // Recorded before it is sent, so that what the app does meanwhile finds its cause in the log.
    let n = shared.note(|world| {
        let n = world.deliveries.len() as u64 + 1;
        world.deliveries.push(Delivery {
            n,
            path: outgoing.path.to_owned(),
            request: outgoing.body.clone(),
            timestamp,
            signature: signature.clone(),
            ..Delivery::default()
        });
        n
    });
    let url = shared.note(|world| match outgoing.path {
        "commands" => world.urls.commands.clone(),
        "interactions" => world.urls.interactions.clone(),
        _ => world.urls.events.clone(),
    });
    let ack = match url {
        Some(url) => send(shared, &url, outgoing.path, outgoing.body, timestamp, &signature).await,
        None => Ack::default(),
    };
    shared.change(|world| {
        if let Some(delivery) = world.deliveries.iter_mut().find(|delivery| delivery.n == n) {
            delivery.status = ack.status;
            delivery.ack_ms = ack.took_ms;
            delivery.timed_out = ack.timed_out;
            delivery.mention = super::mention::mentions_everyone(&ack.body.clone().into());
            delivery.response.clone_from(&ack.body);
        }
    });
    ack
}

async fn send(shared: &Shared, url: &str, path: &str, body: String, timestamp: i64, signature: &str) -> Ack {
    let content_type =
        if path == "events" { "application/json" } else { "application/x-www-form-urlencoded" };
    let started = Instant::now();
    let exchange = async {
        let response = shared
            .http
            .post(url)
            .header(CONTENT_TYPE, content_type)
            .header("X-Slack-Request-Timestamp", timestamp)
            .header("X-Slack-Signature", signature)
            .header("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
            .body(body)
            .send()
            .await?;
        let status = response.status().as_u16();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
        Ok::<_, reqwest::Error>((status, is_json, response.text().await?))
    };
    let result = tokio::time::timeout(ACK_LIMIT, exchange).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(Ok((status, is_json, body))) => Ack { status, took_ms, timed_out: false, is_json, body },
        Ok(Err(_)) => Ack { took_ms, ..Ack::default() },
        Err(_) => Ack { took_ms, timed_out: true, ..Ack::default() },
    }
}
