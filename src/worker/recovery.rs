//! What was left behind: by a process that died, or by a task that failed.
//!
//! Guarantees that a request that nobody is carrying out any more becomes *unknown*, is told so, and is then probed
//! until CKAN shows what happened; it is never carried out again. Many items go on with `bulk`, where nothing was sent
//! for them yet. *Not applied* is said only once CKAN can no longer
//! be working on what may have been sent. Leaves an outcome that CKAN cannot show to a person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Bot, bulk, executor, record, verdict};
use crate::approval::transition::later;
use crate::approval::{Event, Matter, Request, State, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::ids::RequestId;
use crate::sentences::{holding, story};
use crate::slack::message::Message;
use crate::store::{Commit, Filter, StoreError};

/// The longest pause between two looks at the same unknown outcome.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// The pause between two looks at unknown outcomes.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Settles what dead processes left.
pub struct Recovery {
    bot: Arc<Bot>,
    /// When each unknown outcome was last looked at by this process.
    looked: Mutex<HashMap<RequestId, Timestamp>>,
}

impl Recovery {
    /// A recovery for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot, looked: Mutex::default() }
    }

    /// Looks until told to stop. A look is not worth waiting for: whatever it was about to write down, the next
    /// start sees again.
    pub async fn run(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let looking = async {
            loop {
                if let Err(error) = self.look(tasks, &stop).await {
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

    async fn look(&self, tasks: &TaskTracker, stop: &CancellationToken) -> Result<(), StoreError> {
        let left = Filter { states: vec![State::Running, State::Unknown], ..Filter::default() };
        for request in self.bot.store.requests(left).await? {
            match request.state {
                // One process acts on this store: what it does not have in hand is in nobody's.
                State::Running if !self.bot.under_way.has(&request.id) => self.lose(&request).await?,
                State::Running => {}
                _ if request.plan.bulk.is_some() => self.take_up(request, tasks, stop),
                _ if self.is_due(&request) => self.probe(&request).await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Many items are gone on with in a task of its own, one such request at a time.
    fn take_up(&self, request: Request, tasks: &TaskTracker, stop: &CancellationToken) {
        if self.bot.under_way.has(&request.id) || !self.is_due(&request) {
            return;
        }
        let Ok(place) = self.bot.many.clone().try_acquire_owned() else { return };
        let Some(held) = self.bot.under_way.take(&request.id) else { return };
        let (bot, stop) = (self.bot.clone(), stop.clone());
        tasks.spawn(async move {
            let taken_up = bulk::take_up_again(&bot, &request, &stop).await;
            drop((held, place));
            bot.wakes.outbox.notify_one();
            if let Err(error) = taken_up {
                tracing::error!(request.id = %request.id, error = %error, "a request could not be gone on with");
            }
        });
    }

    /// Looked at often at first, and ever more rarely: a tenth of the time that it has been unknown.
    fn is_due(&self, request: &Request) -> bool {
        let now = self.bot.clock.now();
        let unknown_for = Duration::try_from(now.duration_since(request.state_since)).unwrap_or_default();
        let pause = (unknown_for / 10).clamp(LOOK_EVERY, LONGEST_PAUSE);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.get(&request.id).is_none_or(|last| now >= later(*last, pause));
        if due {
            looked.insert(request.id.clone(), now);
        }
        due
    }

    /// A running request that is in nobody's hand.
    async fn lose(&self, request: &Request) -> Result<(), StoreError> {
        let Some(attempt) = &request.attempt else { return Ok(()) };
        let now = self.bot.clock.now();
        let event = Event::Lose { attempt: attempt.id.clone() };
        let Ok(step) = apply(request, event, now, &self.bot.policy) else { return Ok(()) };
        let entry = record::of_step(now, Actor::Bot, AuditAct::Lost, &step);
        let mut words = story::lost(&step.request);
        if step.request.plan.bulk.is_some()
            && let Some(hold) = self.bot.policy.frozen(&Matter::of(&step.request), now)
        {
            words = words.then(holding::interrupted(&hold));
        }
        let messages = vec![
            self.bot.thread(&step.request, Message::of(words).body()),
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
        // Many items are taken up by the next look.
        if lost.plan.bulk.is_some() { Ok(()) } else { self.probe(&lost).await }
    }

    async fn probe(&self, request: &Request) -> Result<(), StoreError> {
        let (Some(attempt), Some(change), Some(site)) = (
            request.attempt.as_ref(),
            self.bot.registry.change(&request.operation),
            self.bot.sites.get(Some(&request.environment)),
        ) else {
            return Ok(());
        };
        let looked = change.probe(site, &request.plan).await;
        // Nobody knows when it was sent, but not after its task was gone.
        let over = self.bot.clock.now() >= later(request.state_since, change.may_go_on(site));
        let Some(outcome) = verdict::afterwards(request.outcome.as_ref(), looked, over) else {
            return Ok(());
        };
        executor::settle(&self.bot, request, &attempt.id, outcome).await?;
        self.bot.wakes.outbox.notify_one();
        Ok(())
    }
}
