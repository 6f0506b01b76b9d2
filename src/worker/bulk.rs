//! Carries out a request over many items, and takes up one that was interrupted.
//!
//! Guarantees that nothing runs where the list is not the one that was approved, or anything in it moved before the
//! first was done; that what was being sent when a process died is looked at and never sent blindly; and that the rest
//! goes on only as long as the rule lets it. Leaves the run itself to `run`.

mod failures;
mod pace;
mod run;
mod tables;

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use self::run::{Ended, Run};
pub(super) use self::tables::whole_list;
use super::{Bot, executor, progress, record};
use crate::approval::bulk::Digester;
use crate::approval::transition::{later, may_be_resumed_until};
use crate::approval::{Change, Event, ItemState, Outcome, Refusal, Request, Verdict, apply};
use crate::audit::{Act as AuditAct, Actor};
use crate::ckan::{CallError, Site};
use crate::ids::AttemptId;
use crate::operations::bulk::{Look, Seen};
use crate::operations::{self, BulkWork, Progress};
use crate::sentences::bulk::{self as words, Stop};
use crate::sentences::{calls, story};
use crate::slack::message::Message;
use crate::store::{Commit, ItemFilter, Marks, StoreError};

/// Items read from the store at once.
const PAGE: u32 = 800;
/// Moved items that are shown.
const MOST_SHOWN: usize = 10;
/// Items of each state that an outcome may name.
const EXAMPLES: u32 = 5;

/// One request over many items, and all that it takes to work on it.
#[derive(Clone, Copy)]
pub(super) struct Hands<'a> {
    pub(super) bot: &'a Bot,
    pub(super) change: &'a dyn operations::Change,
    pub(super) work: &'a dyn BulkWork,
    pub(super) site: &'a Site,
    pub(super) request: &'a Request,
    pub(super) attempt: &'a AttemptId,
    pub(super) stop: &'a CancellationToken,
}

/// What the list shows before anything is sent.
enum Checked {
    Fits,
    Moved(Vec<Change>),
    Unreadable(CallError),
    AnotherList,
}

/// Carries out, or goes on with, what this attempt holds.
pub(super) async fn carry_out(hands: Hands<'_>) -> Result<(), StoreError> {
    let Hands { bot, site, request, attempt, .. } = hands;
    let tally = bot.store.tally(&request.id).await?;
    let count = request.plan.bulk.as_ref().map_or(0, |bulk| bulk.count);
    let fresh = tally.of(ItemState::Waiting) == count;
    match check(hands, fresh).await? {
        Checked::Fits => {}
        Checked::Moved(changes) => {
            return executor::found_stale(bot, request, attempt.clone(), changes).await;
        }
        Checked::Unreadable(error) => {
            let (verdict, seen) = if fresh {
                (Verdict::NotApplied, calls::call_failed(&error, &site.environment))
            } else {
                (Verdict::Unknown, calls::could_not_look(&error, &site.environment))
            };
            return settle(hands, verdict, vec![seen]).await;
        }
        Checked::AnotherList => {
            return settle(hands, Verdict::NotApplied, vec![words::ANOTHER_LIST.to_owned()]).await;
        }
    }
    let (progress, seen) = Progress::channel();
    let ended = tokio::select! {
        ended = Run::new(hands, &progress, &tally, fresh).carry_out() => ended?,
        never = progress::show(bot, request, seen) => match never {},
    };
    match ended {
        // The next process finds it running in nobody's hand.
        Ended::Paused => Ok(()),
        Ended::All(stop) => end(hands, stop).await,
    }
}

/// Whether the list is the one that was approved and, before its first item, whether all of it is still as it was.
async fn check(hands: Hands<'_>, fresh: bool) -> Result<Checked, StoreError> {
    let Hands { bot, work, site, request, .. } = hands;
    let Some(bulk) = &request.plan.bulk else { return Ok(Checked::AnotherList) };
    if let Err(error) = site.prove().await {
        return Ok(Checked::Unreadable(error));
    }
    let mut changes = vec![];
    if fresh {
        match work.facts(site, &request.plan).await {
            Ok(facts) if facts == request.plan.facts => {}
            Ok(facts) => {
                let now = crate::approval::Plan { facts, ..request.plan.clone() };
                return Ok(Checked::Moved(now.changes_since(&request.plan)));
            }
            Err(error) => return Ok(Checked::Unreadable(error)),
        }
    }
    let (mut digester, mut read, mut moved) = (Digester::default(), 0, 0_usize);
    while read < bulk.count {
        let filter = ItemFilter { state: None, from: read, limit: PAGE };
        let items = bot.store.items(&request.id, filter).await?;
        if items.is_empty() {
            return Ok(Checked::AnotherList);
        }
        for item in &items {
            digester.take(item);
        }
        read += u32::try_from(items.len()).unwrap_or(PAGE);
        if !fresh {
            continue;
        }
        let found = match work.moved(site, &items).await {
            Ok(found) => found,
            Err(error) => return Ok(Checked::Unreadable(error)),
        };
        moved += found.len();
        for one in found.into_iter().take(MOST_SHOWN.saturating_sub(changes.len())) {
            let name = items.iter().find(|item| item.position == one.position).map(|item| &item.name);
            changes.push(Change {
                fact: name.cloned().unwrap_or_default(),
                was: Some(words::AS_APPROVED.to_owned()),
                now: Some(one.now),
            });
        }
    }
    if digester.end() != bulk.digest {
        return Ok(Checked::AnotherList);
    }
    if moved > changes.len() {
        changes.push(Change {
            fact: words::IN_ALL.to_owned(),
            was: Some(words::AS_APPROVED.to_owned()),
            now: Some(words::moved(moved, bulk.count)),
        });
    }
    Ok(if moved == 0 { Checked::Fits } else { Checked::Moved(changes) })
}

/// Says how it ended, by what stands in the store.
async fn end(hands: Hands<'_>, stop: Option<Stop>) -> Result<(), StoreError> {
    let Hands { bot, work, request, .. } = hands;
    if stop.is_some() {
        let rest = Some((ItemState::Skipped, words::BEFORE_ITS_TURN.to_owned()));
        mark(hands, vec![], rest).await?;
    }
    let tally = bot.store.tally(&request.id).await?;
    let mut examples = BTreeMap::new();
    for state in tally.counts.keys().filter(|state| **state != ItemState::Done) {
        let filter = ItemFilter { state: Some(*state), from: 0, limit: EXAMPLES };
        examples.insert(*state, bot.store.items(&request.id, filter).await?);
    }
    for (state, count) in &tally.counts {
        metrics::counter!(
            "ckan_chatops_items_total",
            "operation" => request.operation.clone(),
            "state" => state.name()
        )
        .increment(u64::from(*count));
    }
    let seen = words::ended(&tally.counts, &examples, work.done(), stop, work.seen());
    let verdict = verdict(&tally.counts);
    let results = match verdict {
        Verdict::Unknown => vec![],
        _ => vec![tables::at_a_glance(hands).await?, tables::results(hands).await?],
    };
    let outcome = Outcome { verdict, accepted: false, seen };
    executor::settle_and_send(bot, request, hands.attempt, outcome, results).await
}

/// The verdict on the whole, by the states of the items.
fn verdict(counts: &BTreeMap<ItemState, u32>) -> Verdict {
    let of = |state| counts.get(&state).copied().unwrap_or_default();
    let total: u32 = counts.values().sum();
    let done = of(ItemState::Done);
    if of(ItemState::Sent) > 0 || of(ItemState::Waiting) > 0 {
        Verdict::Unknown
    } else if done == total {
        Verdict::Succeeded
    } else if done > 0 {
        Verdict::Partly
    } else if of(ItemState::Unknown) > 0 {
        Verdict::Unknown
    } else {
        Verdict::NotApplied
    }
}

async fn settle(hands: Hands<'_>, verdict: Verdict, seen: Vec<String>) -> Result<(), StoreError> {
    let outcome = Outcome { verdict, accepted: false, seen };
    executor::settle(hands.bot, hands.request, hands.attempt, outcome).await
}

/// Writes down what became of items, for as long as the store is away.
async fn mark(
    hands: Hands<'_>,
    each: Vec<(u32, ItemState, String)>,
    rest: Option<(ItemState, String)>,
) -> Result<(), StoreError> {
    if each.is_empty() && rest.is_none() {
        return Ok(());
    }
    let Hands { bot, request, .. } = hands;
    let marks = Marks { request: request.id.clone(), version: request.version, each, rest };
    executor::keep_trying(bot, Commit { marks: Some(marks), ..Commit::default() }).await
}

/// Goes on with a request whose process died.
pub(super) async fn take_up_again(
    bot: &Bot,
    request: &Request,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let (Some(attempt), Some(change), Some(site)) = (
        request.attempt.as_ref(),
        bot.registry.change(&request.operation),
        bot.sites.get(Some(&request.environment)),
    ) else {
        return Ok(());
    };
    let Some(work) = change.bulk() else { return Ok(()) };
    take_up(Hands { bot, change, work, site, request, attempt: &attempt.id, stop }).await
}

/// Goes on, or settles it by looking where it may not.
async fn take_up(hands: Hands<'_>) -> Result<(), StoreError> {
    let Hands { bot, request, work, .. } = hands;
    // While CKAN cannot be asked, nothing is begun that would only end as unclear as before.
    if hands.site.prove().await.is_err() {
        return Ok(());
    }
    let now = bot.clock.now();
    let tally = bot.store.tally(&request.id).await?;
    let waiting = tally.of(ItemState::Waiting);
    // Where a run was stopped, nothing waits and the rest was left out: what it had sent is only looked at.
    let was_stopped = waiting == 0 && tally.of(ItemState::Skipped) > 0;
    let open = if was_stopped { 0 } else { waiting + tally.of(ItemState::Sent) };
    let alive_at = tally.changed_at.unwrap_or(now);
    let event = Event::Resume { attempt: bot.ids.attempt(), worker: bot.worker.clone(), alive_at };
    let step = apply(request, event, now, &bot.policy);
    // A freeze that ends in time is waited for: looked at again later.
    if let Err(Refusal::Frozen(hold)) = &step
        && open > 0
        && hold.until < may_be_resumed_until(request, alive_at, &bot.policy)
    {
        return Ok(());
    }
    let step = match step {
        Ok(step) if open > 0 => step,
        Err(Refusal::Frozen(_)) => return close(hands, Stop::Frozen).await,
        _ => return close(hands, Stop::TooLate).await,
    };
    let entry = record::of_step(now, Actor::Bot, AuditAct::Resumed, &step);
    let resumed = step.request.clone();
    let said = words::goes_on(tally.of(ItemState::Done), tally.of(ItemState::Waiting), work.done());
    let messages = vec![bot.thread(&resumed, Message::of(said.into()).body()), bot.card_update(&resumed)];
    let commit = Commit { update: Some(step.request), entries: vec![entry], messages, ..Commit::default() };
    match bot.store.commit(commit).await {
        // Something else runs on one of the same things, or somebody was first: looked at again later.
        Err(StoreError::Conflict) => return Ok(()),
        done => done?,
    }
    bot.wakes.outbox.notify_one();
    let Some(attempt) = resumed.attempt.as_ref().map(|attempt| attempt.id.clone()) else { return Ok(()) };
    carry_out(Hands { request: &resumed, attempt: &attempt, ..hands }).await
}

/// Settles what may not go on: nothing is sent, and what was being sent is looked at.
async fn close(hands: Hands<'_>, why: Stop) -> Result<(), StoreError> {
    let Hands { bot, site, work, request, change, .. } = hands;
    let over = bot.clock.now() >= later(request.state_since, change.may_go_on(site));
    let mut marks = vec![];
    let mut all_clear = true;
    for state in [ItemState::Sent, ItemState::Unknown] {
        let mut from = 0;
        loop {
            let filter = ItemFilter { state: Some(state), from, limit: PAGE };
            let items = bot.store.items(&request.id, filter).await?;
            let Some(last) = items.last() else { break };
            from = last.position + 1;
            let Ok(seen) = work.look(site, &items, Look::Record).await else { return Ok(()) };
            for (item, seen) in items.iter().zip(seen) {
                match seen {
                    Seen::Done => marks.push((item.position, ItemState::Done, String::new())),
                    Seen::DoneBut(note) => marks.push((item.position, ItemState::Done, note)),
                    Seen::NotDone(_) if state == ItemState::Sent && over => {
                        marks.push((item.position, ItemState::Failed, words::NO_TRACE.to_owned()));
                    }
                    Seen::NotDone(_) => all_clear &= state == ItemState::Unknown,
                }
            }
        }
    }
    let waited = bot.store.tally(&request.id).await?.of(ItemState::Waiting) > 0;
    let rest = waited.then(|| (ItemState::Skipped, words::BEFORE_ITS_TURN.to_owned()));
    mark(hands, marks, rest).await?;
    if !all_clear {
        return Ok(());
    }
    let tally = bot.store.tally(&request.id).await?;
    if verdict(&tally.counts) == Verdict::Unknown {
        // For a person: it stays as it was told.
        return Ok(());
    }
    let skipped = tally.of(ItemState::Skipped) > 0;
    end(hands, skipped.then_some(why)).await
}

/// Says something in the thread; the work goes on where it cannot be said.
async fn say(hands: Hands<'_>, words: String) {
    let message = hands.bot.thread(hands.request, Message::of(words.into()).body());
    if executor::tell(hands.bot, message).await.is_err() {
        tracing::warn!(request.id = %hands.request.id, "a stage could not be told");
    }
}

/// What is said of the wait for unclear answers.
fn waiting(hands: Hands<'_>) -> String {
    story::watching(hands.change.may_go_on(hands.site)).letters()
}
