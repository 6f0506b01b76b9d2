//! Freezes, hour by hour.

use super::*;
use crate::approval::Risk;

const MATTER: Matter<'static> =
    Matter { operation: "dataset withdraw", environment: "production", risk: Risk::Reversible, size: 1 };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap()
}

fn freeze(name: &str, window: Window) -> Freeze {
    Freeze {
        name: name.to_owned(),
        reason: format!("Because of {name}."),
        environments: BTreeSet::new(),
        operations: BTreeSet::new(),
        window,
    }
}

fn weekly(days: &[Day], from: (i8, i8), until: (i8, i8)) -> Window {
    let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
    Window::Weekly { days: days.to_vec(), from: time(from), until: time(until), time_zone: london() }
}

fn until(window: &Window, now: &str) -> Option<String> {
    window.until(at(now)).map(|until| until.to_string())
}

#[test]
fn a_freeze_that_comes_once_holds_from_its_first_moment_to_its_last() {
    let window = Window::Once { from: at("2026-12-24T00:00:00Z"), until: at("2027-01-02T00:00:00Z") };
    assert_eq!(until(&window, "2026-12-23T23:59:59Z"), None);
    assert_eq!(until(&window, "2026-12-24T00:00:00Z").as_deref(), Some("2027-01-02T00:00:00Z"));
    assert_eq!(until(&window, "2027-01-01T23:59:59Z").as_deref(), Some("2027-01-02T00:00:00Z"));
    assert_eq!(until(&window, "2027-01-02T00:00:00Z"), None);
}

#[test]
fn a_weekly_freeze_is_told_in_its_own_time_zone_and_past_midnight() {
    // 2026-07-10 is a Friday, in British Summer Time.
    let evening = weekly(&[Day::Fri], (17, 0), (8, 30));
    assert_eq!(until(&evening, "2026-07-10T15:59:59Z"), None);
    assert_eq!(until(&evening, "2026-07-10T16:00:00Z").as_deref(), Some("2026-07-11T07:30:00Z"));
    assert_eq!(until(&evening, "2026-07-11T07:29:59Z").as_deref(), Some("2026-07-11T07:30:00Z"));
    assert_eq!(until(&evening, "2026-07-11T07:30:00Z"), None);
    assert_eq!(until(&evening, "2026-07-09T20:00:00Z"), None, "a Thursday");
    // In winter the same hour is another one.
    assert_eq!(until(&evening, "2026-12-11T16:59:59Z"), None);
    assert_eq!(until(&evening, "2026-12-11T17:00:00Z").as_deref(), Some("2026-12-12T08:30:00Z"));
}

#[test]
fn the_same_time_twice_is_a_whole_day_and_the_night_of_the_clock_change_has_its_hours() {
    let sunday = weekly(&[Day::Sun], (0, 0), (0, 0));
    // 2026-10-25: the clocks go back, the day has 25 hours.
    assert_eq!(until(&sunday, "2026-10-24T23:00:00Z").as_deref(), Some("2026-10-26T00:00:00Z"));
    assert_eq!(until(&sunday, "2026-10-25T23:59:59Z").as_deref(), Some("2026-10-26T00:00:00Z"));
    assert_eq!(until(&sunday, "2026-10-26T00:00:00Z"), None);
}

#[test]
fn every_day_of_the_week_is_that_day() {
    let days = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
    for (n, day) in (1..).zip(days) {
        for date in 1..=7 {
            // 2026-06-01 is a Monday.
            let noon = format!("2026-06-0{date}T12:00:00Z");
            assert_eq!(weekly(&[day], (10, 0), (14, 0)).until(at(&noon)).is_some(), n == date);
        }
    }
}

#[test]
fn windows_that_touch_are_one_and_the_first_gives_the_reason() {
    let freezes = [
        freeze("the weekend", weekly(&[Day::Sat, Day::Sun], (0, 0), (0, 0))),
        freeze("Friday evening", weekly(&[Day::Fri], (17, 0), (0, 0))),
        freeze("Monday morning", weekly(&[Day::Mon], (0, 0), (9, 0))),
    ];
    let held = hold(&freezes, &MATTER, at("2026-07-10T18:00:00Z")).unwrap();
    assert_eq!(held.until, at("2026-07-13T08:00:00Z"));
    assert_eq!(held.freeze.as_deref(), Some("Friday evening"));
    assert_eq!(held.why, "Because of Friday evening.");
    assert_eq!(hold(&freezes, &MATTER, at("2026-07-13T08:00:00Z")), None);
}

#[test]
fn a_freeze_without_end_is_not_followed_for_ever() {
    let always =
        weekly(&[Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun], (0, 0), (0, 0));
    let held = hold(&[freeze("always", always)], &MATTER, at("2026-07-10T18:00:00Z")).unwrap();
    assert!(held.until > at("2026-10-01T00:00:00Z"));
}

#[test]
fn a_freeze_holds_where_it_says_and_for_what_it_says() {
    let window = Window::Once { from: at("2026-12-24T00:00:00Z"), until: at("2027-01-02T00:00:00Z") };
    let now = at("2026-12-25T00:00:00Z");
    let holds = |environments: &[&str], operations: &[&str]| {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let freeze = Freeze {
            environments: set(environments),
            operations: set(operations),
            ..freeze("Christmas", window.clone())
        };
        freeze.until(&MATTER, now).is_some()
    };
    assert!(holds(&[], &[]));
    assert!(holds(&["production"], &["dataset"]));
    assert!(holds(&["staging", "production"], &["dataset withdraw"]));
    assert!(!holds(&["staging"], &[]));
    assert!(!holds(&[], &["index", "dataset purge"]));
}
