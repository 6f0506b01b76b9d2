//! Time as a value that is passed in.
//!
//! Guarantees that no other module reads the machine's clock (clippy bans it), so that a test can move time on.
//! Leaves to its callers what a moment means.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that everything in one process shares.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that runs with the machine's and can be moved on, for tests and the sandbox.
#[derive(Debug, Default)]
pub struct MovableClock {
    ahead_ms: AtomicI64,
}

impl MovableClock {
    /// Moves this clock on by whole milliseconds.
    pub fn advance_ms(&self, milliseconds: i64) {
        self.ahead_ms.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now().as_millisecond() + self.ahead_ms.load(Ordering::SeqCst);
        from_milliseconds(now)
    }
}

/// Whole milliseconds since 1970 as the store keeps them; out of range becomes the nearest that is in range.
pub fn from_milliseconds(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(if milliseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movable_clock_moves_on_by_what_it_is_told() {
        let clock = MovableClock::default();
        let before = clock.now();
        clock.advance_ms(3_600_000);
        assert!(clock.now().as_millisecond() - before.as_millisecond() >= 3_600_000);
    }

    #[test]
    fn a_moment_out_of_range_is_the_nearest_in_range() {
        assert_eq!(from_milliseconds(i64::MAX), Timestamp::MAX);
        assert_eq!(from_milliseconds(i64::MIN), Timestamp::MIN);
    }
}
