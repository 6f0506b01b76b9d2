//! How fast a channel may be written to (Slack: one message a second, short bursts are taken).
//!
//! Guarantees that nobody's turn comes before Slack wants it. Waits for nothing itself: who is told to wait can do
//! something else meanwhile.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
/// Messages that may go at once after a quiet while.
const BURST: u32 = 4;

/// Every channel's turns.
#[derive(Debug, Default)]
pub struct Pace {
    /// The last turn that was taken; ahead of now where Slack asked to wait.
    last: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// Takes the channel's turn, or says when it comes.
    pub fn take(&self, channel: &str) -> Result<(), Instant> {
        let mut last = self.last();
        let now = Instant::now();
        let longest_ago = now.checked_sub(SECOND * BURST).unwrap_or(now);
        let turn = last.get(channel).map_or(longest_ago, |last| longest_ago.max(*last)) + SECOND;
        if turn > now {
            return Err(turn);
        }
        last.insert(channel.to_owned(), turn);
        Ok(())
    }

    /// Slack asked to wait: nobody's turn comes before.
    pub fn hold(&self, channel: &str, wait: Duration) {
        let until = Instant::now() + wait.saturating_sub(SECOND);
        let mut last = self.last();
        let held = last.entry(channel.to_owned()).or_insert(until);
        *held = until.max(*held);
    }

    fn last(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_then_one_a_second() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..BURST {
            pace.take("C1").unwrap();
        }
        assert_eq!(pace.take("C1"), Err(start + SECOND));
        assert_eq!(pace.take("C1"), Err(start + SECOND), "to ask is not to take");
        pace.take("C2").expect("another channel has its own turn");
        tokio::time::advance(SECOND).await;
        pace.take("C1").unwrap();
        assert_eq!(pace.take("C1"), Err(start + SECOND * 2));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_before_slack_wants_it() {
        let pace = Pace::default();
        let start = Instant::now();
        pace.hold("C1", Duration::from_secs(30));
        pace.hold("C1", Duration::from_secs(2));
        assert_eq!(pace.take("C1"), Err(start + Duration::from_secs(30)));
        tokio::time::advance(Duration::from_secs(30)).await;
        pace.take("C1").unwrap();
        assert_eq!(pace.take("C1"), Err(start + Duration::from_secs(31)), "no burst after a wait");
    }
}
