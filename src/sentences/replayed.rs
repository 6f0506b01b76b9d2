//! What another policy would have treated differently, for a terminal.
//!
//! Guarantees one sentence for every difference, and that what nobody can tell is called that.

use std::collections::BTreeSet;

use humantime::format_duration;
use jiff::Timestamp;

use super::people;
use crate::approval::policy::EVERYWHERE;
use crate::approval::replay::Difference;
use crate::approval::{Hold, Policy, Refusal, Request, Role, State};
use crate::sentences::text::in_utc;

/// How many requests there were, and of how many what is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All that could be read.
    pub requests: usize,
    /// Those that would have been treated differently.
    pub different: usize,
    /// Those of which nobody can tell.
    pub unclear: usize,
    /// Those that could not be read.
    pub unreadable: usize,
}

/// A request and its differences, one line each.
pub fn request(request: &Request, differences: &[Difference], policy: &Policy) -> String {
    let head = format!(
        "{}  {}  {} on {}, asked for by {}: {}",
        in_utc(request.created_at),
        request.id.reference(),
        request.operation,
        request.environment,
        people::person(policy, request.requester_user.as_str()),
        state(request.state)
    );
    let lines = differences.iter().map(|one| format!("  - {}\n", difference(one, request, policy)));
    format!("{head}\n{}", lines.collect::<String>())
}

/// The last line.
pub fn count(count: Count, since: Timestamp) -> String {
    let Count { requests, different, unclear, unreadable } = count;
    let mut line = format!(
        "{requests} request{} since {}: {different} would have been treated differently, of {unclear} nobody can tell.",
        if requests == 1 { "" } else { "s" },
        in_utc(since)
    );
    if unreadable > 0 {
        line.push_str(&format!(" {unreadable} more could not be read."));
    }
    line + "\n"
}

fn difference(difference: &Difference, request: &Request, policy: &Policy) -> String {
    let person = |user: &str| people::person(policy, user);
    match difference {
        Difference::RequesterRefused(refusal) => {
            format!("{} could not have asked: {}.", person(request.requester_user.as_str()), why(refusal))
        }
        Difference::TicketRefused => "Its ticket would not have fitted ticket_pattern.".to_owned(),
        Difference::FrozenWhenAsked(hold) => {
            format!("It would have been refused when it was asked for: {}.", frozen(hold))
        }
        Difference::MoreApprovals { then, now } | Difference::FewerApprovals { then, now } => {
            format!("It would have needed {now} approval{}, not {then}.", if *now == 1 { "" } else { "s" })
        }
        Difference::VoteRefused { user, approve, refusal } => {
            let vote = if *approve { "yes" } else { "no" };
            format!("The {vote} of {} would not have been taken: {}.", person(user.as_str()), why(refusal))
        }
        Difference::RunOutBeforeDecision { after } => {
            format!("It would have run out after {}, before it was decided.", format_duration(*after))
        }
        Difference::WaitedLonger { after } => {
            format!("It would not have run out when it did, but after {}.", format_duration(*after))
        }
        Difference::RunOutBeforeExecution { after } => {
            format!("Approved, it would have run out after {}, before it was begun.", format_duration(*after))
        }
        Difference::FrozenWhenRun(hold) => {
            format!("It would have been held when it was begun: {}.", frozen(hold))
        }
        Difference::CannotTell { user, role, rule, groups } => format!(
            "Nobody can tell whether {} could have {}: {} names {}, and then nobody read who is in {}.",
            person(user.as_str()),
            match role {
                Role::Requester => "asked",
                Role::Approver => "approved",
            },
            people::rule(rule),
            listed(groups),
            if groups.len() == 1 { "it" } else { "them" }
        ),
    }
}

fn why(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotRegistered => "[[people]] does not know the account".to_owned(),
        Refusal::NotARequester { rule } | Refusal::NotAnApprover { rule } if rule == EVERYWHERE => {
            "not on the list in [access]".to_owned()
        }
        Refusal::NotARequester { rule } | Refusal::NotAnApprover { rule } => {
            format!("not on the list of {}", people::rule(rule))
        }
        Refusal::OwnRequest => "by [[people]], whoever asked".to_owned(),
        Refusal::AlreadyVoted => "by [[people]], somebody who had voted already".to_owned(),
        other => other.name().replace('_', " "),
    }
}

fn frozen(hold: &Hold) -> String {
    let name = hold.freeze.as_deref().unwrap_or_default();
    format!("“{name}”, until {}", in_utc(hold.until))
}

fn listed(groups: &BTreeSet<String>) -> String {
    let groups: Vec<_> = groups.iter().map(|group| format!("user group {group}")).collect();
    groups.join(" and ")
}

fn state(state: State) -> String {
    state.name().replace('_', " ")
}
