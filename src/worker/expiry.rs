//! Ends requests whose time has run out.
//!
//! Guarantees that an expired request is told so in its thread and can no longer be approved or carried out. The
//! rule itself refuses late votes; this only makes the end visible.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Bot, record};
use crate::approval::{Event, State, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::slack::card;
use crate::store::{Commit, Filter, StoreError};

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends what has run out.
pub struct Expiry {
    bot: Arc<Bot>,
}

impl Expiry {
    /// An expiry for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot }
    }

    /// Looks until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.look().await {
                tracing::error!(error = %error, "expired requests cannot be ended");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let now = self.bot.clock.now();
        let due = Filter {
            states: vec![State::Pending, State::Approved, State::Held],
            expired_by: Some(now),
            ..Filter::default()
        };
        for request in self.bot.store.requests(due).await? {
            let Ok(step) = apply(&request, Event::Tick, now, &self.bot.policy) else { continue };
            let entry = record::of_step(now, Actor::Bot, AuditAct::Expired, &step);
            let messages = vec![
                self.bot.thread(&step.request, card::expired(&step.request, step.from)),
                self.bot.card_update(&step.request),
            ];
            let commit =
                Commit { update: Some(step.request), entries: vec![entry], messages, ..Commit::default() };
            match self.bot.store.commit(commit).await {
                Ok(()) => self.bot.wakes.outbox.notify_one(),
                // Somebody decided in the same moment: their step stands.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
