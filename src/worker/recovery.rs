//! What was left behind: by a process that died, or by a task that failed.
//!
//! Guarantees that a request that nobody is carrying out any more becomes *unknown*, is told so, and is then probed
//! until CKAN shows what happened; it is never carried out again. *Not applied* is said only once CKAN can no longer
//! be working on what may have been sent. Leaves an outcome that CKAN cannot show to a person.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Bot, executor, record};
use crate::approval::transition::later;
use crate::approval::{Event, Outcome, Request, State, Verdict, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::operations::Sighting;
use crate::sentences::story;
use crate::slack::message::Message;
use crate::store::{Commit, Filter, StoreError};

/// The pause between two looks at unknown outcomes.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Settles what dead processes left.
pub struct Recovery {
    bot: Arc<Bot>,
}

impl Recovery {
    /// A recovery for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot }
    }

    /// Looks until told to stop. A look is not worth waiting for: whatever it was about to write down, the next
    /// start sees again.
    pub async fn run(&self, stop: CancellationToken) {
        let looking = async {
            loop {
                if let Err(error) = self.look().await {
                    tracing::error!(error = %error, "unknown outcomes cannot be looked after");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = stop.cancelled() => {}
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let left = Filter { states: vec![State::Running, State::Unknown], ..Filter::default() };
        for request in self.bot.store.requests(left).await? {
            match request.state {
                // With one process on this store, what this one does not have in hand is in nobody's.
                State::Running if !self.bot.under_way.has(&request.id) => self.lose(&request).await?,
                State::Running => {}
                _ => self.probe(&request).await?,
            }
        }
        Ok(())
    }

    /// A running request that is in nobody's hand.
    async fn lose(&self, request: &Request) -> Result<(), StoreError> {
        let Some(attempt) = &request.attempt else { return Ok(()) };
        let now = self.bot.clock.now();
        let event = Event::Lose { attempt: attempt.id.clone() };
        let Ok(step) = apply(request, event, now, &self.bot.policy) else { return Ok(()) };
        let entry = record::of_step(now, Actor::Bot, AuditAct::Lost, &step);
        let messages = vec![
            self.bot.thread(&step.request, Message::of(story::lost()).body()),
            self.bot.card_update(&step.request),
        ];
        let lost = step.request.clone();
        let commit =
            Commit { update: Some(step.request), entries: vec![entry], messages, ..Commit::default() };
        match self.bot.store.commit(commit).await {
            // Its task came to its end just now.
            Err(StoreError::Conflict) => return Ok(()),
            done => done?,
        }
        metrics::counter!("ckan_chatops_lost_attempts_total").increment(1);
        self.bot.wakes.outbox.notify_one();
        self.probe(&lost).await
    }

    async fn probe(&self, request: &Request) -> Result<(), StoreError> {
        let (Some(attempt), Some(change), Some(site)) = (
            request.attempt.as_ref(),
            self.bot.registry.change(&request.operation),
            self.bot.sites.get(Some(&request.environment)),
        ) else {
            return Ok(());
        };
        let outcome = match change.probe(site, &request.plan).await {
            Ok(Sighting::Happened(seen)) => Outcome { verdict: Verdict::Succeeded, seen },
            Ok(Sighting::NotHappened(seen)) => {
                // Nobody knows when it was sent, but not after its task was gone.
                if self.bot.clock.now() < later(request.state_since, site.write_deadline()) {
                    return Ok(());
                }
                // What CKAN first confirmed and then did not show stays with a person.
                let confirmed = |seen: &String| seen == story::ACCEPTED_BUT_NOT_SEEN;
                if request.outcome.as_ref().is_some_and(|outcome| outcome.seen.iter().any(confirmed)) {
                    return Ok(());
                }
                let mut all = vec![story::NO_TRACE.to_owned()];
                all.extend(seen);
                Outcome { verdict: Verdict::NotApplied, seen: all }
            }
            // CKAN cannot say: still unknown, asked again.
            Err(_) => return Ok(()),
        };
        executor::settle(&self.bot, request, &attempt.id, outcome).await?;
        self.bot.wakes.outbox.notify_one();
        Ok(())
    }
}
