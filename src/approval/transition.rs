//! The one place where the state of a request changes.
//!
//! Guarantees, for every event in every state, one answer: a step or a refusal. Nothing executes without the needed
//! number of approvals by people other than the requester, nor in a freeze; a claim happens once; only the attempt that holds the
//! claim settles; an unknown outcome is never run again, and a request of many items goes on only under the same
//! guards as a claim, soon after it was lost, for what was never sent. Leaves to the store that a step is committed only if the
//! request still has the version it was made from.

use std::collections::BTreeSet;
use std::num::NonZeroU8;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    Admission, Attempt, Change, Hold, Matter, Outcome, Policy, Refusal, Request, State, Verdict, Vote,
};
use crate::ids::{AttemptId, PersonId, UserId, WorkerId};

/// Something that wants to happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody who may approve says yes.
    Approve {
        /// Who.
        voter: Admission,
        /// What was typed in the review; `None` for a press alone.
        typed: Option<String>,
    },
    /// Somebody who may approve says no.
    Deny {
        /// Who.
        voter: Admission,
        /// Why.
        reason: String,
    },
    /// Somebody takes the request back.
    Cancel {
        /// The human.
        person: PersonId,
    },
    /// Time passed.
    Tick,
    /// What is approved must not run now; or what is held must wait for longer or shorter, or for something else.
    Hold(Hold),
    /// What was held may go on.
    Release,
    /// A worker wants to execute.
    Claim {
        /// Its fencing token.
        attempt: AttemptId,
        /// The process.
        worker: WorkerId,
    },
    /// Under the claim, the plan came out differently: nothing runs.
    Moved {
        /// Whose claim.
        attempt: AttemptId,
        /// What moved.
        changes: Vec<Change>,
    },
    /// The attempt ended, or a probe settled an unknown one.
    Settle {
        /// Whose claim.
        attempt: AttemptId,
        /// What came of it.
        outcome: Outcome,
    },
    /// The worker that held the claim is gone.
    Lose {
        /// Whose claim.
        attempt: AttemptId,
    },
    /// A worker wants to go on with those of many items for which nothing was sent.
    Resume {
        /// Its fencing token.
        attempt: AttemptId,
        /// The process.
        worker: WorkerId,
        /// The last sign of life of whoever held it before.
        alive_at: Timestamp,
    },
}

/// A permitted step: the request as it will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The request after the step, its version one higher.
    pub request: Request,
    /// The state before.
    pub from: State,
}

/// What the event does to the request, or why it may not.
#[expect(clippy::too_many_lines, reason = "the whole rule is one exhaustive match, to be read as one page")]
pub fn apply(request: &Request, event: Event, now: Timestamp, policy: &Policy) -> Result<Step, Refusal> {
    let from = request.state;
    let mut next = request.clone();
    next.version += 1;
    match (from, event) {
        (State::Pending, Event::Approve { voter, typed }) => {
            refuse_unless_votable(request, &voter, now, policy)?;
            if needed(request, policy) > next.approvals_needed {
                next.approvals_needed = needed(request, policy);
                next.approvals_because = policy.approvals_because(&Matter::of(request));
            }
            refuse_unless_confirmed(request, typed.as_deref(), policy)?;
            next.votes.push(vote(voter, None, now));
            if approved_by(&next, policy).len() >= usize::from(next.approvals_needed.get()) {
                enter(&mut next, State::Approved, now);
                next.expires_at = later(now, policy.approved_ttl);
            }
        }
        (State::Pending | State::Held, Event::Deny { voter, reason }) => {
            refuse_unless_votable(request, &voter, now, policy)?;
            if reason.trim().is_empty() {
                return Err(Refusal::DenyWithoutReason);
            }
            next.votes.push(vote(voter, Some(reason), now));
            enter(&mut next, State::Denied, now);
        }
        (State::Pending | State::Approved | State::Held, Event::Cancel { person }) => {
            if !is_requesters(request, &person, policy) {
                return Err(Refusal::NotYourRequest);
            }
            enter(&mut next, State::Cancelled, now);
        }
        (State::Pending | State::Approved | State::Held, Event::Tick) => {
            if now < request.expires_at {
                return Err(Refusal::OutOfOrder);
            }
            enter(&mut next, State::Expired, now);
        }
        (State::Approved | State::Held, Event::Hold(hold)) => {
            refuse_if_too_late(request, now)?;
            if hold.until <= now || request.hold.as_ref() == Some(&hold) {
                return Err(Refusal::OutOfOrder);
            }
            next.hold = Some(hold);
            if from == State::Approved {
                let at_most = request.held_at_most_until.unwrap_or(later(now, policy.held_ttl));
                next.held_at_most_until = Some(at_most);
                next.expires_at = at_most;
                enter(&mut next, State::Held, now);
            }
        }
        (State::Held, Event::Release) => {
            refuse_if_too_late(request, now)?;
            refuse_if_frozen(request, now, policy)?;
            next.hold = None;
            next.expires_at = later(now, policy.approved_ttl);
            enter(&mut next, State::Approved, now);
        }
        (State::Approved, Event::Claim { attempt, worker }) => {
            refuse_if_too_late(request, now)?;
            refuse_if_frozen(request, now, policy)?;
            refuse_unless_approved(request, policy)?;
            next.attempt = Some(Attempt { id: attempt, worker, claimed_at: now });
            enter(&mut next, State::Running, now);
        }
        (State::Running, Event::Moved { attempt, changes }) => {
            refuse_unless_holder(request, &attempt)?;
            next.outcome = Some(Outcome {
                verdict: Verdict::NotApplied,
                accepted: false,
                seen: changes.iter().map(|change| change.fact.clone()).collect(),
            });
            enter(&mut next, State::Stale, now);
        }
        (State::Running, Event::Settle { attempt, outcome }) => {
            refuse_unless_holder(request, &attempt)?;
            enter(&mut next, outcome.verdict.state(), now);
            next.outcome = Some(outcome);
        }
        (State::Running, Event::Lose { attempt }) => {
            refuse_unless_holder(request, &attempt)?;
            next.outcome = Some(Outcome { verdict: Verdict::Unknown, accepted: false, seen: vec![] });
            enter(&mut next, State::Unknown, now);
        }
        (State::Unknown, Event::Resume { attempt, worker, alive_at }) => {
            if request.plan.bulk.is_none() {
                return Err(Refusal::OutOfOrder);
            }
            if now >= may_be_resumed_until(request, alive_at, policy) {
                return Err(Refusal::TooLate);
            }
            refuse_if_frozen(request, now, policy)?;
            refuse_unless_approved(request, policy)?;
            next.attempt = Some(Attempt { id: attempt, worker, claimed_at: now });
            next.outcome = None;
            enter(&mut next, State::Running, now);
        }
        (State::Unknown, Event::Settle { attempt, outcome }) => {
            refuse_unless_holder(request, &attempt)?;
            if outcome.verdict == Verdict::Unknown {
                return Err(Refusal::OutOfOrder);
            }
            enter(&mut next, outcome.verdict.state(), now);
            next.outcome = Some(outcome);
        }
        (
            State::Running | State::Unknown,
            Event::Approve { .. } | Event::Deny { .. } | Event::Cancel { .. },
        ) => return Err(Refusal::Running),
        (
            State::Approved
            | State::Succeeded
            | State::Partly
            | State::NotApplied
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Stale,
            Event::Approve { .. } | Event::Deny { .. },
        )
        | (State::Held, Event::Approve { .. })
        | (
            State::Succeeded
            | State::Partly
            | State::NotApplied
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Stale,
            Event::Cancel { .. },
        ) => return Err(decided(request)),
        (
            State::Pending,
            Event::Hold(_)
            | Event::Release
            | Event::Claim { .. }
            | Event::Moved { .. }
            | Event::Settle { .. }
            | Event::Lose { .. }
            | Event::Resume { .. },
        )
        | (
            State::Approved,
            Event::Release
            | Event::Moved { .. }
            | Event::Settle { .. }
            | Event::Lose { .. }
            | Event::Resume { .. },
        )
        | (
            State::Held,
            Event::Claim { .. }
            | Event::Moved { .. }
            | Event::Settle { .. }
            | Event::Lose { .. }
            | Event::Resume { .. },
        )
        | (
            State::Running,
            Event::Tick | Event::Hold(_) | Event::Release | Event::Claim { .. } | Event::Resume { .. },
        )
        | (
            State::Unknown,
            Event::Tick
            | Event::Hold(_)
            | Event::Release
            | Event::Claim { .. }
            | Event::Moved { .. }
            | Event::Lose { .. },
        )
        | (
            State::Succeeded
            | State::Partly
            | State::NotApplied
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Stale,
            Event::Tick
            | Event::Hold(_)
            | Event::Release
            | Event::Claim { .. }
            | Event::Moved { .. }
            | Event::Settle { .. }
            | Event::Lose { .. }
            | Event::Resume { .. },
        ) => return Err(Refusal::OutOfOrder),
    }
    Ok(Step { request: next, from })
}

/// Until when an interrupted request of many items may be gone on with: as long as an approval may wait for its
/// execution, and not longer.
pub fn may_be_resumed_until(request: &Request, alive_at: Timestamp, policy: &Policy) -> Timestamp {
    let seen = request.attempt.as_ref().map_or(alive_at, |held| held.claimed_at.max(alive_at));
    later(seen, policy.approved_ttl)
}

/// `now` and a while.
pub fn later(now: Timestamp, while_: Duration) -> Timestamp {
    let while_ = SignedDuration::try_from(while_).unwrap_or(SignedDuration::MAX);
    now.checked_add(while_).unwrap_or(Timestamp::MAX)
}

fn enter(request: &mut Request, state: State, now: Timestamp) {
    request.state = state;
    request.state_since = now;
}

fn refuse_if_too_late(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    if now >= request.expires_at { Err(Refusal::TooLate) } else { Ok(()) }
}

fn refuse_if_frozen(request: &Request, now: Timestamp, policy: &Policy) -> Result<(), Refusal> {
    policy.frozen(&Matter::of(request), now).map_or(Ok(()), |hold| Err(Refusal::Frozen(hold)))
}

/// How many approvals it needs: as many as when it was made, and as today's policy asks for.
fn needed(request: &Request, policy: &Policy) -> NonZeroU8 {
    request.approvals_needed.max(policy.approvals_for(&Matter::of(request)))
}

/// True where a yes counts only from somebody who saw the whole plan, or typed something: what [`Plan::needs_review`]
/// says, and everything that takes more than one approval.
///
/// [`Plan::needs_review`]: super::Plan::needs_review
pub fn needs_review(request: &Request, policy: &Policy) -> bool {
    request.plan.needs_review() || needed(request, policy) > NonZeroU8::MIN
}

/// The vote; with a reason it is a no.
fn vote(voter: Admission, reason: Option<String>, at: Timestamp) -> Vote {
    let Admission { person, user, groups, .. } = voter;
    Vote { person, user, approve: reason.is_none(), reason, at, groups }
}

/// What holds for a yes and a no alike.
fn refuse_unless_votable(
    request: &Request,
    voter: &Admission,
    now: Timestamp,
    policy: &Policy,
) -> Result<(), Refusal> {
    let Admission { person, user, .. } = voter;
    refuse_if_too_late(request, now)?;
    refuse_if_own(request, person, user, policy)?;
    let is_in = request
        .votes
        .iter()
        .any(|vote| vote.person == *person || vote.user == *user || policy.person(&vote.user) == *person);
    if is_in { Err(Refusal::AlreadyVoted) } else { Ok(()) }
}

/// What cannot be taken back, and what the card does not show whole, is not approved by a press alone.
fn refuse_unless_confirmed(request: &Request, typed: Option<&str>, policy: &Policy) -> Result<(), Refusal> {
    match &request.plan.confirmation {
        None if typed.is_none() && needs_review(request, policy) => Err(Refusal::NotReviewed),
        Some(wanted) if typed.map(str::trim) != Some(wanted) => {
            Err(Refusal::NotConfirmed { wanted: wanted.clone() })
        }
        _ => Ok(()),
    }
}

/// The one guard against approving one's own request: by person, and by account even if the registry changed since.
fn refuse_if_own(
    request: &Request,
    person: &PersonId,
    user: &UserId,
    policy: &Policy,
) -> Result<(), Refusal> {
    let own = *user == request.requester_user || is_requesters(request, person, policy);
    if own { Err(Refusal::OwnRequest) } else { Ok(()) }
}

/// Whether this is the person who asked, by the registry of then or of now.
fn is_requesters(request: &Request, person: &PersonId, policy: &Policy) -> bool {
    *person == request.requester || policy.person(&request.requester_user) == *person
}

/// Who said yes: distinct people of today's registry other than the requester.
fn approved_by(request: &Request, policy: &Policy) -> BTreeSet<PersonId> {
    request
        .approvals()
        .filter(|vote| vote.user != request.requester_user)
        .map(|vote| policy.person(&vote.user))
        .filter(|person| !is_requesters(request, person, policy))
        .collect()
}

/// The last guard before anything goes to CKAN. It trusts no state: the votes themselves must carry it, and the
/// digest must be the plan's.
fn refuse_unless_approved(request: &Request, policy: &Policy) -> Result<(), Refusal> {
    let enough = approved_by(request, policy).len() >= usize::from(needed(request, policy).get());
    let denied = request.votes.iter().any(|vote| !vote.approve);
    if enough && !denied && request.digest == request.plan.digest() {
        Ok(())
    } else {
        Err(Refusal::OutOfOrder)
    }
}

fn refuse_unless_holder(request: &Request, attempt: &AttemptId) -> Result<(), Refusal> {
    let holds = request.attempt.as_ref().is_some_and(|held| held.id == *attempt);
    if holds { Ok(()) } else { Err(Refusal::OutOfOrder) }
}

fn decided(request: &Request) -> Refusal {
    // Nobody's vote ended what was taken back or ran out.
    let by = request.decided_by().filter(|_| !matches!(request.state, State::Cancelled | State::Expired));
    Refusal::AlreadyDecided {
        state: request.state,
        by: by.map(|vote| vote.user.clone()),
        // What is held was decided before it was held.
        at: by.filter(|_| request.state == State::Held).map_or(request.state_since, |vote| vote.at),
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod sequences;
