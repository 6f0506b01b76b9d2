//! The sandbox's own clock, which tests move on to expire trigger ids and response addresses.
//!
//! Signatures and message timestamps stay on real time: the app compares them with its own clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::UNIX_EPOCH;

/// Real time plus what the control API has added.
#[derive(Debug, Default)]
pub(super) struct Clock {
    advanced_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970 on this clock.
    pub(super) fn now_ms(&self) -> i64 {
        real_micros() / 1000 + self.advanced_ms.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self, milliseconds: i64) {
        self.advanced_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

/// Microseconds since 1970, which nothing here can move.
#[expect(clippy::disallowed_methods, reason = "the one place where the sandbox reads the time")]
pub(super) fn real_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
