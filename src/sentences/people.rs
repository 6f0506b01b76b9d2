//! People, lists and freezes as a terminal shows them, which knows no mentions.
//!
//! Guarantees that a person is named by the registry where it knows them, and always by the id that decides.

use std::time::Duration;

use crate::approval::freeze::{Day, Window};
use crate::approval::policy::{AccessList, EVERYWHERE};
use crate::approval::{Freeze, Policy};
use crate::sentences::text::in_utc;

/// `Alice Example (U0123ABCD)`, or the id alone.
pub fn person(policy: &Policy, user: &str) -> String {
    policy.people.get(user).map_or_else(|| user.to_owned(), |name| format!("{name} ({user})"))
}

/// Everybody on a list.
pub fn list(policy: &Policy, list: &AccessList) -> String {
    let users = list.users.iter().map(|user| person(policy, user));
    let groups = list.usergroups.iter().map(|group| format!("user group {group}"));
    users.chain(groups).collect::<Vec<_>>().join(", ")
}

/// A rule's name; the bot's own are no quotation.
pub fn rule(name: &str) -> String {
    if [EVERYWHERE, "policy", "risk", "two_approvals_above"].contains(&name) {
        name.to_owned()
    } else {
        format!("“{name}”")
    }
}

/// A length of time, such as `4 days`.
pub fn length(length: Duration) -> String {
    humantime::format_duration(length).to_string().replace("day", " day")
}

/// A freeze with its times and its reason.
pub fn freeze(freeze: &Freeze) -> String {
    format!("“{}”, {}: {}", freeze.name, window(&freeze.window), freeze.reason)
}

fn window(window: &Window) -> String {
    match window {
        Window::Once { from, until } => format!("from {} until {}", in_utc(*from), in_utc(*until)),
        Window::Weekly { days, from, until, time_zone } => {
            let days: Vec<_> = days.iter().map(|day| name(*day)).collect();
            let next = if until > from { "" } else { " the next day" };
            format!(
                "every {} from {} until {}{next} ({})",
                days.join(", "),
                from.strftime("%H:%M"),
                until.strftime("%H:%M"),
                time_zone.iana_name().unwrap_or("its own time zone")
            )
        }
    }
}

fn name(day: Day) -> &'static str {
    match day {
        Day::Mon => "Monday",
        Day::Tue => "Tuesday",
        Day::Wed => "Wednesday",
        Day::Thu => "Thursday",
        Day::Fri => "Friday",
        Day::Sat => "Saturday",
        Day::Sun => "Sunday",
    }
}
