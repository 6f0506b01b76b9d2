//! `[[freezes]]`: when nothing is changed, and where.
//!
//! Guarantees that a freeze can be read in one way only, in a time zone that this program itself knows, and that what
//! comes every week leaves some time for every change. Leaves what a freeze stops to `approval`.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::problem::{Place, Report};
use super::scope::{Known, Scope, Standing, line};
use super::section::Section;
use super::values;
use crate::approval::freeze::{Day, Window};
use crate::approval::{Freeze, Matter};
use crate::suggestion::nearest;

const LONGEST_REASON: usize = 200;

const DAYS: [(&str, Day); 7] = [
    ("mon", Day::Mon),
    ("tue", Day::Tue),
    ("wed", Day::Wed),
    ("thu", Day::Thu),
    ("fri", Day::Fri),
    ("sat", Day::Sat),
    ("sun", Day::Sun),
];

/// Windows of every week that leave no moment between them for so long never do: a year has every change of clocks.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Reads every freeze without a mistake in it.
pub(super) fn freezes(report: &mut Report<'_>, root: &mut Section<'_>, known: &mut Known) -> Vec<Freeze> {
    let sections = root.tables(report, "freezes");
    let freezes: Vec<_> = sections.into_iter().filter_map(|section| freeze(report, section, known)).collect();
    refuse_what_never_ends(report, &freezes, known);
    freezes.into_iter().map(|freeze| freeze.what).collect()
}

fn freeze(report: &mut Report<'_>, mut section: Section<'_>, known: &mut Known) -> Option<Standing<Freeze>> {
    let (place, before) = (section.place, report.count());
    let name = known.name(report, &mut section, "freeze", "\"Christmas\"");
    let reason =
        section.required(report, "reason", "\"Nobody is there to help.\"", |text| line(text, LONGEST_REASON));
    let Scope { environments, operations } = known.scope(report, &mut section);
    let weekly = section.has("days") || section.has("time_zone");
    let window = if weekly { weekly_window(report, &mut section) } else { once(report, &mut section) };
    section.finish(report);
    if before != report.count() {
        return None;
    }
    let (name, reason, window) = (name?, reason?.value, window?);
    Some(Standing { what: Freeze { name, reason, environments, operations, window }, place })
}

fn once(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Window> {
    let from = section.required(report, "from", "\"2026-12-24T12:00:00+00:00\"", moment);
    let until = section.required(report, "until", "\"2027-01-04T09:00:00+00:00\"", moment);
    // So that both forms are named where a key is unknown.
    section.chosen(report, "days", "[\"fri\"]", day);
    section.optional(report, "time_zone", "\"Europe/London\"", values::time_zone);
    let (from, until) = (from?, until?);
    if until.value <= from.value {
        report.at(until.place, "until is not after from; write the first moment after the freeze");
        return None;
    }
    Some(Window::Once { from: from.value, until: until.value })
}

fn weekly_window(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Window> {
    let from = section.required(report, "from", "\"17:00\"", values::time_of_day);
    let until = section.required(report, "until", "\"08:30\"", values::time_of_day);
    if !section.has("days") {
        report.at(
            section.place,
            "[[freezes]] has a time_zone and no days; write days = [\"fri\"], or from and until with date and offset and no \
             time_zone",
        );
    }
    let days = section.chosen(report, "days", "[\"fri\"]", day);
    let time_zone = section.required(report, "time_zone", "\"Europe/London\"", values::time_zone);
    Some(Window::Weekly {
        days: DAYS.iter().map(|(_, day)| *day).filter(|day| days.contains(&number(*day))).collect(),
        from: from?.value,
        until: until?.value,
        time_zone: time_zone?.value,
    })
}

/// The day's place in the week.
fn number(day: Day) -> usize {
    DAYS.iter().position(|(_, other)| *other == day).unwrap_or_default()
}

fn day(text: &str) -> Result<usize, String> {
    DAYS.iter().position(|(name, _)| *name == text).ok_or_else(|| {
        let short: String = text.to_lowercase().chars().take(3).collect();
        match nearest(&short, DAYS.map(|(name, _)| name)) {
            Some(known) => format!("is no day; did you mean \"{known}\"?"),
            None => {
                "is no day; write \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" or \"sun\"".to_owned()
            }
        }
    })
}

fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| {
        "is not a moment with its offset; write one like \"2026-12-24T12:00:00+00:00\", or add days and time_zone for a \
         freeze of every week"
            .to_owned()
    })
}

/// Windows of every week that together never end, where and for what they hold.
fn refuse_what_never_ends(report: &mut Report<'_>, freezes: &[Standing<Freeze>], known: &Known) {
    let mut seen: BTreeSet<Vec<Place>> = BTreeSet::new();
    for (environment, meta) in known.every_change() {
        let matter = Matter { operation: meta.name, environment, risk: meta.risk, size: 1 };
        let about: Vec<_> = freezes
            .iter()
            .filter(|freeze| matches!(freeze.what.window, Window::Weekly { .. }))
            .filter(|freeze| freeze.what.is_about(&matter))
            .collect();
        let places: Vec<Place> = about.iter().map(|freeze| freeze.place).collect();
        let Some(last) = places.last().copied() else { continue };
        if seen.insert(places) && never_ends(&about) {
            let names: Vec<_> = about.iter().map(|freeze| format!("\"{}\"", freeze.what.name)).collect();
            report.at(
                last,
                format!(
                    "{} {} no moment of the week free, so {} could never be done on {environment}; leave some time out",
                    names.join(" and "),
                    if names.len() == 1 { "leaves" } else { "leave" },
                    meta.name
                ),
            );
        }
    }
}

fn never_ends(freezes: &[&Standing<Freeze>]) -> bool {
    let start = Timestamp::UNIX_EPOCH;
    let mut at = start;
    while at.duration_since(start) < LONG_ENOUGH {
        let Some(until) = freezes.iter().filter_map(|freeze| freeze.what.window.until(at)).max() else {
            return false;
        };
        at = until;
    }
    true
}
