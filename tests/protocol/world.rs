//! What the model plays with: people, a clock with six moments, and the rules in force.
//!
//! Who is who and how many are needed is written down here a second time, without the policy, so that the properties
//! do not believe what they check.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::ops::Range;
use std::time::Duration;

use ckan_chatops::approval::freeze::Window;
use ckan_chatops::approval::policy::AccessList;
use ckan_chatops::approval::request::Words;
use ckan_chatops::approval::{Admission, Freeze, Plan, Policy, Request, Risk};
use ckan_chatops::ids::{RequestId, UserId};
use jiff::Timestamp;

/// Alice asks; whose the second account is, the rules say; Bob and Cara are others.
pub(crate) const ACCOUNTS: [&str; 4] = ["UALICE", "USECOND", "UBOB", "UCARA"];
/// The requester's place in [`ACCOUNTS`].
const ALICE: usize = 0;
const SECOND: usize = 1;

/// Minutes since the request was made: before, at and after every moment that counts.
pub(crate) const MOMENTS: Range<u8> = 0..6;
/// Nothing is changed in these.
pub(crate) const FREEZE: Range<u8> = 1..2;
/// The operation itself must not run before this one, says its own window.
pub(crate) const BUSY_UNTIL: u8 = 3;

const PENDING: u64 = 3;
const APPROVED: u64 = 1;
const HELD: u64 = 2;

/// The rules at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Approvals that a request needs.
    pub(crate) needed: u8,
    /// Whose the second account is, as far as the registry knows.
    pub(crate) second: &'static str,
}

/// The rules when it was asked for, and those that may come into force at any moment after.
pub(crate) const STORIES: [[Rules; 2]; 5] = [
    // The requester has two accounts, and the policy becomes stricter.
    [Rules { needed: 1, second: "alice" }, Rules { needed: 2, second: "alice" }],
    // The approver has two.
    [Rules { needed: 2, second: "bob" }, Rules { needed: 2, second: "bob" }],
    // That learns the registry only later.
    [Rules { needed: 2, second: "somebody" }, Rules { needed: 2, second: "bob" }],
    // Or that it was the requester's.
    [Rules { needed: 1, second: "somebody" }, Rules { needed: 1, second: "alice" }],
    // What became laxer does not help what was asked before.
    [Rules { needed: 2, second: "alice" }, Rules { needed: 1, second: "alice" }],
];

pub(crate) fn at(moment: u8) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + i64::from(moment) * 60).unwrap()
}

impl Rules {
    /// The human behind an account of [`ACCOUNTS`].
    fn owner(self, account: usize) -> &'static str {
        match account {
            ALICE => "alice",
            SECOND => self.second,
            2 => "bob",
            _ => "cara",
        }
    }

    /// How many humans other than the requester said yes.
    pub(crate) fn others(self, yes: impl Fn(usize) -> bool) -> u8 {
        let people: BTreeSet<_> = (0..ACCOUNTS.len())
            .filter(|account| yes(*account))
            .map(|account| self.owner(account))
            .filter(|owner| *owner != self.owner(ALICE))
            .collect();
        u8::try_from(people.len()).unwrap()
    }

    pub(crate) fn policy(self) -> Policy {
        let everybody = AccessList {
            users: ACCOUNTS.iter().map(|account| (*account).to_owned()).collect(),
            usergroups: BTreeSet::new(),
        };
        let people = (0..).zip(ACCOUNTS).map(|(n, account)| (account.to_owned(), self.owner(n).to_owned()));
        let minutes = Duration::from_mins;
        Policy {
            requesters: everybody.clone(),
            approvers: everybody,
            people: people.collect::<BTreeMap<_, _>>(),
            approvals: NonZeroU8::new(self.needed).unwrap(),
            two_approvals_above: 50,
            pending_ttl: minutes(PENDING),
            approved_ttl: minutes(APPROVED),
            held_ttl: minutes(HELD),
            remind_after: minutes(1),
            open_requests: 10,
            cool_down: minutes(1),
            ticket_pattern: None,
            rules: vec![],
            freezes: vec![Freeze {
                name: "freeze".to_owned(),
                reason: "Nobody is on call.".to_owned(),
                environments: BTreeSet::new(),
                operations: BTreeSet::new(),
                window: Window::Once { from: at(FREEZE.start), until: at(FREEZE.end) },
            }],
        }
    }
}

/// This account as today's registry knows it.
pub(crate) fn admission(policy: &Policy, account: usize) -> Admission {
    let user = UserId::new(ACCOUNTS[account]);
    Admission { person: policy.person(&user), user, groups: BTreeSet::new(), rules: vec![] }
}

/// What Alice asks for.
pub(crate) fn asked(policy: &Policy) -> Request {
    let plan = Plan {
        operation: "dataset withdraw".to_owned(),
        environment: "production".to_owned(),
        risk: Risk::Reversible,
        ..Plan::of("Withdraw it")
    };
    let words = Words { reason: "the publisher asked".to_owned(), ticket: None };
    let by = admission(policy, ALICE);
    Request::asked(RequestId::new("01REQUEST"), plan, serde_json::Value::Null, by, words, policy, at(0))
}
