//! What the policy says of operations, for a terminal.
//!
//! Guarantees that every list and every number stands beside the rule it comes from, and that operations of which the
//! same is said share one paragraph. Leaves which operations, and the moment, to its callers.

use std::fmt::Write as _;

use humantime::format_duration;
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

/// Paragraphs, in the order in which their first operations come.
pub fn explain(policy: &Policy, subjects: &[Subject<'_>], now: Timestamp) -> String {
    let mut paragraphs: Vec<(String, Vec<&str>, Vec<Row>)> = vec![];
    for subject in subjects {
        let (place, rows) = (place(*subject), rows(policy, &subject.matter, now));
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
        format_duration(policy.pending_ttl),
        format_duration(policy.approved_ttl),
        format_duration(policy.held_ttl)
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
