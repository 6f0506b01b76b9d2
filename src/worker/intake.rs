//! Takes deliveries out of the inbox and has each acted on.
//!
//! Guarantees that a delivery is finished in the same transaction as what follows from it, so that after a crash it
//! is acted on again from the start; that only what may pass (a store that is away, a change by somebody else) is
//! tried again, and anything else is answered and finished; and that each kind of delivery has places of its own and
//! no more is read than there are places, so that a slow CKAN holds up no decision. A delivery whose very row cannot
//! be read is left to whoever reads the log. Leaves order between people to the store's versions.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::under_way::UnderWay;
use super::{Bot, Private, command, decision, submission};
use crate::audit::{Act as AuditAct, Actor, Entry};
use crate::ids::InboundId;
use crate::sentences::{notices, refusals};
use crate::slack::message::Message;
use crate::slack::payload::Act;
use crate::store::{Commit, Inbound, InboundKind, StoreError};
use crate::telemetry::chain;

/// Deliveries of one kind acted on at once.
const AT_ONCE: usize = 16;
/// Deliveries of one kind in hand: acted on, or waiting for their next try.
const IN_HAND: usize = 4 * AT_ONCE;
/// Looks into the inbox at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause before a delivery is looked at again whose time had not come.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// The pause where the store could not keep what came of it.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How long finished deliveries are remembered: longer than a signature is valid and a response address works.
const REMEMBER: Duration = Duration::from_hours(1);

/// What came of acting on a delivery.
pub(super) enum Acted {
    /// Finished, by the transaction that did what it asked.
    Finished,
    /// To be looked at again shortly: something it depends on is still under way.
    Later,
}

/// Why acting on a delivery stopped half-way. Nothing was committed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActError {
    /// The store; tried again where that may help.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A delivery of our own that we cannot read: a fault of ours.
    #[error("a kept delivery cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

/// The inbox's reader.
pub struct Intake {
    bot: Arc<Bot>,
    queues: [Queue; InboundKind::ALL.len()],
}

/// The deliveries of one kind.
struct Queue {
    kind: InboundKind,
    under_way: UnderWay<InboundId>,
    places: Arc<Semaphore>,
}

impl Intake {
    /// A reader for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        let queues = InboundKind::ALL.map(|kind| Queue {
            kind,
            under_way: UnderWay::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        });
        Self { bot, queues }
    }

    /// Reads until told to stop.
    pub async fn run(&self, tasks: &TaskTracker, stop: CancellationToken) {
        while !stop.is_cancelled() {
            for queue in &self.queues {
                if let Err(error) = self.look(queue, tasks, &stop).await {
                    tracing::error!(error = %chain(&error), "the inbox cannot be read");
                }
            }
            tokio::select! {
                () = self.bot.wakes.intake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn look(
        &self,
        queue: &Queue,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let in_hand = queue.under_way.count();
        let free = queue.places.available_permits().min(IN_HAND.saturating_sub(in_hand));
        if free == 0 {
            // Whoever leaves a place wakes this.
            return Ok(());
        }
        // Those in hand are among the oldest: as many more are read, so that they never hide a new one.
        let limit = u32::try_from(in_hand + free).unwrap_or(u32::MAX);
        for inbound in self.bot.store.unfinished(queue.kind, limit).await? {
            let Some(held) = queue.under_way.take(&inbound.id) else { continue };
            let Ok(place) = queue.places.clone().try_acquire_owned() else { break };
            let (bot, stop) = (self.bot.clone(), stop.clone());
            let acting = Box::pin(async move {
                let again_after = match act(&bot, inbound).await {
                    Ok(Acted::Finished) => None,
                    Ok(Acted::Later) => Some(AGAIN_AFTER),
                    // Acting again asks Slack and CKAN again: not so often while nothing can come of it.
                    Err(_) => Some(STORE_PAUSE),
                };
                drop(place);
                if let Some(pause) = again_after {
                    bot.wakes.intake.notify_one();
                    tokio::time::sleep(pause).await;
                }
                drop(held);
                bot.wakes.intake.notify_one();
                bot.wakes.outbox.notify_one();
            });
            // A slow CKAN does not hold up the end: what is not finished begins anew at the next start.
            tasks.spawn(async move { stop.run_until_cancelled(acting).await });
        }
        Ok(())
    }

    /// Forgets deliveries that nothing refers to any more.
    pub async fn forget(&self) {
        let before = self
            .bot
            .clock
            .now()
            .as_millisecond()
            .saturating_sub(i64::try_from(REMEMBER.as_millis()).unwrap_or(i64::MAX));
        if let Err(error) = self.bot.store.forget_finished(crate::clock::from_milliseconds(before)).await {
            tracing::warn!(error = %chain(&error), "old deliveries could not be forgotten");
        }
    }
}

/// Acts on one delivery.
async fn act(bot: &Bot, inbound: Inbound) -> Result<Acted, ActError> {
    let result = match serde_json::from_value::<Act>(inbound.body.clone()) {
        Ok(act) => match &act {
            Act::Command { .. } => command::command(bot, &inbound, &act).await,
            // The largest of them: whoever acts on another need not hold as much.
            Act::Press { .. } => Box::pin(decision::press(bot, &inbound, &act)).await,
            Act::Submit { .. } => submission::submit(bot, &inbound, &act).await,
            Act::Unknown { .. } => unknown(bot, &inbound, &act).await,
        },
        Err(error) => Err(error.into()),
    };
    match result {
        Err(ActError::Store(StoreError::Conflict)) => Ok(Acted::Later),
        Err(ActError::Store(error @ StoreError::Unavailable(_))) => {
            tracing::error!(inbound.id = %inbound.id, error = %chain(&error), "a delivery waits for the store");
            Err(error.into())
        }
        Err(error) => give_up(bot, &inbound, &error).await,
        Ok(acted) => Ok(acted),
    }
}

async fn unknown(bot: &Bot, inbound: &Inbound, act: &Act) -> Result<Acted, ActError> {
    let sender = act.sender();
    let about = Private {
        inbound: &inbound.id,
        user: sender.user.as_str(),
        response_url: act.response_url(),
        lane: None,
    };
    let commit = Commit {
        finishes: Some(inbound.id.clone()),
        messages: vec![bot.private(&about, Message::of(refusals::unknown_act()).body())],
        ..Commit::default()
    };
    bot.store.commit(commit).await?;
    Ok(Acted::Finished)
}

/// A fault of ours: said once to the log with the reference that the person sees, and finished.
async fn give_up(bot: &Bot, inbound: &Inbound, error: &ActError) -> Result<Acted, ActError> {
    let reference = bot.ids.incident();
    tracing::error!(reference = %reference, inbound.id = %inbound.id, error = %chain(error), "a delivery was given up");
    let mut messages = vec![];
    if let Some(url) = inbound.body.get("response_url").and_then(serde_json::Value::as_str) {
        let user =
            inbound.body.pointer("/sender/user").and_then(serde_json::Value::as_str).unwrap_or_default();
        let about = Private { inbound: &inbound.id, user, response_url: Some(url), lane: None };
        messages.push(bot.private(&about, Message::of(notices::incident(&reference)).body()));
    }
    let entry = Entry::new(bot.clock.now(), Actor::Bot, AuditAct::RequestRefused)
        .result("incident")
        .detail(reference.as_str());
    let commit =
        Commit { finishes: Some(inbound.id.clone()), entries: vec![entry], messages, ..Commit::default() };
    bot.store.commit(commit).await?;
    Ok(Acted::Finished)
}
