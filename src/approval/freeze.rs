//! Times in which nothing is changed.
//!
//! Guarantees that a freeze is told from its calendar alone, in the time zone it was written in, clock changes
//! included, and that windows that touch are one. Leaves what a freeze stops to `transition`.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::matter::Matter;

/// A time in which nothing is changed, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freeze {
    /// What people call it; unique.
    pub name: String,
    /// Why, for people; a sentence.
    pub reason: String,
    /// Only on these environments; empty: on all.
    pub environments: BTreeSet<String>,
    /// Only for operations of these families or names; empty: for all.
    pub operations: BTreeSet<String>,
    /// When.
    pub window: Window,
}

/// When a freeze holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Once.
    Once {
        /// Its first moment.
        from: Timestamp,
        /// The first moment after it.
        until: Timestamp,
    },
    /// Every week.
    Weekly {
        /// The days it begins on.
        days: Vec<Day>,
        /// When it begins.
        from: Time,
        /// When it ends; on the next day where that is not later than `from`.
        until: Time,
        /// Whose clock.
        #[serde(with = "jiff::fmt::serde::tz::required")]
        time_zone: TimeZone,
    },
}

/// A day of the week, as the configuration writes it.
#[expect(missing_docs, reason = "their names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn is(self, weekday: Weekday) -> bool {
        let own = match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        };
        own == weekday
    }
}

/// Why something that is approved waits, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it may go on; for what has no known end, when it is looked at again.
    pub until: Timestamp,
    /// Why, for people; a sentence.
    pub why: String,
    /// The freeze that holds it; `None` where the operation itself must not run now.
    pub freeze: Option<String>,
}

impl Freeze {
    /// Whether the freeze is ever about this.
    pub fn is_about(&self, matter: &Matter<'_>) -> bool {
        matter.is_on(&self.environments) && matter.is_among(&self.operations)
    }

    /// The end of the freeze, where it holds for this at this moment.
    pub fn until(&self, matter: &Matter<'_>, now: Timestamp) -> Option<Timestamp> {
        if self.is_about(matter) { self.window.until(now) } else { None }
    }
}

impl Window {
    /// The end of the window that this moment is in.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Once { from, until } => (*from <= now && now < *until).then_some(*until),
            Self::Weekly { days, from, until, time_zone } => {
                let today = time_zone.to_datetime(now).date();
                // One that began yesterday may go on today.
                [Some(today), today.checked_sub(1.day()).ok()]
                    .into_iter()
                    .flatten()
                    .filter(|date| days.iter().any(|day| day.is(date.weekday())))
                    .filter_map(|date| weekly(date, *from, *until, time_zone))
                    .filter(|(from, until)| *from <= now && now < *until)
                    .map(|(_, until)| until)
                    .max()
            }
        }
    }
}

/// The window that begins on this day.
fn weekly(date: Date, from: Time, until: Time, time_zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let last = if until > from { date } else { date.checked_add(1.day()).ok()? };
    let moment = |date: Date, time: Time| time_zone.to_timestamp(date.to_datetime(time)).ok();
    Some((moment(date, from)?, moment(last, until)?))
}

/// More windows than this in a row are not followed.
const IN_A_ROW: usize = 100;

/// What holds this up at this moment; windows that touch or overlap are one.
pub fn hold(freezes: &[Freeze], matter: &Matter<'_>, now: Timestamp) -> Option<Hold> {
    let last = |at: Timestamp| {
        freezes
            .iter()
            .filter_map(|freeze| freeze.until(matter, at).map(|until| (until, freeze)))
            .max_by_key(|(until, _)| *until)
    };
    let (first, freeze) = last(now)?;
    let mut until = first;
    for _ in 0..IN_A_ROW {
        let Some((later, _)) = last(until) else { break };
        until = later;
    }
    Some(Hold { until, why: freeze.reason.clone(), freeze: Some(freeze.name.clone()) })
}

#[cfg(test)]
#[path = "freeze_tests.rs"]
mod tests;
