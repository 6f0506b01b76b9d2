//! Holds what is approved for as long as it must not run, and lets it go on.
//!
//! Guarantees that a freeze of the calendar, another request that it must not run beside, and what the operation itself
//! knows are asked before anything approved is claimed; that what is held is told with the time it may go on, and goes on
//! by itself; and that nothing is kept but in the store, so that a restart, with another calendar too, changes nothing
//! else. What cannot be read holds nothing up that is not held already: the plan under the claim then decides. Leaves what
//! runs out to `expiry`.
//!
//! What must not run beside it is looked at, not locked: two that are claimed in the same moment may run together.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Bot, asking, record};
use crate::approval::transition::later;
use crate::approval::{Event, Hold, Matter, Request, State, Step, apply};
use crate::audit::{Act as AuditAct, Actor, Entry};
use crate::ckan::Site;
use crate::operations::{Change, NotNow};
use crate::sentences::holding as words;
use crate::sentences::text::Text;
use crate::slack::message::Message;
use crate::store::{Commit, Filter, StoreError};

/// How often the calendar is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause between two looks at what an operation itself knows grows with the time that it is held, up to this.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// The pause before another request is looked at again that this one must not run beside.
const BESIDE_AGAIN: Duration = Duration::from_secs(15);

/// Looks after what is held.
pub struct Holding {
    bot: Arc<Bot>,
}

impl Holding {
    /// For this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot }
    }

    /// Looks until told to stop. A look is not worth waiting for: the next start looks again.
    pub async fn run(&self, stop: CancellationToken) {
        let looking = async {
            loop {
                if let Err(error) = self.look().await {
                    tracing::error!(error = %error, "held requests cannot be looked after");
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
        let held = Filter { states: vec![State::Held], ..Filter::default() };
        let held = self.bot.store.requests(held).await?;
        metrics::gauge!("ckan_chatops_held_requests")
            .set(f64::from(u32::try_from(held.len()).unwrap_or(u32::MAX)));
        for request in held {
            self.look_at(&request).await?;
        }
        Ok(())
    }

    async fn look_at(&self, request: &Request) -> Result<(), StoreError> {
        let bot = &self.bot;
        let now = bot.clock.now();
        let Some(hold) = &request.hold else { return release(bot, request).await };
        match bot.policy.frozen(&Matter::of(request), now) {
            // As it was told.
            Some(freeze) if hold.freeze.is_some() && hold.until == freeze.until => Ok(()),
            Some(freeze) => keep(bot, request, freeze).await,
            None if hold.freeze.is_none() && now < hold.until => Ok(()),
            None => match own_window(bot, request).await? {
                Window::Open => release(bot, request).await,
                Window::Shut(hold) => keep(bot, request, hold).await,
                // What held it may hold still. Where a freeze did, it is over.
                Window::Unreadable if hold.freeze.is_some() => release(bot, request).await,
                Window::Unreadable => {
                    let until = later(now, LONGEST_PAUSE);
                    keep(bot, request, Hold { until, ..hold.clone() }).await
                }
            },
        }
    }
}

/// Whether the calendar holds up what is approved; it is held from now on then.
pub(super) async fn by_the_calendar(bot: &Bot, approved: &Request) -> Result<bool, StoreError> {
    match bot.policy.frozen(&Matter::of(approved), bot.clock.now()) {
        Some(hold) => keep(bot, approved, hold).await.map(|()| true),
        None => Ok(false),
    }
}

/// Whether the operation itself must not run at this moment; it is held from now on then.
pub(super) async fn by_itself(bot: &Bot, approved: &Request) -> Result<bool, StoreError> {
    match own_window(bot, approved).await? {
        Window::Shut(hold) => keep(bot, approved, hold).await.map(|()| true),
        Window::Open | Window::Unreadable => Ok(false),
    }
}

/// Whether an operation may run, as far as it can be told.
enum Window {
    Open,
    Shut(Hold),
    Unreadable,
}

async fn own_window(bot: &Bot, request: &Request) -> Result<Window, StoreError> {
    let (Some(change), Some(site)) =
        (bot.registry.change(&request.operation), bot.sites.get(Some(&request.environment)))
    else {
        // Nothing is sent to what is no longer known: the claim says so.
        return Ok(Window::Open);
    };
    let not_now = match beside(bot, change, site, request).await? {
        Some(other) => Ok(Some(NotNow { why: words::beside(&other), look_again_in: BESIDE_AGAIN })),
        None => change.not_now(site, &request.plan, bot.clock.now()).await,
    };
    match not_now {
        Ok(None) => Ok(Window::Open),
        Ok(Some(NotNow { why, look_again_in })) => {
            let now = bot.clock.now();
            let until = later(now, look_again_in.max(grown(request, now)));
            Ok(Window::Shut(Hold { until, why, freeze: None }))
        }
        Err(error) => {
            tracing::warn!(request.id = %request.id, error = %error, "whether it may run now cannot be read");
            Ok(Window::Unreadable)
        }
    }
}

/// A tenth of the time that it has been held.
fn grown(request: &Request, now: Timestamp) -> Duration {
    if request.state != State::Held {
        return Duration::ZERO;
    }
    let held_for = Duration::try_from(now.duration_since(request.state_since)).unwrap_or_default();
    (held_for / 10).min(LONGEST_PAUSE)
}

/// A request that runs, or may still be going on, and that this one must not run beside.
async fn beside(
    bot: &Bot,
    change: &dyn Change,
    site: &Site,
    request: &Request,
) -> Result<Option<Request>, StoreError> {
    let never = change.never_beside();
    if never.is_empty() {
        return Ok(None);
    }
    let filter = Filter { states: vec![State::Running, State::Unknown], ..Filter::default() };
    let now = bot.clock.now();
    Ok(bot.store.requests(filter).await?.into_iter().find(|other| {
        other.environment == request.environment
            && never.contains(&other.operation.as_str())
            && (other.state == State::Running || now < asking::may_go_on_until(bot, site, other))
    }))
}

/// Holds it from now on, or for longer or shorter, or by something else than before.
async fn keep(bot: &Bot, request: &Request, hold: Hold) -> Result<(), StoreError> {
    let now = bot.clock.now();
    let Ok(step) = apply(request, Event::Hold(hold.clone()), now, &bot.policy) else { return Ok(()) };
    let entry = record::of_step(now, Actor::Bot, AuditAct::Held, &step)
        .rule(rule(request, &hold))
        .detail(&format!("{} Until {}.", hold.why, hold.until));
    if step.from == State::Approved {
        metrics::counter!("ckan_chatops_holds_total", "operation" => request.operation.clone()).increment(1);
    }
    let said = match (&request.hold, step.from) {
        (_, State::Approved) => Some(words::held(&step.request, &hold)),
        // Looked at again, and as it was.
        (Some(before), _) if before.freeze.is_none() && hold.freeze.is_none() && before.why == hold.why => {
            None
        }
        _ => Some(words::still_held(&step.request, &hold)),
    };
    write(bot, step, entry, said).await
}

async fn release(bot: &Bot, request: &Request) -> Result<(), StoreError> {
    let now = bot.clock.now();
    let Ok(step) = apply(request, Event::Release, now, &bot.policy) else { return Ok(()) };
    let mut entry = record::of_step(now, Actor::Bot, AuditAct::Released, &step);
    if let Some(hold) = &request.hold {
        entry = entry.rule(rule(request, hold));
    }
    write(bot, step, entry, Some(words::released())).await?;
    bot.wakes.executor.notify_one();
    Ok(())
}

/// What decided: the freeze, or the operation itself.
fn rule<'a>(request: &'a Request, hold: &'a Hold) -> &'a str {
    hold.freeze.as_deref().unwrap_or(&request.operation)
}

async fn write(bot: &Bot, step: Step, entry: Entry, said: Option<Text>) -> Result<(), StoreError> {
    let mut messages: Vec<_> =
        said.into_iter().map(|words| bot.thread(&step.request, Message::of(words).body())).collect();
    messages.push(bot.card_update(&step.request));
    let commit = Commit { update: Some(step.request), entries: vec![entry], messages, ..Commit::default() };
    match bot.store.commit(commit).await {
        Ok(()) => {
            bot.wakes.outbox.notify_one();
            Ok(())
        }
        // Somebody decided in the same moment: their step stands, and the next look sees it.
        Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use crate::operations::Registry;

    #[test]
    fn what_an_operation_never_runs_beside_is_another_operation_that_there_is() {
        let registry = Registry::all();
        let mut named = 0;
        for operation in registry.iter() {
            let change = registry.change(operation.meta.name);
            for other in change.map_or(&[][..], |change| change.never_beside()) {
                assert!(registry.change(other).is_some(), "{}: {other}", operation.meta.name);
                assert_ne!(*other, operation.meta.name);
                named += 1;
            }
        }
        assert!(named > 0);
    }
}
