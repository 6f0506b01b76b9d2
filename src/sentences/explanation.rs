//! What the policy says of operations, for a terminal.
//!
//! Guarantees that every list and every number stands beside the rule it comes from, and that operations of which the
//! same is said share one paragraph. Leaves which operations, and the moment, to its callers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::people;
use crate::approval::policy::EVERYWHERE;
use crate::approval::{Matter, Policy, Role};
use crate::sentences::text::in_utc;

/// Lines of operations' names are not longer than this.
const WIDTH: usize = 100;
/// Where values begin.
const VALUES: usize = 19;

/// Something to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What is asked for.
    pub matter: Matter<'a>,
    /// True where it stands for all numbers of things from its own on, to the next step.
    pub and_more: bool,
}

/// A label with its lines.
type Row = (&'static str, Vec<String>);

/// Paragraphs, in the order in which their first operations come. A number of things from which nothing changes is left
/// out.
pub fn explain(policy: &Policy, subjects: &[Subject<'_>], now: Timestamp) -> String {
    let mut paragraphs: Vec<(String, Vec<&str>, Vec<Row>)> = vec![];
    let mut last: BTreeMap<(&str, &str), Vec<Row>> = BTreeMap::new();
    for subject in subjects {
        let (place, rows) = (place(*subject), rows(policy, &subject.matter, now));
        let before = last.insert((subject.matter.operation, subject.matter.environment), rows.clone());
        if subject.and_more && before.as_ref() == Some(&rows) {
            continue;
        }
        match paragraphs.iter_mut().find(|(other, _, same)| *other == place && *same == rows) {
            Some((_, operations, _)) => operations.push(subject.matter.operation),
            None => paragraphs.push((place, vec![subject.matter.operation], rows)),
        }
    }
    let whole: Vec<String> =
        paragraphs.iter().map(|(place, operations, rows)| paragraph(place, operations, rows)).collect();
    whole.join("\n")
}

fn place(subject: Subject<'_>) -> String {
    let Matter { environment, size, .. } = subject.matter;
    match (size, subject.and_more) {
        (0 | 1, _) => format!("on {environment}"),
        (size, true) => format!("on {environment}, more than {} at once", size - 1),
        (size, false) => format!("on {environment}, {size} at once"),
    }
}

fn paragraph(place: &str, operations: &[&str], rows: &[Row]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for (n, operation) in operations.iter().enumerate() {
        let mark = if n + 1 < operations.len() { "," } else { "" };
        let before = if line.is_empty() { "" } else { " " };
        if line.len() + before.len() + operation.len() + mark.len() > WIDTH {
            text.push_str(&std::mem::take(&mut line));
            text.push('\n');
            line = format!("{operation}{mark}");
        } else {
            line = format!("{line}{before}{operation}{mark}");
        }
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}\n{place}");
    for (label, lines) in rows {
        for (n, line) in lines.iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            let _ = writeln!(text, "  {label:<VALUES$}{line}");
        }
    }
    text
}

fn rows(policy: &Policy, matter: &Matter<'_>, now: Timestamp) -> Vec<Row> {
    vec![
        ("Who may ask", lists(policy, Role::Requester, matter)),
        ("Who may approve", lists(policy, Role::Approver, matter)),
        ("Approvals", approvals(policy, matter)),
        ("Runs out", run_out(policy)),
        ("Freezes", freezes(policy, matter, now)),
    ]
}

fn lists(policy: &Policy, role: Role, matter: &Matter<'_>) -> Vec<String> {
    policy
        .lists_for(role, matter)
        .map(|(name, list)| {
            let of_these = if name == EVERYWHERE { "" } else { "of these, only " };
            format!("{}: {of_these}{}", people::rule(name), people::list(policy, list))
        })
        .collect()
}

fn approvals(policy: &Policy, matter: &Matter<'_>) -> Vec<String> {
    let needed = policy.approvals_for(matter);
    let mut asked: Vec<_> = policy.asked_for(matter).collect();
    // The strongest first; otherwise in the policy's own order.
    asked.sort_by_key(|(_, approvals)| std::cmp::Reverse(*approvals));
    let asked: Vec<_> = asked.iter().map(|(name, many)| format!("{} {many}", people::rule(name))).collect();
    let mut lines = vec![format!("{needed}, of people other than whoever asks ({})", asked.join(", "))];
    if policy.could(Role::Requester, matter).is_some_and(|people| people.is_empty()) {
        lines.push("Nobody may ask: the lists have nobody in common.".to_owned());
    } else if let Some(others) =
        policy.most_others(matter).filter(|others| *others < usize::from(needed.get()))
    {
        lines.push(format!(
            "Too few: the lists leave {others} for that beside whoever asks, so this is refused when it is asked for."
        ));
    }
    lines
}

fn run_out(policy: &Policy) -> Vec<String> {
    vec![format!(
        "after {} without its approvals; approved, after {}; held, after {}",
        people::length(policy.pending_ttl),
        people::length(policy.approved_ttl),
        people::length(policy.held_ttl)
    )]
}

fn freezes(policy: &Policy, matter: &Matter<'_>, now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = policy
        .freezes
        .iter()
        .filter(|freeze| freeze.is_about(matter))
        .map(|freeze| match freeze.until(matter, now) {
            Some(_) => format!("{} Holds now.", people::freeze(freeze)),
            None => people::freeze(freeze),
        })
        .collect();
    match policy.frozen(matter, now) {
        Some(hold) => lines.push(format!("Frozen now, until {}.", in_utc(hold.until))),
        None if lines.is_empty() => lines.push("none".to_owned()),
        None => lines.push("None holds now.".to_owned()),
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;
    use crate::approval::freeze::{Day, Window};
    use crate::approval::policy::AccessList;
    use crate::approval::policy::tests::policy;
    use crate::approval::{Freeze, Risk, Rule};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn subject(operation: &'static str, environment: &'static str, size: u32) -> Subject<'static> {
        Subject { matter: Matter { operation, environment, risk: Risk::Reversible, size }, and_more: true }
    }

    fn frozen() -> Policy {
        let mut policy = policy();
        let freeze = |name: &str, environments: &[&str], window| Freeze {
            name: name.to_owned(),
            reason: "Nobody is there.".to_owned(),
            environments: environments.iter().map(|name| (*name).to_owned()).collect(),
            operations: [].into(),
            window,
        };
        let time = |hour| jiff::civil::Time::constant(hour, 0, 0, 0);
        let time_zone = jiff::tz::TimeZone::get("Europe/London").unwrap();
        policy.freezes = vec![
            freeze(
                "Friday evening",
                &["production"],
                Window::Weekly {
                    days: vec![Day::Fri],
                    from: time(17),
                    until: time(0),
                    time_zone: time_zone.clone(),
                },
            ),
            freeze(
                "the weekend",
                &["production"],
                Window::Weekly { days: vec![Day::Sat, Day::Sun], from: time(0), until: time(0), time_zone },
            ),
            freeze(
                "Christmas",
                &[],
                Window::Once { from: at("2026-12-24T12:00:00Z"), until: at("2027-01-04T09:00:00Z") },
            ),
        ];
        policy
    }

    #[test]
    fn a_freeze_that_holds_is_told_with_the_end_of_all_that_touch() {
        let subjects =
            [subject("dataset withdraw", "production", 1), subject("dataset withdraw", "staging", 1)];
        // A Friday in British Summer Time.
        insta::assert_snapshot!(explain(&frozen(), &subjects, at("2026-07-10T18:00:00Z")), @"
        dataset withdraw
        on production
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), cara (UCARA)
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), cara (UCARA)
          Approvals          1, of people other than whoever asks (policy 1, risk 1)
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            “Friday evening”, every Friday from 17:00 until 00:00 the next day (Europe/London): Nobody is there. Holds now.
                             “the weekend”, every Saturday, Sunday from 00:00 until 00:00 the next day (Europe/London): Nobody is there.
                             “Christmas”, from 24 Dec 2026 12:00 UTC until 4 Jan 2027 09:00 UTC: Nobody is there.
                             Frozen now, until 12 Jul 2026 23:00 UTC.

        dataset withdraw
        on staging
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), cara (UCARA)
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), cara (UCARA)
          Approvals          1, of people other than whoever asks (policy 1, risk 1)
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            “Christmas”, from 24 Dec 2026 12:00 UTC until 4 Jan 2027 09:00 UTC: Nobody is there.
                             None holds now.
        ");
    }

    #[test]
    fn what_is_the_same_is_said_once_and_what_nobody_can_do_is_said() {
        let mut policy = policy();
        policy.people.remove("UCARA");
        policy.rules = vec![
            Rule {
                name: "many".into(),
                more_than: Some(10),
                approvals: NonZeroU8::new(3),
                ..Rule::default()
            },
            Rule {
                name: "nobody".into(),
                operations: ["user".to_owned()].into(),
                requesters: Some(AccessList { users: ["UZOE".to_owned()].into(), ..AccessList::default() }),
                ..Rule::default()
            },
        ];
        let names = [
            "harvest restart-worker",
            "harvest purge-queues",
            "index publisher",
            "index rebuild",
            "dataset withdraw",
            "dataset purge",
        ];
        let mut subjects: Vec<_> = names.map(|name| subject(name, "production", 1)).into();
        subjects.push(subject("dataset withdraw", "production", 11));
        subjects.push(Subject { and_more: false, ..subject("dataset withdraw", "production", 11) });
        subjects.push(subject("user email", "production", 0));
        insta::assert_snapshot!(explain(&policy, &subjects, at("2026-07-10T18:00:00Z")), @"
        harvest restart-worker, harvest purge-queues, index publisher, index rebuild, dataset withdraw,
        dataset purge
        on production
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Approvals          1, of people other than whoever asks (policy 1, risk 1)
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            none

        dataset withdraw
        on production, more than 10 at once
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Approvals          3, of people other than whoever asks (“many” 3, policy 1, risk 1)
                             Too few: the lists leave 1 for that beside whoever asks, so this is refused when it is asked for.
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            none

        dataset withdraw
        on production, 11 at once
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Approvals          3, of people other than whoever asks (“many” 3, policy 1, risk 1)
                             Too few: the lists leave 1 for that beside whoever asks, so this is refused when it is asked for.
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            none

        user email
        on production
          Who may ask        access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
                             “nobody”: of these, only UZOE
          Who may approve    access: alice (UALICE), alice (UALICE2), bob (UBOB), UCARA
          Approvals          1, of people other than whoever asks (policy 1, risk 1)
                             Nobody may ask: the lists have nobody in common.
          Runs out           after 1h without its approvals; approved, after 15m; held, after 4 days
          Freezes            none
        ");
    }
}
