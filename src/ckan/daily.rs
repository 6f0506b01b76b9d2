//! Something that happens on a CKAN every day at the same time, by its own crontab.
//!
//! Guarantees that it is told from the clock that it was written for, clock changes included. Leaves what must not run
//! beside it to the operations.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// A time of every day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    /// When it begins.
    pub at: Time,
    /// How long it takes at most; less than a day.
    pub lasts: Duration,
    /// Whose clock.
    pub time_zone: TimeZone,
}

impl Daily {
    /// The end of the time that this moment is in.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let today = self.time_zone.to_datetime(now).date();
        let lasts = SignedDuration::try_from(self.lasts).ok()?;
        // What began yesterday may go on today.
        [Some(today), today.checked_sub(1.day()).ok()]
            .into_iter()
            .flatten()
            .filter_map(|date| {
                let from = self.time_zone.to_timestamp(date.to_datetime(self.at)).ok()?;
                let until = from.checked_add(lasts).ok()?;
                (from <= now && now < until).then_some(until)
            })
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(at: &str, lasts: Duration) -> Daily {
        let time_zone = TimeZone::get("Europe/London").unwrap();
        Daily { at: at.parse().unwrap(), lasts, time_zone }
    }

    fn until(daily: &Daily, now: &str) -> Option<String> {
        daily.until(now.parse().unwrap()).map(|until| until.to_string())
    }

    #[test]
    fn it_is_told_by_the_clock_it_was_written_for() {
        let sync = daily("06:00", Duration::from_hours(1));
        assert_eq!(until(&sync, "2026-01-15T05:59:59Z"), None);
        assert_eq!(until(&sync, "2026-01-15T06:00:00Z").as_deref(), Some("2026-01-15T07:00:00Z"));
        assert_eq!(until(&sync, "2026-01-15T07:00:00Z"), None);
        // Summer time.
        assert_eq!(until(&sync, "2026-07-15T05:30:00Z").as_deref(), Some("2026-07-15T06:00:00Z"));
        assert_eq!(until(&sync, "2026-07-15T06:30:00Z"), None);
    }

    #[test]
    fn what_begins_before_midnight_goes_on_after_it() {
        let sync = daily("23:00", Duration::from_hours(3));
        assert_eq!(until(&sync, "2026-01-15T01:59:00Z").as_deref(), Some("2026-01-15T02:00:00Z"));
        assert_eq!(until(&sync, "2026-01-15T02:00:00Z"), None);
        assert_eq!(until(&sync, "2026-01-15T23:00:00Z").as_deref(), Some("2026-01-16T02:00:00Z"));
    }
}
