//! What the bot says of its own state, to machines.
//!
//! Guarantees that `/readyz` is 200 only while the store can be written, Slack knows the token as one of our
//! workspace, and no environment's token was found wrong. A CKAN that is down is named and leaves the bot ready: it
//! can still refuse, cancel and explain. Leaves who may look at it to the network.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::ckan::{Cause, Sites};
use crate::slack::people::Home;
use crate::slack::web::{SlackError, SlackWeb};
use crate::store::Store;

/// How often Slack and every CKAN are asked whether they know us.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How soon again, while something is wrong.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How something we depend on is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// Not asked yet.
    Unasked,
    /// It knows us.
    Good,
    /// It does not answer; it may again.
    Away,
    /// It answered, and what we have is wrong: a person has to mend it.
    Wrong(&'static str),
}

/// What the bot knows of what it depends on.
pub struct Health {
    store: Arc<dyn Store>,
    conditions: RwLock<BTreeMap<String, Condition>>,
}

impl Health {
    /// Nothing asked yet.
    pub fn new(store: Arc<dyn Store>, sites: &Sites) -> Self {
        let mut conditions = BTreeMap::from([("slack".to_owned(), Condition::Unasked)]);
        conditions.extend(sites.names().map(|name| (format!("ckan.{name}"), Condition::Unasked)));
        Self { store, conditions: RwLock::new(conditions) }
    }

    fn note(&self, what: &str, condition: Condition) {
        let mut conditions = self.conditions.write().unwrap_or_else(PoisonError::into_inner);
        let before = conditions.insert(what.to_owned(), condition);
        if before != Some(condition) {
            match condition {
                Condition::Good => tracing::info!(dependency = what, "knows us"),
                Condition::Away => tracing::warn!(dependency = what, "does not answer"),
                Condition::Wrong(why) => tracing::error!(dependency = what, why, "does not know us"),
                Condition::Unasked => {}
            }
        }
    }

    /// Asks Slack and every CKAN, again and again, until told to stop.
    pub async fn run(&self, web: &SlackWeb, home: &Home, sites: &Sites, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.note("slack", slack(web, home).await);
            for site in sites.iter() {
                let condition = match site.prove().await {
                    Ok(_) => Condition::Good,
                    Err(error) => match error.cause {
                        Cause::TokenNotSysadmin => Condition::Wrong("the token is not a sysadmin's"),
                        Cause::WrongSite => Condition::Wrong("site_url is not the configured one"),
                        _ => Condition::Away,
                    },
                };
                self.note(&format!("ckan.{}", site.environment), condition);
            }
            let all_good = self
                .conditions
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .values()
                .all(|condition| *condition == Condition::Good);
            tokio::select! {
                () = tokio::time::sleep(if all_good { LOOK_EVERY } else { LOOK_AGAIN }) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Ready or not, and a line for each thing.
    async fn report(&self) -> (bool, String) {
        let mut lines = vec![];
        let mut ready = self.store.writable().await.is_ok();
        lines.push(if ready {
            "store: good".to_owned()
        } else {
            "store: cannot be written; nothing is done until it can".to_owned()
        });
        match self.store.message_counts().await {
            Ok(counts) => {
                lines.push(format!("messages: {} waiting, {} given up", counts.waiting, counts.dead));
            }
            Err(_) => ready = false,
        }
        for (what, condition) in self.conditions.read().unwrap_or_else(PoisonError::into_inner).iter() {
            lines.push(match condition {
                Condition::Unasked => format!("{what}: not asked yet"),
                Condition::Good => format!("{what}: good"),
                Condition::Away => format!("{what}: does not answer"),
                Condition::Wrong(why) => format!("{what}: {why}"),
            });
            // Slack must have known us once before we call ourselves ready; a CKAN may be away.
            ready &= match condition {
                Condition::Good => true,
                Condition::Unasked | Condition::Away => what != "slack",
                Condition::Wrong(_) => false,
            };
        }
        (ready, lines.join("\n") + "\n")
    }
}

async fn slack(web: &SlackWeb, home: &Home) -> Condition {
    match web.identity().await {
        Ok(identity)
            if identity.team_id.as_deref() == Some(home.team.as_str()) || home.enterprise.is_some() =>
        {
            Condition::Good
        }
        Ok(_) => Condition::Wrong("the bot token belongs to another workspace"),
        Err(SlackError::Refused(_)) => Condition::Wrong("Slack refuses the bot token"),
        Err(SlackError::RateLimited(_) | SlackError::Unclear) => Condition::Away,
    }
}

/// `/healthz` and `/readyz`.
pub fn routes(health: Arc<Health>) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let (ready, report) = health.report().await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report).into_response()
}

/// `/metrics`, for the listener that only machines of ours reach.
pub fn metrics_routes(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render())),
    )
}
