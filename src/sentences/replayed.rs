//! What another policy would have treated differently, for a terminal.
//!
//! Guarantees one sentence for every difference, and that what nobody can tell is called that.

use std::collections::BTreeSet;

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
    let more = if unreadable > 0 { format!(" {unreadable} more could not be read.") } else { String::new() };
    format!(
        "{requests} request{} since {}: {different} would have been treated differently, of {unclear} nobody can tell.{more}\n",
        if requests == 1 { "" } else { "s" },
        in_utc(since)
    )
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
            format!("It would have run out after {}, before it was decided.", people::length(*after))
        }
        Difference::WaitedLonger { after } => {
            format!("It would not have run out when it did, but after {}.", people::length(*after))
        }
        Difference::RunOutBeforeExecution { after } => {
            format!("Approved, it would have run out after {}, before it was begun.", people::length(*after))
        }
        Difference::FrozenWhenRun(hold) => {
            format!("It would have been held when it was begun: {}.", frozen(hold))
        }
        Difference::CannotTell { user, role, rule, groups } => format!(
            "Nobody can tell whether {} could have {}: {} names {}, whose members were not read then.",
            person(user.as_str()),
            match role {
                Role::Requester => "asked",
                Role::Approver => "approved",
            },
            people::rule(rule),
            listed(groups)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::approval::plan;
    use crate::approval::policy::tests::policy;
    use crate::approval::request::sample;
    use crate::ids::UserId;

    #[test]
    fn every_difference_has_its_sentence() {
        let (user, hold) = (
            UserId::new("UBOB"),
            Hold {
                until: Timestamp::from_second(3600).unwrap(),
                why: "Because.".to_owned(),
                freeze: Some("Christmas".to_owned()),
            },
        );
        let vote = |approve, refusal| Difference::VoteRefused { user: user.clone(), approve, refusal };
        let rule = |name: &str| name.to_owned();
        let cannot = |role, groups: &[&str]| Difference::CannotTell {
            user: user.clone(),
            role,
            rule: rule("strict"),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        };
        let after = Duration::from_mins(10);
        let differences = [
            Difference::RequesterRefused(Refusal::NotARequester { rule: rule("access") }),
            Difference::RequesterRefused(Refusal::NotRegistered),
            Difference::TicketRefused,
            Difference::FrozenWhenAsked(hold.clone()),
            Difference::MoreApprovals { then: 1, now: 2 },
            Difference::FewerApprovals { then: 2, now: 1 },
            vote(true, Refusal::NotAnApprover { rule: rule("strict") }),
            vote(false, Refusal::OwnRequest),
            vote(true, Refusal::AlreadyVoted),
            Difference::RunOutBeforeDecision { after },
            Difference::WaitedLonger { after },
            Difference::RunOutBeforeExecution { after },
            Difference::FrozenWhenRun(hold),
            cannot(Role::Requester, &["S1"]),
            cannot(Role::Approver, &["S1", "S2"]),
        ];
        let mut asked = sample("01REQUEST", plan::sample(), Timestamp::UNIX_EPOCH);
        asked.state = State::NotApplied;
        insta::assert_snapshot!(request(&asked, &differences, &policy()), @"
        1 Jan 1970 00:00 UTC  EQUEST  dataset withdraw on production, asked for by alice (UALICE): not applied
          - alice (UALICE) could not have asked: not on the list in [access].
          - alice (UALICE) could not have asked: [[people]] does not know the account.
          - Its ticket would not have fitted ticket_pattern.
          - It would have been refused when it was asked for: “Christmas”, until 1 Jan 1970 01:00 UTC.
          - It would have needed 2 approvals, not 1.
          - It would have needed 1 approval, not 2.
          - The yes of bob (UBOB) would not have been taken: not on the list of “strict”.
          - The no of bob (UBOB) would not have been taken: by [[people]], whoever asked.
          - The yes of bob (UBOB) would not have been taken: by [[people]], somebody who had voted already.
          - It would have run out after 10m, before it was decided.
          - It would not have run out when it did, but after 10m.
          - Approved, it would have run out after 10m, before it was begun.
          - It would have been held when it was begun: “Christmas”, until 1 Jan 1970 01:00 UTC.
          - Nobody can tell whether bob (UBOB) could have asked: “strict” names user group S1, whose members were not read then.
          - Nobody can tell whether bob (UBOB) could have approved: “strict” names user group S1 and user group S2, whose members were not read then.
        ");
        let count = |requests, unreadable| {
            count(Count { requests, different: 2, unclear: 1, unreadable }, Timestamp::UNIX_EPOCH)
        };
        insta::assert_snapshot!(count(1, 0) + &count(12, 3), @"
        1 request since 1 Jan 1970 00:00 UTC: 2 would have been treated differently, of 1 nobody can tell.
        12 requests since 1 Jan 1970 00:00 UTC: 2 would have been treated differently, of 1 nobody can tell. 3 more could not be read.
        ");
    }
}
