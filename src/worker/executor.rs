//! Carries out approved requests.
//!
//! Guarantees that the claim is committed before the first byte goes to CKAN, that the plan is made again under the
//! claim and nothing runs where it came out differently, that a change is sent at most once, and that *done* is said
//! only after a probe saw it. What is unclear is watched until CKAN can no longer be working on it, then settled or
//! called unknown. Leaves attempts of dead processes to `recovery`.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Bot, record};
use crate::approval::{Change, Event, Outcome, Request, State, Step, Verdict, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::ckan::{CallError, Effect, Site};
use crate::ids::{AttemptId, RequestId};
use crate::operations::{self, PlanError, Sighting};
use crate::sentences::{calls, story};
use crate::slack::card;
use crate::slack::message::Message;
use crate::store::{Commit, Filter, Outgoing, StoreError};

/// Requests carried out at once.
const AT_ONCE: usize = 4;
/// Looks for approved requests at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The first pause between two looks at an unclear outcome; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two looks at an unclear outcome.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Tries of writing an outcome down before it is left to recovery.
const SETTLE_TRIES: u32 = 20;

/// Carries out approved requests.
pub struct Executor {
    bot: Arc<Bot>,
    slots: Arc<Semaphore>,
    under_way: Arc<Mutex<HashSet<RequestId>>>,
}

impl Executor {
    /// An executor for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot, slots: Arc::new(Semaphore::new(AT_ONCE)), under_way: Arc::default() }
    }

    /// Carries out until told to stop; what runs then is finished by its task.
    pub async fn run(&self, tasks: &TaskTracker, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.look(tasks).await {
                tracing::error!(error = %error, "approved requests cannot be read");
            }
            tokio::select! {
                () = self.bot.wakes.executor.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn look(&self, tasks: &TaskTracker) -> Result<(), StoreError> {
        let approved =
            self.bot.store.requests(Filter { states: vec![State::Approved], ..Filter::default() }).await?;
        for request in approved {
            let Ok(slot) = self.slots.clone().try_acquire_owned() else { break };
            let id = request.id.clone();
            if !self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone()) {
                continue;
            }
            let (bot, under_way) = (self.bot.clone(), self.under_way.clone());
            tasks.spawn(async move {
                if let Err(error) = carry_out(&bot, request).await {
                    tracing::error!(request.id = %id, error = %error, "a request could not be carried to its end");
                }
                under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                drop(slot);
                bot.wakes.outbox.notify_one();
                bot.wakes.executor.notify_one();
            });
        }
        Ok(())
    }
}

/// What the plan made under the claim says.
enum Fresh {
    Same,
    Moved(Vec<Change>),
    Unreadable(CallError),
}

async fn carry_out(bot: &Bot, approved: Request) -> Result<(), StoreError> {
    let Some(request) = claim(bot, &approved).await? else { return Ok(()) };
    let Some(attempt) = request.attempt.as_ref().map(|attempt| attempt.id.clone()) else { return Ok(()) };
    let (Some(change), Some(site)) =
        (bot.registry.change(&request.operation), bot.sites.get(Some(&request.environment)))
    else {
        let seen = vec!["The bot no longer knows this operation or environment.".to_owned()];
        return settle(bot, &request, &attempt, Outcome { verdict: Verdict::NotApplied, seen }).await;
    };
    match plan_again(change, site, &request).await {
        Fresh::Same => {}
        Fresh::Moved(changes) => return found_stale(bot, &request, attempt, changes).await,
        Fresh::Unreadable(error) => {
            let seen = vec![calls::call_failed(&error, &site.environment)];
            return settle(bot, &request, &attempt, Outcome { verdict: Verdict::NotApplied, seen }).await;
        }
    }
    let started = Instant::now();
    let executed = change.execute(site, &request.plan).await;
    let outcome = judge(bot, change, site, &request, executed, started).await?;
    settle(bot, &request, &attempt, outcome).await
}

/// Commits the claim; `None` where somebody else has it, or it is too late.
async fn claim(bot: &Bot, approved: &Request) -> Result<Option<Request>, StoreError> {
    let now = bot.clock.now();
    let event = Event::Claim { attempt: bot.ids.attempt(), worker: bot.worker.clone() };
    let Ok(step) = apply(approved, event, now, &bot.policy) else { return Ok(None) };
    let entry = record::of_step(now, Actor::Bot, AuditAct::Claimed, &step);
    let request = step.request.clone();
    let commit = Commit {
        update: Some(step.request),
        entries: vec![entry],
        messages: vec![bot.card_update(&request)],
        ..Commit::default()
    };
    match bot.store.commit(commit).await {
        Ok(()) => Ok(Some(request)),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn plan_again(change: &dyn operations::Change, site: &Site, request: &Request) -> Fresh {
    match change.plan(site, &request.arguments).await {
        Ok(plan) if plan.digest() == request.digest => Fresh::Same,
        Ok(plan) => Fresh::Moved(plan.changes_since(&request.plan)),
        // What can no longer be planned has moved: the dataset was withdrawn, purged or replaced meanwhile.
        Err(PlanError::Refused(sentence)) => Fresh::Moved(vec![Change {
            fact: "What CKAN says".to_owned(),
            was: Some(request.plan.summary.clone()),
            now: Some(sentence),
        }]),
        Err(PlanError::Ckan(error)) => Fresh::Unreadable(error),
    }
}

/// What came of it, by what CKAN shows and not by what it answered.
async fn judge(
    bot: &Bot,
    change: &dyn operations::Change,
    site: &Site,
    request: &Request,
    executed: Result<(), CallError>,
    started: Instant,
) -> Result<Outcome, StoreError> {
    let mut told = false;
    let mut pause = FIRST_PAUSE;
    loop {
        let sighting = change.probe(site, &request.plan).await;
        let clear = match (&executed, &sighting) {
            (Err(error), Ok(Sighting::Happened(seen))) if error.effect == Effect::NotApplied => {
                let why = calls::call_failed(error, &site.environment);
                Some((
                    Verdict::NotApplied,
                    [vec![why, story::DONE_BY_SOMEBODY_ELSE.to_owned()], seen.clone()].concat(),
                ))
            }
            (_, Ok(Sighting::Happened(seen))) => Some((Verdict::Succeeded, seen.clone())),
            (Err(error), Ok(Sighting::NotHappened(seen))) if error.effect == Effect::NotApplied => {
                Some((Verdict::NotApplied, with(calls::call_failed(error, &site.environment), seen)))
            }
            (Err(error), Err(_)) if error.effect == Effect::NotApplied => {
                Some((Verdict::NotApplied, vec![calls::call_failed(error, &site.environment)]))
            }
            _ => None,
        };
        if let Some((verdict, seen)) = clear {
            return Ok(Outcome { verdict, seen });
        }
        if started.elapsed() >= site.write_deadline() {
            return Ok(after_deadline(&executed, sighting, site));
        }
        if !told {
            told = true;
            tell(bot, bot.thread(request, Message::of(story::watching(site.write_deadline())).body()))
                .await?;
        }
        tokio::time::sleep(pause.min(site.write_deadline().saturating_sub(started.elapsed()))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// CKAN can no longer be working on it: what it shows now is what there is.
fn after_deadline(
    executed: &Result<(), CallError>,
    sighting: Result<Sighting, CallError>,
    site: &Site,
) -> Outcome {
    match (executed, sighting) {
        (Ok(()), Ok(Sighting::NotHappened(seen))) => {
            Outcome { verdict: Verdict::Unknown, seen: with(story::ACCEPTED_BUT_NOT_SEEN.to_owned(), &seen) }
        }
        (Err(error), Ok(Sighting::NotHappened(seen))) => Outcome {
            verdict: Verdict::NotApplied,
            seen: [vec![calls::call_failed(error, &site.environment), story::NO_TRACE.to_owned()], seen]
                .concat(),
        },
        (Ok(()) | Err(_), Ok(Sighting::Happened(seen))) => Outcome { verdict: Verdict::Succeeded, seen },
        (_, Err(error)) => Outcome {
            verdict: Verdict::Unknown,
            seen: vec![calls::could_not_look(&error, &site.environment)],
        },
    }
}

fn with(first: String, rest: &[String]) -> Vec<String> {
    let mut all = vec![first];
    all.extend_from_slice(rest);
    all
}

async fn tell(bot: &Bot, message: Outgoing) -> Result<(), StoreError> {
    bot.store.commit(Commit { messages: vec![message], ..Commit::default() }).await?;
    bot.wakes.outbox.notify_one();
    Ok(())
}

async fn found_stale(
    bot: &Bot,
    request: &Request,
    attempt: AttemptId,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    let now = bot.clock.now();
    let event = Event::Moved { attempt, changes: changes.clone() };
    let Ok(step) = apply(request, event, now, &bot.policy) else { return Ok(()) };
    let facts: Vec<&str> = changes.iter().map(|change| change.fact.as_str()).collect();
    let entry = record::of_step(now, Actor::Bot, AuditAct::FoundStale, &step).detail(&facts.join(", "));
    let messages = vec![bot.thread(&step.request, card::stale(&changes)), bot.card_update(&step.request)];
    bot.store
        .commit(Commit { update: Some(step.request), entries: vec![entry], messages, ..Commit::default() })
        .await
}

/// Writes an outcome down, with all that follows from it. Tried again while the store is away: the truth is known
/// and must not be lost for a full disk.
pub(super) async fn settle(
    bot: &Bot,
    request: &Request,
    attempt: &AttemptId,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let event = Event::Settle { attempt: attempt.clone(), outcome };
    let Ok(step) = apply(request, event, bot.clock.now(), &bot.policy) else { return Ok(()) };
    let mut tries = 0;
    loop {
        match bot.store.commit(settled(bot, &step)).await {
            Err(StoreError::Unavailable(error)) if tries < SETTLE_TRIES => {
                tracing::error!(request.id = %request.id, error = %error, "an outcome waits for the store");
                tries += 1;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            other => return other,
        }
    }
}

fn settled(bot: &Bot, step: &Step) -> Commit {
    let act = if step.from == State::Running { AuditAct::Settled } else { AuditAct::Probed };
    let mut entry = record::of_step(bot.clock.now(), Actor::Bot, act, step);
    let mut messages = vec![];
    if let Some(outcome) = &step.request.outcome {
        entry = entry.detail(&outcome.seen.join(" "));
        metrics::counter!(
            "ckan_chatops_outcomes_total",
            "operation" => step.request.operation.clone(),
            "outcome" => step.request.state.name()
        )
        .increment(1);
        let inverse = bot
            .registry
            .change(&step.request.operation)
            .filter(|_| matches!(step.request.state, State::Succeeded | State::Partly))
            .and_then(|change| change.inverse(&step.request.plan));
        messages.push(bot.thread(&step.request, card::outcome(&step.request, outcome, inverse.as_ref())));
    }
    messages.push(bot.card_update(&step.request));
    Commit { update: Some(step.request.clone()), entries: vec![entry], messages, ..Commit::default() }
}
