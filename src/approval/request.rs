//! A request: one engineer's wish to run one change operation, and everything that has become of it.
//!
//! Guarantees that what was asked (operation, arguments, plan, requester, policy) never changes after creation; only
//! `state` and what belongs to it does, through `transition`. Leaves storage to `store` and words to `sentences`.

use std::collections::BTreeSet;
use std::num::NonZeroU8;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transition::later;
use super::{Admission, Hold, Matter, Plan, PlanDigest, Policy, Source};
use crate::ids::{AttemptId, PersonId, RequestId, UserId, WorkerId};

/// Where a request is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for approvals.
    Pending,
    /// Has its approvals and waits for a worker.
    Approved,
    /// Has its approvals and may not run now: a freeze, or a window that the operation itself knows.
    Held,
    /// A worker has committed its claim; bytes may be going to CKAN.
    Running,
    /// The worker died or lost sight of the outcome. Probed, then settled, or handed to a person; never run again,
    /// but for those items of many for which nothing was sent yet.
    Unknown,
    /// A probe saw that it happened.
    Succeeded,
    /// Some of it happened.
    Partly,
    /// It is certain that nothing happened.
    NotApplied,
    /// Somebody said no.
    Denied,
    /// The requester took it back.
    Cancelled,
    /// It ran out of time.
    Expired,
    /// CKAN moved between request and execution; nothing ran.
    Stale,
}

impl State {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Approved,
        Self::Held,
        Self::Running,
        Self::Unknown,
        Self::Succeeded,
        Self::Partly,
        Self::NotApplied,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
        Self::Stale,
    ];

    /// Those in which something can still happen to the request.
    pub const OPEN: [Self; 5] = [Self::Pending, Self::Approved, Self::Held, Self::Running, Self::Unknown];

    /// The state's name in the store, the audit and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Held => "held",
            Self::Running => "running",
            Self::Unknown => "unknown",
            Self::Succeeded => "succeeded",
            Self::Partly => "partly",
            Self::NotApplied => "not_applied",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Stale => "stale",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// True where nothing can happen to the request any more.
    pub fn is_final(self) -> bool {
        !Self::OPEN.contains(&self)
    }
}

/// One person's yes or no. One person has one vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The human.
    pub person: PersonId,
    /// The account used.
    pub user: UserId,
    /// Yes or no.
    pub approve: bool,
    /// Why; always there for a no.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The user groups of the policy that listed the account then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}

/// One try at executing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Fencing token: only its holder may settle.
    pub id: AttemptId,
    /// The process that claimed.
    pub worker: WorkerId,
    /// When the claim was committed.
    pub claimed_at: Timestamp,
}

/// What came of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A probe saw it.
    Succeeded,
    /// A probe saw some of it.
    Partly,
    /// Certainly nothing happened.
    NotApplied,
    /// Nobody can say yet.
    Unknown,
}

impl Verdict {
    /// The request state that records this verdict.
    pub fn state(self) -> State {
        match self {
            Self::Succeeded => State::Succeeded,
            Self::Partly => State::Partly,
            Self::NotApplied => State::NotApplied,
            Self::Unknown => State::Unknown,
        }
    }
}

/// What came of an execution, with what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What came of it.
    pub verdict: Verdict,
    /// True where CKAN answered that it had done it. An outcome that CKAN confirmed and does not show is nobody's to
    /// call *not applied*.
    #[serde(default)]
    pub accepted: bool,
    /// What was seen, one sentence each, for the thread and the audit. Ours, never an upstream body.
    pub seen: Vec<String>,
}

/// One engineer's wish to run one change operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Opaque id: what a button carries.
    pub id: RequestId,
    /// Grows by one with every step; the store's guard.
    pub version: i64,
    /// Where it is on its way.
    pub state: State,
    /// When it got there.
    pub state_since: Timestamp,
    /// The operation's name, for example `dataset withdraw`.
    pub operation: String,
    /// The environment's name.
    pub environment: String,
    /// The operation's arguments, frozen; planning again uses exactly these.
    pub arguments: Value,
    /// What the approvers saw.
    pub plan: Plan,
    /// What an approval binds to.
    pub digest: PlanDigest,
    /// The human who asked.
    pub requester: PersonId,
    /// The account used for asking.
    pub requester_user: UserId,
    /// The user groups of the policy that listed the account when it asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requester_groups: BTreeSet<String>,
    /// Why.
    pub reason: String,
    /// The ticket's number.
    pub ticket: Option<String>,
    /// How many approvals it needs, fixed when it was made; a policy that became stricter since raises it.
    pub approvals_needed: NonZeroU8,
    /// What asked for so many, by the names of [`Policy::asked_for`]; empty where one is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals_because: Vec<String>,
    /// Who could approve it when it was made, one account of each person, for people to read; never what decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eligible: Vec<UserId>,
    /// True where there may be more of them: not everybody on the lists was looked at.
    #[serde(default)]
    pub eligible_and_others: bool,
    /// The digest of the policy it was made under.
    pub policy_digest: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its present state runs out; meaningful while pending, approved or held.
    pub expires_at: Timestamp,
    /// Everybody's votes.
    pub votes: Vec<Vote>,
    /// The attempt that holds it; a request of many items has another one after a crash.
    pub attempt: Option<Attempt>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Why it waits though it is approved, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// When what was held runs out, however often it was let go on since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at_most_until: Option<Timestamp>,
    /// The request that this one undoes.
    pub undoes: Option<RequestId>,
    /// Who is said to have asked the requester for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The request whose words these are, asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RequestId>,
}

/// What a person said when asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Why.
    pub reason: String,
    /// The ticket's number.
    pub ticket: Option<String>,
}

impl Request {
    /// A request that begins now, under this policy; what more is known of it is put in afterwards.
    pub fn asked(
        id: RequestId,
        plan: Plan,
        arguments: Value,
        by: Admission,
        words: Words,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            state: State::Pending,
            state_since: now,
            operation: plan.operation.clone(),
            environment: plan.environment.clone(),
            arguments,
            digest: plan.digest(),
            requester: by.person,
            requester_user: by.user,
            requester_groups: by.groups,
            reason: words.reason,
            ticket: words.ticket,
            approvals_needed: policy.approvals_for(&Matter::of_plan(&plan)),
            approvals_because: policy.approvals_because(&Matter::of_plan(&plan)),
            plan,
            eligible: vec![],
            eligible_and_others: false,
            policy_digest: policy.digest(),
            created_at: now,
            expires_at: later(now, policy.pending_ttl),
            votes: vec![],
            attempt: None,
            outcome: None,
            hold: None,
            held_at_most_until: None,
            undoes: None,
            source: None,
            repeats: None,
        }
    }

    /// Those of [`Request::eligible`] whose vote is not in.
    pub fn could_still_approve(&self) -> impl Iterator<Item = &UserId> {
        self.eligible.iter().filter(|user| self.votes.iter().all(|vote| vote.user != **user))
    }

    /// The approvals so far.
    pub fn approvals(&self) -> impl Iterator<Item = &Vote> {
        self.votes.iter().filter(|vote| vote.approve)
    }

    /// Who decided last, where somebody did.
    pub fn decided_by(&self) -> Option<&Vote> {
        self.votes.last()
    }
}

/// A pending request of Alice's for this plan.
#[cfg(test)]
pub(crate) fn sample(id: &str, plan: Plan, now: Timestamp) -> Request {
    let by = Admission {
        person: PersonId::new("alice"),
        user: UserId::new("UALICE"),
        groups: BTreeSet::new(),
        rules: vec![],
    };
    let words = Words { reason: "the publisher asked".to_owned(), ticket: Some("51234".to_owned()) };
    let policy = super::policy::tests::policy();
    Request::asked(RequestId::new(id), plan, serde_json::json!({}), by, words, &policy, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_name_of_its_own_and_back() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }

    #[test]
    fn what_can_still_change_is_open_and_the_rest_is_final() {
        let (open, ended): (Vec<_>, Vec<_>) = State::ALL.into_iter().partition(|state| !state.is_final());
        assert_eq!(open, State::OPEN);
        assert_eq!(ended.len(), State::ALL.len() - State::OPEN.len());
    }
    #[test]
    fn those_could_still_approve_whose_vote_is_not_in() {
        let now = Timestamp::UNIX_EPOCH;
        let mut request = sample("01REQUEST", super::super::plan::sample(), now);
        let users = |request: &Request| -> Vec<String> {
            request.could_still_approve().map(ToString::to_string).collect()
        };
        request.eligible = ["UBOB", "UCARA", "UDORA"].map(UserId::new).to_vec();
        assert_eq!(users(&request), ["UBOB", "UCARA", "UDORA"]);
        for (user, approve) in [("UCARA", true), ("UZOE", false)] {
            let (person, user) = (PersonId::new(user), UserId::new(user));
            request.votes.push(Vote {
                person,
                user,
                approve,
                reason: None,
                at: now,
                groups: BTreeSet::new(),
            });
        }
        assert_eq!(users(&request), ["UBOB", "UDORA"]);
    }
}
