//! The sandbox CKAN's own clock: the machine's time, moved on by whoever tests with it.
//!
//! Guarantees: never goes back, and no two readings are equal, so that every change gets its own
//! `metadata_modified`, as a busy CKAN with microseconds does.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A clock that can be turned.
#[derive(Debug, Default)]
pub(super) struct SandboxClock {
    ahead: SignedDuration,
    last: Option<Timestamp>,
}

impl SandboxClock {
    pub(super) fn now(&mut self) -> Timestamp {
        let mut now = machine_time().saturating_add(self.ahead).unwrap_or(Timestamp::MAX);
        if let Some(last) = self.last
            && now <= last
        {
            now = last.saturating_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        }
        self.last = Some(now);
        now
    }

    pub(super) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.ahead = self.ahead.saturating_add(by);
    }
}

#[expect(clippy::disallowed_methods, reason = "the sandbox runs beside the bot and has a clock of its own")]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

/// A timestamp as CKAN prints it: UTC, microseconds, no zone.
pub(super) fn ckan_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}
