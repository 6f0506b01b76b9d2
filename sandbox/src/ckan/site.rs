//! One sandbox CKAN while it runs: its database, its clock, its faults and its two logs, behind one lock.
//!
//! Guarantees: an action is carried out and logged in one step, so no two are ever mixed; a fault is used up by the
//! first request that it fits. Leaves HTTP to [`super::door`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::CkanConfig;
use super::actions::Action;
use super::call::{Call, Effect};
use super::catalogue::Catalogue;
use super::clock::SandboxClock;
use super::command_line::Commands;
use super::records::{Fault, FaultKind, Request, TokenKind, Write};
use super::release::Release;
use super::{harvest, views};

/// Shared by all requests.
#[derive(Debug, Clone)]
pub(super) struct Site {
    state: Arc<Mutex<State>>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

/// What [`Site`] locks.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: CkanConfig,
    pub(super) release: Release,
    pub(super) url: String,
    pub(super) catalogue: Catalogue,
    pub(super) clock: SandboxClock,
    pub(super) faults: Vec<Fault>,
    pub(super) public_lag: Duration,
    pub(super) requests: Vec<Request>,
    pub(super) writes: Vec<Write>,
    pub(super) commands: Commands,
}

/// A call that came through the door: which action, with what, by whom.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) n: u64,
    pub(super) action: String,
    pub(super) args: Map<String, Value>,
    pub(super) token: Option<String>,
    pub(super) search_is_down: bool,
}

impl Site {
    pub(super) fn new(config: CkanConfig, url: String) -> Self {
        let state = State {
            release: Release::of(&config.version),
            catalogue: Catalogue::seeded(&config),
            config,
            url,
            clock: SandboxClock::default(),
            faults: Vec::new(),
            public_lag: Duration::ZERO,
            requests: Vec::new(),
            writes: Vec::new(),
            commands: Commands::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// One guard at a time; nothing is awaited under it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// As on the first day.
    pub(super) fn reset(&mut self) {
        self.catalogue = Catalogue::seeded(&self.config);
        self.clock = SandboxClock::default();
        self.faults.clear();
        self.public_lag = Duration::ZERO;
        self.requests.clear();
        self.writes.clear();
        self.commands = Commands::default();
    }

    /// Notes a request and gives it its number.
    pub(super) fn note(&mut self, mut request: Request) -> u64 {
        let n = self.requests.last().map_or(1, |last| last.n + 1);
        request.n = n;
        self.requests.push(request);
        n
    }

    pub(super) fn note_status(&mut self, n: u64, status: StatusCode) {
        if let Some(request) = self.requests.iter_mut().rev().find(|request| request.n == n) {
            request.status = status.as_u16();
        }
    }

    pub(super) fn token_kind(&self, token: Option<&str>) -> TokenKind {
        match token.map(|token| self.catalogue.user_by_token(token)) {
            None => TokenKind::None,
            Some(None) => TokenKind::Wrong,
            Some(Some(user)) if user.sysadmin => TokenKind::Sysadmin,
            Some(Some(_)) => TokenKind::Editor,
        }
    }

    /// The oldest fault that fits; `*` means every action, not the public site.
    pub(super) fn take_fault(&mut self, action: &str) -> Option<FaultKind> {
        let fits = |fault: &Fault| fault.action == action || (fault.action == "*" && action != "public");
        let at = self.faults.iter().position(|fault| fault.times > 0 && fits(fault))?;
        let fault = self.faults.get_mut(at)?;
        fault.times -= 1;
        let kind = fault.kind;
        if fault.times == 0 {
            self.faults.remove(at);
        }
        Some(kind)
    }

    /// Does it, and notes it if it was a write. `answered_anyway` is the status of a fault that hides the outcome.
    pub(super) fn carry_out(
        &mut self,
        arrival: Arrival,
        action: Action,
        answered_anyway: Option<StatusCode>,
    ) -> (StatusCode, Value) {
        let help = self.help(&arrival.action);
        let sent_id = arrival.args.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let caller = arrival.token.as_deref().and_then(|token| self.catalogue.user_by_token(token)).cloned();
        let now = self.settle();
        let mut call = Call {
            now,
            catalogue: &mut self.catalogue,
            caller,
            args: arrival.args,
            release: self.release,
            version: &self.config.version,
            site_url: &self.url,
            search_is_down: arrival.search_is_down,
            effect: Effect::default(),
        };
        let result = (action.run)(&mut call);
        let actor = call.caller_name().to_owned();
        let effect = call.effect;
        let committed = result.is_ok();
        let (status, mut body) = match result {
            Ok(result) => (StatusCode::OK, json!({"help": help, "success": true, "result": result})),
            Err(refusal) => {
                let (status, error) = refusal.answer();
                (status, json!({"help": help, "success": false, "error": error}))
            }
        };
        if let Some(entities) = effect.told_entities {
            views::put(&mut body, "changed_entities", entities);
        }
        if action.writes {
            self.writes.push(Write {
                n: arrival.n,
                action: arrival.action,
                id: effect.id.unwrap_or(sent_id),
                actor,
                status: answered_anyway.unwrap_or(status).as_u16(),
                committed,
                changed: effect.changed,
                would_purge: effect.would_purge,
            });
        }
        (status, body)
    }

    /// Lets the consumers and the site's own `harvester run` catch up, and says what time it is.
    pub(super) fn settle(&mut self) -> Timestamp {
        let now = self.clock.now();
        self.catalogue.harvest_until(now);
        if let Some((every, last)) = self.catalogue.harvest.cron
            && now.duration_since(last).as_secs().unsigned_abs() >= every
        {
            self.catalogue.harvest.cron = Some((every, now));
            harvest::finish_jobs(&mut self.catalogue, None, now);
        }
        now
    }

    /// The address that CKAN gives as `help`.
    pub(super) fn help(&self, action: &str) -> String {
        format!("{}/api/3/action/help_show?name={action}", self.url)
    }
}
