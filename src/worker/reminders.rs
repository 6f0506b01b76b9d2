//! Reminds those who could approve a request that it waits for them.
//!
//! Guarantees that a reminder is kept in the store from the commit that made the request on, so that a restart neither
//! loses nor repeats one; that it names only those whom Slack and the policy admit at that moment and whose vote is
//! missing, never the person who asked, and is not posted where nobody is left; that the pauses double; and that the
//! reminders end with the request's waiting, or after a few. Leaves looking at the clock to `watches`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Bot;
use crate::approval::transition::later;
use crate::approval::{Matter, Request, State};
use crate::ids::UserId;
use crate::sentences::waiting;
use crate::slack::eligible;
use crate::slack::message::Message;
use crate::store::{Commit, StoreError, Watch, WatchStep};

/// So many are sent for one request.
const AT_MOST: u32 = 6;
/// Whoever is reminded has at least so long.
const TIME_TO_DECIDE: Duration = Duration::from_mins(2);
/// The pause where Slack could not say who is who.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// What a watch of a waiting request remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    /// How many reminders are behind it.
    reminded: u32,
}

impl Memory {
    /// The memory of a reminder; `None` where the watch is an operation's.
    pub(super) fn of(memory: &Value) -> Option<Self> {
        Self::deserialize(memory).ok()
    }
}

/// The first reminder of a new request, where there is time for one.
pub(super) fn first(bot: &Bot, request: &Request) -> Option<WatchStep> {
    next(bot.policy.remind_after, request, 0, request.created_at).map(WatchStep::Keep)
}

/// The reminder after so many others; `None` where that was the last, or the request runs out too soon.
fn next(pause: Duration, request: &Request, reminded: u32, now: Timestamp) -> Option<Watch> {
    let due_at = later(now, pause.saturating_mul(1_u32.checked_shl(reminded)?));
    if reminded >= AT_MOST || later(due_at, TIME_TO_DECIDE) > request.expires_at {
        return None;
    }
    let memory = serde_json::to_value(Memory { reminded }).ok()?;
    Some(Watch { request: request.id.clone(), due_at, ends_at: request.expires_at, memory })
}

/// What follows from a reminder's time having come.
pub(super) async fn remind(
    bot: &Bot,
    watch: &Watch,
    memory: Memory,
    request: &Request,
) -> Result<Commit, StoreError> {
    let end = || Commit { watch: Some(WatchStep::End(request.id.clone())), ..Commit::default() };
    if request.state != State::Pending {
        return Ok(end());
    }
    let requester = (&request.requester, &request.requester_user);
    let found = eligible::approvers(&bot.web, &bot.home, &bot.policy, &Matter::of(request), requester).await;
    let now = bot.clock.now();
    // Looking took its time: whoever decided meanwhile needs no reminder.
    let Some(request) = bot.store.request(&request.id).await?.filter(|it| it.state == State::Pending) else {
        return Ok(end());
    };
    if later(now, TIME_TO_DECIDE) > request.expires_at {
        return Ok(end());
    }
    let Ok(found) = found else {
        let again = Watch { due_at: later(now, AFTER_FAILURE), ..watch.clone() };
        return Ok(Commit { watch: Some(WatchStep::Keep(again)), ..Commit::default() });
    };
    let voted = |user: &UserId| {
        let person = bot.policy.person(user);
        request.votes.iter().any(|vote| vote.user == *user || bot.policy.person(&vote.user) == person)
    };
    let left: Vec<UserId> = found.users.into_iter().filter(|user| !voted(user)).collect();
    let step = next(bot.policy.remind_after, &request, memory.reminded + 1, now)
        .map_or_else(|| WatchStep::End(request.id.clone()), WatchStep::Keep);
    let words = waiting::reminder(&request, &left);
    let messages = words.map(|words| bot.thread(&request, Message::of(words).body())).into_iter().collect();
    Ok(Commit { watch: Some(step), messages, ..Commit::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::{plan, request};

    fn minutes_of_all(remind_after: u64, ttl: u64) -> Vec<i64> {
        let start = Timestamp::UNIX_EPOCH;
        let mut request = request::sample("01REQUEST", plan::sample(), start);
        request.expires_at = later(start, Duration::from_mins(ttl));
        let (mut now, mut found) = (start, vec![]);
        while let Some(watch) =
            next(Duration::from_mins(remind_after), &request, u32::try_from(found.len()).unwrap(), now)
        {
            assert_eq!(Memory::of(&watch.memory).map(|it| it.reminded as usize), Some(found.len()));
            now = watch.due_at;
            found.push(now.duration_since(start).as_mins());
        }
        found
    }

    #[test]
    fn the_pauses_double_and_leave_time_to_decide() {
        assert_eq!(minutes_of_all(10, 60), [10, 30]);
        assert_eq!(minutes_of_all(10, 72), [10, 30, 70]);
        assert_eq!(minutes_of_all(10, 71), [10, 30]);
        assert_eq!(minutes_of_all(10, 11), Vec::<i64>::new());
        assert_eq!(minutes_of_all(1, 7 * 24 * 60), [1, 3, 7, 15, 31, 63], "six at most");
    }

    #[test]
    fn an_operations_memory_is_no_reminders() {
        assert_eq!(Memory::of(&serde_json::json!({"job": "x"})), None);
        assert_eq!(Memory::of(&serde_json::json!({"reminded": 1, "job": "x"})), None);
        assert_eq!(Memory::of(&Value::Null), None);
    }
}
