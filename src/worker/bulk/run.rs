//! One run over the items that wait: one, then five, then the rest.
//!
//! Guarantees that an item is written down as sent before its call goes out, that it counts as done only once a look
//! saw it, that at most one window of items is unclear after a crash, and that it stops where too much fails. Leaves
//! what an item is to the operation, and the end to its parent.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;

use super::failures::Failures;
use super::pace::Pace;
use super::{Hands, mark, say, waiting};
use crate::approval::{Item, ItemState};
use crate::ckan::{CallError, Cause, Effect};
use crate::operations::Progress;
use crate::operations::bulk::{Look, Seen};
use crate::operations::progress::Step;
use crate::sentences::bulk::{self as words, Stop};
use crate::sentences::calls;
use crate::store::{ItemFilter, StoreError, Tally};

/// The first item by itself, then these.
const SECOND_STAGE: u32 = 5;
/// Items that are tried before the rest.
const TRIED: u32 = 1 + SECOND_STAGE;
/// Items marked as sent in one commit, for each call at once: few enough to be looked at one by one after a crash.
const WINDOW: usize = 4;
/// Confirmed items that are looked at in one question.
const LOOK_AT: usize = 200;
/// What was checked longer ago is checked again before it is sent.
const CHECKED_FOR: Duration = Duration::from_mins(1);
/// The pauses before a look that failed is made again.
const LOOK_AGAIN: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];
/// The first pause between two looks at what is unclear; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two looks at what is unclear.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How a run ended.
pub(super) enum Ended {
    /// The process is to end: the next one goes on.
    Paused,
    /// Nothing is left to send, or something stopped it.
    All(Option<Stop>),
}

/// An item that CKAN gave no clear answer for, or that is not seen although it did.
struct Unclear {
    item: Item,
    /// CKAN said that it was done.
    accepted: bool,
    /// A former process sent it, or was about to.
    former: bool,
    since: Instant,
}

enum Event {
    Acted(Item, Result<(), CallError>, Duration),
    Looked(Looked),
    Filled(Result<Filled, StoreError>),
}

/// What a look showed.
struct Looked {
    items: Vec<Item>,
    how: Look,
    /// CKAN said that they were done.
    accepted: bool,
    /// One of the looks of which there is only one at a time.
    in_turn: bool,
    seen: Result<Vec<Seen>, CallError>,
}

/// What a refill brought.
enum Filled {
    /// These are marked as sent; so many that had moved are left out.
    Items(Vec<Item>, u32),
    /// CKAN could not be asked whether they are as they were.
    Unreadable(CallError),
}

type Doing<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Event> + Send + 'a>>>;

pub(super) struct Run<'a> {
    hands: Hands<'a>,
    progress: &'a Progress,
    pace: Pace,
    failures: Failures,
    marks: Vec<(u32, ItemState, String)>,
    unclear: Vec<Unclear>,
    stop: Option<Stop>,
    /// When everything was found as it was approved; `None` for what a former process checked.
    checked: Option<Instant>,
    done: u32,
    waiting: u32,
    acted: u32,
    total: u32,
}

impl<'a> Run<'a> {
    pub(super) fn new(hands: Hands<'a>, progress: &'a Progress, tally: &Tally, fresh: bool) -> Self {
        let total: u32 = tally.counts.values().sum();
        let waiting = tally.of(ItemState::Waiting);
        Self {
            hands,
            progress,
            pace: Pace::new(usize::from(hands.site.bulk_concurrency().get())),
            failures: Failures::default(),
            marks: vec![],
            unclear: vec![],
            stop: None,
            checked: fresh.then(Instant::now),
            done: tally.of(ItemState::Done),
            waiting,
            acted: total - waiting,
            total,
        }
    }

    pub(super) async fn carry_out(mut self) -> Result<Ended, StoreError> {
        self.look_at_what_was_sent().await?;
        loop {
            while self.waiting > 0 && !self.is_halted() {
                let tried = self.done < TRIED;
                let (most, look) = match self.done {
                    0 => (1, Look::Record),
                    done if done < TRIED => (TRIED - done, Look::Record),
                    _ => (self.waiting, Look::Search),
                };
                self.stage(most, look, tried).await?;
                if tried && self.waiting > 0 && !self.is_halted() {
                    let next = if self.done < TRIED { TRIED - self.done } else { self.waiting };
                    say(self.hands, words::stage(self.done, self.waiting, self.hands.work.done(), next))
                        .await;
                }
            }
            self.flush().await?;
            if self.hands.stop.is_cancelled() && (self.waiting > 0 || !self.unclear.is_empty()) {
                return Ok(Ended::Paused);
            }
            if !self.clear_up().await? {
                break;
            }
        }
        self.flush().await?;
        if self.hands.stop.is_cancelled() && !self.unclear.is_empty() {
            return Ok(Ended::Paused);
        }
        Ok(Ended::All(self.stop))
    }

    fn is_halted(&self) -> bool {
        self.stop.is_some() || self.hands.stop.is_cancelled()
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        mark(self.hands, std::mem::take(&mut self.marks), None).await
    }

    fn tell_progress(&self) {
        let Self { acted, total, .. } = *self;
        let doing = self.hands.work.doing().to_owned();
        self.progress.step(Step { done: u64::from(acted), total: Some(u64::from(total)), doing });
    }

    /// What a former process may have sent is looked at before anything else.
    async fn look_at_what_was_sent(&mut self) -> Result<(), StoreError> {
        let Hands { bot, work, site, request, .. } = self.hands;
        let filter = ItemFilter { state: Some(ItemState::Sent), from: 0, limit: u32::MAX };
        let items = bot.store.items(&request.id, filter).await?;
        if items.is_empty() {
            return Ok(());
        }
        let seen = work.look(site, &items, Look::Record).await;
        let since = Instant::now();
        let seen = seen.unwrap_or_else(|_| vec![Seen::NotDone(String::new()); items.len()]);
        for (item, seen) in items.into_iter().zip(seen) {
            match note(seen) {
                Some(note) => self.is_done(&item, note),
                None => self.unclear.push(Unclear { item, accepted: false, former: true, since }),
            }
        }
        self.flush().await
    }

    fn is_done(&mut self, item: &Item, note: String) {
        self.done += 1;
        self.marks.push((item.position, ItemState::Done, note));
    }

    /// Takes up to `most` of those that wait to their end, or until something stops it.
    async fn stage(&mut self, most: u32, look: Look, trying: bool) -> Result<(), StoreError> {
        let mut left = most;
        let mut queue: VecDeque<Item> = VecDeque::new();
        let mut confirmed: Vec<Item> = vec![];
        let (mut acting, mut looking, mut filling) = (0_usize, false, false);
        let mut doing: Doing<'a> = FuturesUnordered::new();
        let hands = self.hands;
        loop {
            if self.is_halted() {
                self.let_go(&mut queue);
                left = 0;
            }
            while acting < self.pace.limit() {
                let Some(item) = queue.pop_front() else { break };
                acting += 1;
                doing.push(Box::pin(act(hands, item)));
            }
            if !filling && left > 0 && queue.len() < self.pace.limit() {
                let window = u32::try_from(self.pace.limit() * WINDOW).unwrap_or(u32::MAX).min(left);
                let check = self.checked.is_none_or(|checked| checked.elapsed() > CHECKED_FOR);
                filling = true;
                doing.push(Box::pin(fill(hands, window, check, std::mem::take(&mut self.marks))));
            }
            let is_last = acting == 0 && queue.is_empty() && left == 0 && !filling;
            if !looking && !confirmed.is_empty() && (confirmed.len() >= LOOK_AT || is_last) {
                looking = true;
                doing.push(Box::pin(look_at(hands, std::mem::take(&mut confirmed), look, true, true)));
            }
            let Some(event) = doing.next().await else { return Ok(()) };
            match event {
                Event::Filled(filled) => {
                    filling = false;
                    left = self.filled(filled?, &mut queue, left);
                }
                Event::Acted(item, answer, took) => {
                    let at_once = u32::try_from(acting).unwrap_or(u32::MAX);
                    acting -= 1;
                    self.acted += 1;
                    self.tell_progress();
                    let unclear = answer.as_ref().err().is_some_and(|e| e.effect == Effect::Unknown);
                    self.pace.answered(took, at_once, !unclear);
                    match answer {
                        Ok(()) => confirmed.push(item),
                        Err(error) if unclear => {
                            tracing::debug!(error = %error, "an item is unclear");
                            doing.push(Box::pin(look_at(hands, vec![item], Look::Record, false, false)));
                        }
                        Err(error) => self.failed(&item, &error, trying),
                    }
                }
                Event::Looked(looked) => {
                    looking &= !looked.in_turn;
                    let accepted = looked.accepted;
                    let closer = self.looked(looked, trying);
                    if !closer.is_empty() {
                        doing.push(Box::pin(look_at(hands, closer, Look::Record, accepted, false)));
                    }
                }
            }
        }
    }

    /// How many are still to be taken after this refill.
    fn filled(&mut self, filled: Filled, queue: &mut VecDeque<Item>, left: u32) -> u32 {
        match filled {
            Filled::Items(items, moved) => {
                let taken = u32::try_from(items.len()).unwrap_or(u32::MAX);
                self.waiting = self.waiting.saturating_sub(taken + moved);
                self.acted += moved;
                queue.extend(items);
                if taken + moved == 0 {
                    self.waiting = 0;
                    return 0;
                }
                left.saturating_sub(taken + moved)
            }
            Filled::Unreadable(error) => {
                tracing::warn!(error = %error, "items could not be checked again");
                self.stop = Some(Stop::Site);
                left
            }
        }
    }

    /// Nothing was sent for these.
    fn let_go(&mut self, queue: &mut VecDeque<Item>) {
        self.waiting += u32::try_from(queue.len()).unwrap_or_default();
        for item in queue.drain(..) {
            self.marks.push((item.position, ItemState::Waiting, String::new()));
        }
    }

    fn failed(&mut self, item: &Item, error: &CallError, trying: bool) {
        let note = calls::what(error.cause, &self.hands.site.environment);
        self.marks.push((item.position, ItemState::Failed, note));
        if is_for_good(error.cause) {
            self.stop = Some(Stop::Site);
        }
        self.count(false, trying);
    }

    fn count(&mut self, well: bool, trying: bool) {
        if well {
            self.failures.well();
        } else {
            self.failures.badly();
        }
        if self.failures.are_too_many(trying) {
            self.stop = self.stop.or(Some(if trying { Stop::FirstFailed } else { Stop::TooMany }));
        }
    }

    /// Takes a look in; gives back those that want a closer one.
    fn looked(&mut self, looked: Looked, trying: bool) -> Vec<Item> {
        let Looked { items, how, accepted, seen, .. } = looked;
        let since = Instant::now();
        let Ok(seen) = seen else {
            // What cannot be looked at cannot be called done, so no more of it is made.
            self.stop = self.stop.or(Some(Stop::Site));
            let unclear = |item| Unclear { item, accepted, former: false, since };
            self.unclear.extend(items.into_iter().map(unclear));
            return vec![];
        };
        let mut again = vec![];
        for (item, seen) in items.into_iter().zip(seen) {
            match note(seen) {
                Some(note) => {
                    self.is_done(&item, note);
                    self.count(true, trying);
                }
                None if how == Look::Search => again.push(item),
                None => {
                    self.unclear.push(Unclear { item, accepted, former: false, since });
                    self.count(false, trying);
                }
            }
        }
        again
    }

    /// Looks at what is unclear until it is clear or CKAN can no longer be working on it. Whether some wait again.
    async fn clear_up(&mut self) -> Result<bool, StoreError> {
        let hands = self.hands;
        let deadline = hands.change.may_go_on(hands.site);
        let (mut pause, mut told, mut some_wait) = (FIRST_PAUSE, false, false);
        while !self.unclear.is_empty() && !hands.stop.is_cancelled() {
            let items: Vec<Item> = self.unclear.iter().map(|unclear| unclear.item.clone()).collect();
            let seen = hands.work.look(hands.site, &items, Look::Record).await;
            let could_look = seen.is_ok();
            let seen = seen.unwrap_or_else(|_| vec![Seen::NotDone(String::new()); items.len()]);
            let (mut still, mut over) = (vec![], vec![]);
            for (unclear, seen) in std::mem::take(&mut self.unclear).into_iter().zip(seen) {
                match note(seen) {
                    Some(note) => self.is_done(&unclear.item, note),
                    None if unclear.since.elapsed() < deadline => still.push(unclear),
                    None => over.push(unclear),
                }
            }
            self.unclear = still;
            if could_look {
                some_wait |= self.give_up(over).await;
            }
            // Those that could not be looked at stay as they are marked: perhaps sent.
            self.flush().await?;
            if self.unclear.is_empty() {
                break;
            }
            if !told {
                told = true;
                say(hands, waiting(hands)).await;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = hands.stop.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(some_wait && !self.is_halted())
    }

    /// CKAN can no longer be working on these, and does not show them done. What a former process may never have sent
    /// waits again, unless somebody changed it.
    async fn give_up(&mut self, over: Vec<Unclear>) -> bool {
        let Hands { work, site, .. } = self.hands;
        let mut some_wait = false;
        for unclear in over {
            let item = &unclear.item;
            let (state, note) = if unclear.accepted {
                (ItemState::Unknown, words::NOT_SEEN.to_owned())
            } else if unclear.former {
                match work.moved(site, std::slice::from_ref(item)).await {
                    Ok(moved) => {
                        if let Some(moved) = moved.into_iter().next() {
                            (ItemState::Skipped, moved.now)
                        } else {
                            some_wait = true;
                            self.waiting += 1;
                            self.acted = self.acted.saturating_sub(1);
                            (ItemState::Waiting, String::new())
                        }
                    }
                    Err(_) => continue,
                }
            } else {
                (ItemState::Failed, words::NO_TRACE.to_owned())
            };
            self.marks.push((item.position, state, note));
        }
        some_wait
    }
}

/// The note of what is done; nothing where it is not.
fn note(seen: Seen) -> Option<String> {
    match seen {
        Seen::Done => Some(String::new()),
        Seen::DoneBut(note) => Some(note),
        Seen::NotDone(_) => None,
    }
}

/// Nothing of the kind will go through.
fn is_for_good(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::TokenNotSysadmin
            | Cause::ProxyRefused
            | Cause::UnknownAction
            | Cause::NotCkan
            | Cause::WrongSite
    )
}

async fn act(hands: Hands<'_>, item: Item) -> Event {
    let began = Instant::now();
    let answer = hands.work.act(hands.site, &item).await;
    Event::Acted(item, answer, began.elapsed())
}

async fn look_at(hands: Hands<'_>, items: Vec<Item>, how: Look, accepted: bool, in_turn: bool) -> Event {
    let mut pauses = LOOK_AGAIN.into_iter();
    // A web server that is restarted is back within moments: that is no reason to end a run.
    let seen = loop {
        let seen = hands.work.look(hands.site, &items, how).await;
        match (&seen, pauses.next()) {
            (Err(_), Some(pause)) if !hands.stop.is_cancelled() => tokio::time::sleep(pause).await,
            _ => break seen,
        }
    };
    Event::Looked(Looked { items, how, accepted, in_turn, seen })
}

/// Marks the next items as sent, in the same commit as what is known of those before.
async fn fill(hands: Hands<'_>, most: u32, check: bool, mut marks: Vec<(u32, ItemState, String)>) -> Event {
    let filled = async {
        let Hands { bot, work, site, request, .. } = hands;
        let filter = ItemFilter { state: Some(ItemState::Waiting), from: 0, limit: most };
        let mut items = bot.store.items(&request.id, filter).await?;
        let mut moved = vec![];
        if check {
            let proved = site.prove().await.map(drop);
            let found = match proved {
                Ok(()) => work.moved(site, &items).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(found) => moved = found,
                Err(error) => {
                    mark(hands, marks, None).await?;
                    return Ok(Filled::Unreadable(error));
                }
            }
        }
        items.retain(|item| moved.iter().all(|moved| moved.position != item.position));
        let left_out = u32::try_from(moved.len()).unwrap_or(u32::MAX);
        marks.extend(moved.into_iter().map(|moved| (moved.position, ItemState::Skipped, moved.now)));
        marks.extend(items.iter().map(|item| (item.position, ItemState::Sent, String::new())));
        mark(hands, marks, None).await?;
        Ok(Filled::Items(items, left_out))
    };
    Event::Filled(filled.await)
}
