//! Carries out approved requests.
//!
//! Guarantees that what must not run now is held and not claimed, that the claim is committed before the first byte goes to CKAN, that the plan is made again under the
//! claim and nothing runs where it came out differently, that a change is sent at most once, and that *done* is said
//! only after a probe saw it. What is unclear is watched until CKAN can no longer be working on it, then settled or
//! called unknown. Leaves the rule to `verdict`, and what is in nobody's hand to `recovery`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bulk::Hands;
use super::verdict::{self, Executed};
use super::{Bot, bulk, holding, progress, record, watches};
use crate::approval::{Change, Event, Outcome, Request, State, Step, Verdict, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::ckan::{CallError, Site};
use crate::ids::AttemptId;
use crate::operations::{self, PlanError, Progress};
use crate::sentences::{calls, story};
use crate::slack::card;
use crate::slack::message::Message;
use crate::store::{Commit, Filter, Outgoing, StoreError};
use crate::telemetry::chain;

/// Requests carried out at once, those not counted whose outcome is being watched.
const AT_ONCE: usize = 16;
/// Looks for approved requests at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The first pause between two looks at an unclear outcome; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two looks at an unclear outcome.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The pause between two tries of writing down what is known to be so.
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Carries out approved requests.
pub struct Executor {
    bot: Arc<Bot>,
    slots: Arc<Semaphore>,
}

impl Executor {
    /// An executor for this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Carries out until told to stop; what runs then is finished by its task.
    pub async fn run(&self, tasks: &TaskTracker, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.look(tasks, &stop).await {
                tracing::error!(error = %error, "approved requests cannot be read");
            }
            tokio::select! {
                () = self.bot.wakes.executor.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn look(&self, tasks: &TaskTracker, stop: &CancellationToken) -> Result<(), StoreError> {
        let approved =
            self.bot.store.requests(Filter { states: vec![State::Approved], ..Filter::default() }).await?;
        let now = self.bot.clock.now();
        // What has run out is left to `expiry`.
        // The oldest first, as it runs out first.
        for request in approved.into_iter().rev().filter(|request| now < request.expires_at) {
            // Without a place, too: what waits for one would run out unheld.
            if holding::by_the_calendar(&self.bot, &request).await? {
                continue;
            }
            let of_many = request.plan.bulk.is_some();
            let slots = if of_many { &self.bot.many } else { &self.slots };
            let place = match slots.clone().try_acquire_owned() {
                Ok(place) => place,
                Err(_) if of_many => continue,
                Err(_) => break,
            };
            let Some(held) = self.bot.under_way.take(&request.id) else { continue };
            let (bot, stop) = (self.bot.clone(), stop.clone());
            tasks.spawn(async move {
                let id = request.id.clone();
                let carried = carry_out(&bot, request, place, &stop).await;
                drop(held);
                bot.wakes.outbox.notify_one();
                match carried {
                    Ok(true) => bot.wakes.executor.notify_one(),
                    // Not at once again: it would be refused again.
                    Ok(false) => {}
                    // Not at once again: what the store refused now it refuses in a moment too.
                    Err(error) => {
                        tracing::error!(request.id = %id, error = %error, "a request could not be carried to its end");
                    }
                }
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

/// Whether there was a claim to carry out.
async fn carry_out(
    bot: &Bot,
    approved: Request,
    place: OwnedSemaphorePermit,
    stop: &CancellationToken,
) -> Result<bool, StoreError> {
    if holding::by_itself(bot, &approved).await? {
        return Ok(false);
    }
    let Some(request) = claim(bot, &approved).await? else { return Ok(false) };
    let Some(attempt) = request.attempt.as_ref().map(|attempt| attempt.id.clone()) else { return Ok(false) };
    attempt_it(bot, &request, attempt, place, stop).await.map(|()| true)
}

async fn attempt_it(
    bot: &Bot,
    request: &Request,
    attempt: AttemptId,
    place: OwnedSemaphorePermit,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let (Some(change), Some(site)) =
        (bot.registry.change(&request.operation), bot.sites.get(Some(&request.environment)))
    else {
        return settle(bot, request, &attempt, nothing_done(story::NOT_KNOWN_ANY_MORE.to_owned())).await;
    };
    if request.plan.bulk.is_some() {
        let Some(work) = change.bulk() else {
            return settle(bot, request, &attempt, nothing_done(story::NOT_KNOWN_ANY_MORE.to_owned())).await;
        };
        return bulk::carry_out(Hands { bot, change, work, site, request, attempt: &attempt, stop }).await;
    }
    match plan_again(change, site, request).await {
        Fresh::Same => {}
        Fresh::Moved(changes) => return found_stale(bot, request, attempt, changes).await,
        Fresh::Unreadable(error) => {
            let seen = calls::call_failed(&error, &site.environment);
            return settle(bot, request, &attempt, nothing_done(seen)).await;
        }
    }
    let (progress, seen) = Progress::channel();
    let executed = tokio::select! {
        executed = change.execute(site, &request.plan, &progress) => executed,
        never = progress::show(bot, request, seen) => match never {},
    };
    let printed = progress.tail();
    if !printed.is_empty() {
        let entry = record::of_request(bot.clock.now(), Actor::Bot, AuditAct::Printed, request)
            .detail(&printed.join("\n"));
        keep_trying(bot, Commit { entries: vec![entry], ..Commit::default() }).await?;
    }
    let outcome = judge(bot, change, site, request, executed, place).await;
    settle(bot, request, &attempt, outcome).await
}

fn nothing_done(seen: String) -> Outcome {
    Outcome { verdict: Verdict::NotApplied, accepted: false, seen: vec![seen] }
}

/// Commits the claim; `None` where somebody else has it, or it is too late.
async fn claim(bot: &Bot, approved: &Request) -> Result<Option<Request>, StoreError> {
    let now = bot.clock.now();
    let event = Event::Claim { attempt: bot.ids.attempt(), worker: bot.worker.clone() };
    let step = match apply(approved, event, now, &bot.policy) {
        Ok(step) => step,
        Err(refusal) => {
            tracing::warn!(request.id = %approved.id, reason = refusal.name(), "an approved request is not carried out");
            return Ok(None);
        }
    };
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
        Err(StoreError::Conflict) => {
            // Somebody was first, or another request runs on the same thing: not at once again.
            tokio::time::sleep(STORE_PAUSE).await;
            Ok(None)
        }
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

/// Looks until the outcome is clear, or until CKAN can no longer be working on it. Only the first look holds a place
/// that others wait for.
async fn judge(
    bot: &Bot,
    change: &dyn operations::Change,
    site: &Site,
    request: &Request,
    executed: Executed,
    place: OwnedSemaphorePermit,
) -> Outcome {
    // From here on CKAN gets nothing more, and has as long as its web server lets it.
    let sent = Instant::now();
    let deadline = change.may_go_on(site);
    let mut place = Some(place);
    let mut told = false;
    let mut pause = FIRST_PAUSE;
    loop {
        let looked = change.probe(site, &request.plan).await;
        if let Some(outcome) = verdict::at_once(&executed, &looked, &site.environment) {
            return outcome;
        }
        if sent.elapsed() >= deadline {
            return verdict::at_last(&executed, looked, &site.environment);
        }
        drop(place.take());
        if !told {
            let words = Message::of(story::watching(deadline)).body();
            // Looking goes on where it cannot be told.
            told = tell(bot, bot.thread(request, words)).await.is_ok();
        }
        tokio::time::sleep(pause.min(deadline.saturating_sub(sent.elapsed()))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

pub(super) async fn tell(bot: &Bot, message: Outgoing) -> Result<(), StoreError> {
    bot.store.commit(Commit { messages: vec![message], ..Commit::default() }).await?;
    bot.wakes.outbox.notify_one();
    Ok(())
}

pub(super) async fn found_stale(
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
    let update = Some(step.request);
    keep(bot, Commit { update, entries: vec![entry], messages, ..Commit::default() }).await
}

/// Writes an outcome down, with all that follows from it.
pub(super) async fn settle(
    bot: &Bot,
    request: &Request,
    attempt: &AttemptId,
    outcome: Outcome,
) -> Result<(), StoreError> {
    settle_and_send(bot, request, attempt, outcome, vec![]).await
}

/// The same with messages that follow it.
pub(super) async fn settle_and_send(
    bot: &Bot,
    request: &Request,
    attempt: &AttemptId,
    outcome: Outcome,
    messages: Vec<Outgoing>,
) -> Result<(), StoreError> {
    let event = Event::Settle { attempt: attempt.clone(), outcome };
    let Ok(step) = apply(request, event, bot.clock.now(), &bot.policy) else { return Ok(()) };
    let mut commit = settled(bot, &step);
    commit.messages.extend(messages);
    keep(bot, commit).await
}

/// Commits what is known to be so. Tried again for as long as the store is away: the truth must not be lost for a
/// full disk.
async fn keep(bot: &Bot, commit: Commit) -> Result<(), StoreError> {
    match keep_trying(bot, commit).await {
        // Kept by a try that seemed to fail, or settled by somebody else: what stands there stands.
        Err(StoreError::Conflict) => Ok(()),
        other => other,
    }
}

/// Commits, again and again for as long as the store is away.
pub(super) async fn keep_trying(bot: &Bot, commit: Commit) -> Result<(), StoreError> {
    loop {
        match bot.store.commit(commit.clone()).await {
            Err(StoreError::Unavailable(error)) => {
                tracing::error!(error = %chain(error.as_ref()), "what came of a request waits for the store");
                tokio::time::sleep(STORE_PAUSE).await;
            }
            other => return other,
        }
    }
}

fn settled(bot: &Bot, step: &Step) -> Commit {
    let act = if step.from == State::Running { AuditAct::Settled } else { AuditAct::Probed };
    let mut entry = record::of_step(bot.clock.now(), Actor::Bot, act, step);
    let mut messages = vec![];
    let mut watch = None;
    if let Some(outcome) = &step.request.outcome {
        entry = entry.detail(&outcome.seen.join(" "));
        metrics::counter!(
            "ckan_chatops_outcomes_total",
            "operation" => step.request.operation.clone(),
            "outcome" => step.request.state.name()
        )
        .increment(1);
        let change = bot
            .registry
            .change(&step.request.operation)
            .filter(|_| matches!(step.request.state, State::Succeeded | State::Partly));
        let plan = &step.request.plan;
        let inverse = change.and_then(|change| change.inverse(plan));
        messages.push(bot.thread(&step.request, card::outcome(&step.request, outcome, inverse.as_ref())));
        if let Some(answer) = change.and_then(|change| change.epilogue(plan)) {
            messages.push(bot.aside(&step.request, card::answer(&answer)));
        }
        watch = change.and_then(|change| change.watch(plan)).map(|watch| watches::begin(bot, step, watch));
    }
    messages.push(bot.card_update(&step.request));
    let update = Some(step.request.clone());
    Commit { update, entries: vec![entry], messages, watch, ..Commit::default() }
}
