//! What another policy would have made of a request.
//!
//! Guarantees that only what was written down then is used: the groups an account was in, and which groups were read
//! at all. Where that does not settle it, the answer is that nobody can tell. Leaves to its callers where requests come
//! from, and what cannot be seen from one request alone: caps, cool-downs, and what was refused and so never became one.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use regex::Regex;

use super::policy::AccessList;
use super::ticket::whole_ticket;
use super::transition::later;
use super::{Hold, Matter, Policy, Refusal, Request, Role, State, Vote};
use crate::ids::{PersonId, UserId};

/// One thing that another policy would have treated differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Whoever asked could not have.
    RequesterRefused(Refusal),
    /// The ticket would not have been taken.
    TicketRefused,
    /// It would not have been taken at this time.
    FrozenWhenAsked(Hold),
    /// It would have needed more approvals.
    MoreApprovals {
        /// What it needed.
        then: u8,
        /// What it would have needed.
        now: u8,
    },
    /// It would have needed fewer approvals.
    FewerApprovals {
        /// What it needed.
        then: u8,
        /// What it would have needed.
        now: u8,
    },
    /// This account's vote would not have been taken.
    VoteRefused {
        /// The account.
        user: UserId,
        /// True for a yes.
        approve: bool,
        /// Why.
        refusal: Refusal,
    },
    /// It would have run out before it was decided.
    RunOutBeforeDecision {
        /// How long it would have had.
        after: Duration,
    },
    /// It would not have run out when it did.
    WaitedLonger {
        /// How long it would have had.
        after: Duration,
    },
    /// Approved, it would have run out before it was carried out.
    RunOutBeforeExecution {
        /// How long it would have had.
        after: Duration,
    },
    /// It would not have been carried out at this time.
    FrozenWhenRun(Hold),
    /// Whether this account could act then depends on groups that were not read.
    CannotTell {
        /// The account.
        user: UserId,
        /// What it acted as.
        role: Role,
        /// The rule whose list it is.
        rule: String,
        /// The groups of that list that were not read.
        groups: BTreeSet<String>,
    },
}

impl Difference {
    /// False where nobody can tell.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::CannotTell { .. })
    }
}

/// Another policy, ready to be asked about many requests.
pub struct Replay<'p> {
    policy: &'p Policy,
    /// `None` where there is no pattern, or one that fits nothing.
    ticket: Option<Regex>,
}

/// What somebody's account was when it acted.
struct Acted<'a> {
    user: &'a UserId,
    role: Role,
    /// The groups it was in.
    groups: &'a BTreeSet<String>,
    /// The groups that were read.
    read: &'a BTreeSet<String>,
}

impl<'p> Replay<'p> {
    /// The other policy.
    pub fn of(policy: &'p Policy) -> Self {
        Self { policy, ticket: policy.ticket_pattern.as_deref().and_then(whole_ticket) }
    }

    /// What it would have treated differently, in the order of the request's way. `read` says which user groups were read
    /// at a moment.
    pub fn differences(
        &self,
        request: &Request,
        read: impl Fn(Timestamp) -> BTreeSet<String>,
    ) -> Vec<Difference> {
        let matter = Matter::of(request);
        let mut found = vec![];
        let requester = Acted {
            user: &request.requester_user,
            role: Role::Requester,
            groups: &request.requester_groups,
            read: &read(request.created_at),
        };
        found.extend(self.admission(&requester, &matter).map(|refused| match refused {
            Inadmissible::Refused(refusal) => Difference::RequesterRefused(refusal),
            Inadmissible::Unknown(difference) => difference,
        }));
        if let (Some(_), Some(ticket)) = (&self.policy.ticket_pattern, &request.ticket)
            && !self.ticket.as_ref().is_some_and(|pattern| pattern.is_match(ticket))
        {
            found.push(Difference::TicketRefused);
        }
        found.extend(self.policy.frozen(&matter, request.created_at).map(Difference::FrozenWhenAsked));
        let (then, now) = (request.approvals_needed.get(), self.policy.approvals_for(&matter).get());
        if now > then {
            found.push(Difference::MoreApprovals { then, now });
        }
        if now < then {
            found.push(Difference::FewerApprovals { then, now });
        }
        let mut voters = BTreeSet::new();
        for vote in &request.votes {
            found.extend(self.vote(request, vote, &matter, &read(vote.at), &mut voters));
        }
        found.extend(self.time(request));
        found.extend(
            request
                .attempt
                .as_ref()
                .and_then(|attempt| self.policy.frozen(&matter, attempt.claimed_at))
                .map(Difference::FrozenWhenRun),
        );
        found
    }

    fn vote(
        &self,
        request: &Request,
        vote: &Vote,
        matter: &Matter<'_>,
        read: &BTreeSet<String>,
        voters: &mut BTreeSet<PersonId>,
    ) -> Option<Difference> {
        let refused =
            |refusal| Difference::VoteRefused { user: vote.user.clone(), approve: vote.approve, refusal };
        let voter = Acted { user: &vote.user, role: Role::Approver, groups: &vote.groups, read };
        let admission = self.admission(&voter, matter);
        if let Some(Inadmissible::Refused(refusal)) = admission {
            return Some(refused(refusal));
        }
        let person = self.policy.person(&vote.user);
        if person == self.policy.person(&request.requester_user) {
            return Some(refused(Refusal::OwnRequest));
        }
        if !voters.insert(person) {
            return Some(refused(Refusal::AlreadyVoted));
        }
        match admission {
            Some(Inadmissible::Unknown(difference)) => Some(difference),
            _ => None,
        }
    }

    /// Why this account could not have acted; `None` where it could.
    fn admission(&self, acted: &Acted<'_>, matter: &Matter<'_>) -> Option<Inadmissible> {
        let people = &self.policy.people;
        if !people.is_empty() && !people.contains_key(acted.user.as_str()) {
            return Some(Inadmissible::Refused(Refusal::NotRegistered));
        }
        let mut unknown = None;
        for (rule, list) in self.policy.lists_for(acted.role, matter) {
            match acted.is_on(list) {
                Ok(true) => {}
                Ok(false) => return Some(Inadmissible::Refused(acted.role.refusal(rule))),
                Err(groups) => {
                    unknown.get_or_insert_with(|| Difference::CannotTell {
                        user: acted.user.clone(),
                        role: acted.role,
                        rule: rule.to_owned(),
                        groups,
                    });
                }
            }
        }
        unknown.map(Inadmissible::Unknown)
    }

    /// What would have run out sooner, or later.
    fn time(&self, request: &Request) -> Option<Difference> {
        let (pending, approved) = (self.policy.pending_ttl, self.policy.approved_ttl);
        let runs_out = later(request.created_at, pending);
        let enough = request.approvals().count() >= usize::from(request.approvals_needed.get());
        // What has its approvals may be denied while it is held: that is no longer a matter of this time.
        let decisive = request.votes.iter().filter(|vote| vote.approve || !enough).map(|vote| vote.at).max();
        if decisive.is_some_and(|at| at >= runs_out) {
            return Some(Difference::RunOutBeforeDecision { after: pending });
        }
        if request.state == State::Expired && !enough && request.state_since < runs_out {
            return Some(Difference::WaitedLonger { after: pending });
        }
        // The claim that is kept of many items may be a later one, and what was held had longer.
        let claimed = request.attempt.as_ref().filter(|_| request.plan.bulk.is_none())?.claimed_at;
        let was_held = request.held_at_most_until.is_some();
        let too_late = !was_held && decisive.is_some_and(|at| claimed >= later(at, approved));
        too_late.then_some(Difference::RunOutBeforeExecution { after: approved })
    }
}

/// Why somebody could not have acted.
enum Inadmissible {
    Refused(Refusal),
    Unknown(Difference),
}

impl Acted<'_> {
    /// Whether the list had it; the list's groups that would have to be known, where that depends on them.
    fn is_on(&self, list: &AccessList) -> Result<bool, BTreeSet<String>> {
        if list.users.contains(self.user.as_str()) || !list.usergroups.is_disjoint(self.groups) {
            return Ok(true);
        }
        let unread = &list.usergroups - self.read;
        if unread.is_empty() { Ok(false) } else { Err(unread) }
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
