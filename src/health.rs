//! What the bot says of its own state, to machines.
//!
//! Guarantees that `/readyz` is 200 only while the store can be written, Slack has known the token as one of our
//! workspace, and neither it nor its channel nor the default environment's token was found wrong. A CKAN that is down is named and
//! leaves the bot ready: it can still refuse, cancel and explain. Leaves who may look at it to the network.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ckan::{Cause, Sites, TunnelState};
use crate::slack::channel::is_ours_alone;
use crate::slack::people::Home;
use crate::slack::web::{Identity, SlackError, SlackWeb};
use crate::store::Store;
use crate::worker::Bot;

/// The channel of the cards, among what is asked about.
const CHANNEL: &str = "slack.channel";

/// How often Slack and every CKAN are asked whether they know us.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How long a proof that the store can be written is believed.
const WRITE_PROOF_LASTS: Duration = Duration::from_secs(1);
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
    /// What nothing works without: Slack, its channel for the cards, and the default environment's token.
    needed: [String; 3],
    slack_knew_us: AtomicBool,
    last_write: Mutex<Option<(Instant, bool)>>,
    tunnels: Vec<(String, watch::Receiver<TunnelState>)>,
}

impl Health {
    /// Nothing asked yet.
    pub fn new(store: Arc<dyn Store>, sites: &Sites) -> Self {
        let mut conditions =
            BTreeMap::from(["slack", CHANNEL].map(|what| (what.to_owned(), Condition::Unasked)));
        conditions.extend(sites.names().map(|name| (format!("ckan.{name}"), Condition::Unasked)));
        Self {
            store,
            conditions: RwLock::new(conditions),
            needed: ["slack".to_owned(), CHANNEL.to_owned(), format!("ckan.{}", sites.default_name())],
            slack_knew_us: AtomicBool::new(false),
            last_write: Mutex::default(),
            tunnels: sites
                .iter()
                .filter_map(|site| Some((format!("tunnel.{}", site.environment), site.tunnel()?.state())))
                .collect(),
        }
    }

    fn note(&self, what: &str, condition: Condition) {
        if what == "slack" && condition == Condition::Good {
            self.slack_knew_us.store(true, Ordering::Relaxed);
        }
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
    pub async fn run(&self, bot: &Bot, stop: CancellationToken) {
        let asking = async {
            loop {
                let all_good = self.ask(bot).await;
                tokio::time::sleep(if all_good { LOOK_EVERY } else { LOOK_AGAIN }).await;
            }
        };
        // Questions are not worth waiting for.
        tokio::select! {
            () = asking => {}
            () = stop.cancelled() => {}
        }
    }

    /// Asks once; whether all of them know us.
    async fn ask(&self, bot: &Bot) -> bool {
        self.note("slack", slack(&bot.web, &bot.home).await);
        self.note(CHANNEL, shared(&bot.web, &bot.home, &bot.channel).await);
        for site in bot.sites.iter() {
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
        let conditions = self.conditions.read().unwrap_or_else(PoisonError::into_inner);
        conditions.values().all(|condition| *condition == Condition::Good)
    }

    /// Ready or not, and a line for each thing.
    async fn report(&self) -> (bool, String) {
        let mut lines = vec![];
        let mut ready = self.writable().await;
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
            // What only some commands need takes nobody else's away: a CKAN may be down, another environment's
            // token wrong, Slack's API away for a while.
            ready &= !(matches!(condition, Condition::Wrong(_)) && self.needed.contains(what));
        }
        // As with a CKAN that is down: what needs a tunnel says so, all else goes on.
        lines.extend(self.tunnels.iter().map(|(tunnel, state)| format!("{tunnel}: {}", *state.borrow())));
        ready &= self.slack_knew_us.load(Ordering::Relaxed);
        (ready, lines.join("\n") + "\n")
    }

    /// Whether the store can be written, asked at most once a second: whoever looks must not wear the disk.
    async fn writable(&self) -> bool {
        let mut last = self.last_write.lock().await;
        match *last {
            Some((at, writable)) if at.elapsed() < WRITE_PROOF_LASTS => writable,
            _ => {
                let writable = self.store.writable().await.is_ok();
                *last = Some((Instant::now(), writable));
                writable
            }
        }
    }
}

/// On an org-wide installation the token belongs to the organisation and to no one workspace.
fn is_ours(identity: &Identity, home: &Home) -> bool {
    identity.team_id.as_deref() == Some(home.team.as_str())
        || (home.enterprise.is_some() && identity.enterprise_id == home.enterprise)
}

async fn slack(web: &SlackWeb, home: &Home) -> Condition {
    match web.identity().await {
        Ok(identity) if is_ours(&identity, home) => Condition::Good,
        Ok(_) => Condition::Wrong("the bot token belongs to another workspace"),
        Err(SlackError::Refused(_)) => Condition::Wrong("Slack refuses the bot token"),
        Err(SlackError::RateLimited(_) | SlackError::Unclear) => Condition::Away,
    }
}

/// Whether somebody else sees the channel of the cards: nothing is asked or decided there then.
async fn shared(web: &SlackWeb, home: &Home, channel: &str) -> Condition {
    match web.channel(channel).await.map(|found| is_ours_alone(&found, home, channel)) {
        Ok(Some(true)) => Condition::Good,
        Ok(Some(false)) => {
            Condition::Wrong("shared with another organisation, so nothing is asked or decided")
        }
        Err(SlackError::Refused(code)) if code == "missing_scope" => Condition::Wrong(
            "the app lacks channels:read or groups:read; install it again with the present manifest",
        ),
        Ok(None) | Err(SlackError::Refused(_)) => {
            Condition::Wrong("Slack does not show it; invite the bot, or mend slack.channel")
        }
        Err(SlackError::RateLimited(_) | SlackError::Unclear) => Condition::Away,
    }
}

/// `/healthz` and `/readyz`. The lines name environments, so they are told only where `telling` is set: on the
/// listener that machines of ours reach, or where there is no other.
pub fn routes(health: Arc<Health>, telling: bool) -> Router {
    let ready = get(async move || {
        let (ready, report) = health.report().await;
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let words = if ready { "ready\n" } else { "not ready; /readyz on admin_listen says why\n" };
        (status, if telling { report } else { words.to_owned() }).into_response()
    });
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", ready)
}

/// `/metrics`, for the listener that only machines of ours reach.
pub fn metrics_routes(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render())),
    )
}
