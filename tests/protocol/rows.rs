//! Every row that the store can ever hold: what the rule makes of the request, step by step, at every moment.
//!
//! Every question that a replica of the model can ask is put to the real `approval::apply` here, once. Kept small by
//! what decides nothing: when a vote was cast and since when a state lasts are the same in all rows. (That they decide
//! nothing is held by `invariants_1_and_5_hold_in_every_sequence`.)

use std::collections::HashMap;

use ckan_chatops::approval::{Attempt, Event, Hold, Matter, Outcome, Policy, Request, State, Verdict, apply};
use ckan_chatops::ids::{AttemptId, WorkerId};

use crate::world::{self, BUSY_UNTIL, MOMENTS, Rules, at};

/// A request is not held any more from this version on: without a bound it could be held for another reason for ever.
const NOT_HELD_FROM: i64 = 5;

/// What is wanted of a request, by somebody or by a worker. Numbers are places in [`world::ACCOUNTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Approve(usize),
    Deny(usize),
    Cancel(usize),
    Tick,
    HoldForTheFreeze,
    HoldForTheOperation,
    Release,
    Claim,
    Moved,
    Settle(Verdict),
    Lose,
}

impl What {
    fn all() -> Vec<Self> {
        let verdicts = [Verdict::Succeeded, Verdict::Partly, Verdict::NotApplied, Verdict::Unknown];
        let accounts = 0..world::ACCOUNTS.len();
        let by_hand = accounts.flat_map(|n| [Self::Approve(n), Self::Deny(n), Self::Cancel(n)]);
        by_hand
            .chain([Self::Tick, Self::HoldForTheFreeze, Self::HoldForTheOperation, Self::Release])
            .chain([Self::Claim, Self::Moved, Self::Lose])
            .chain(verdicts.map(Self::Settle))
            .collect()
    }

    /// What happens though nobody does anything: time passes, and what was left behind is looked at.
    pub(crate) fn is_the_machines(self) -> bool {
        matches!(self, Self::Tick | Self::Settle(_) | Self::Lose)
    }

    /// The event, as the workers make it; `None` where they would not.
    fn event(self, request: &Request, policy: &Policy, moment: u8) -> Option<Event> {
        let held = |hold| (request.version < NOT_HELD_FROM).then_some(Event::Hold(hold));
        let attempt = AttemptId::new("01ATTEMPT");
        Some(match self {
            Self::Approve(account) => {
                Event::Approve { voter: world::admission(policy, account), typed: Some(String::new()) }
            }
            Self::Deny(account) => {
                Event::Deny { voter: world::admission(policy, account), reason: "no".to_owned() }
            }
            Self::Cancel(account) => Event::Cancel { person: world::admission(policy, account).person },
            Self::Tick => Event::Tick,
            Self::HoldForTheFreeze => held(policy.frozen(&Matter::of(request), at(moment))?)?,
            Self::HoldForTheOperation => {
                held(Hold { until: at(BUSY_UNTIL), why: "Harvests are running.".to_owned(), freeze: None })?
            }
            Self::Release => Event::Release,
            Self::Claim => Event::Claim { attempt, worker: WorkerId::new("01WORKER") },
            Self::Moved => Event::Moved { attempt, changes: vec![] },
            Self::Settle(verdict) => {
                Event::Settle { attempt, outcome: Outcome { verdict, accepted: false, seen: vec![] } }
            }
            Self::Lose => Event::Lose { attempt },
        })
    }
}

/// The rule that is checked: the real one, or one with a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Real,
    /// Claims whatever is called approved.
    TrustsTheState,
    /// Counts accounts, not people.
    CountsAccounts,
    /// Knows no freeze.
    KnowsNoFreeze,
    /// Does not look at the clock before a claim.
    ClaimsWhatRanOut,
    /// Lets what is held wait for ever.
    HoldsForEver,
}

impl Rule {
    fn decide(self, request: &Request, what: What, policy: &Policy, moment: u8) -> Option<Request> {
        let now = at(moment);
        let event = |policy: &Policy| what.event(request, policy, moment);
        let step = match (self, what) {
            (Self::TrustsTheState, What::Claim) if request.state == State::Approved => {
                let mut next = request.clone();
                next.version += 1;
                next.state = State::Running;
                next.attempt = Some(Attempt {
                    id: AttemptId::new("01ATTEMPT"),
                    worker: WorkerId::new("01WORKER"),
                    claimed_at: now,
                });
                return (now < request.expires_at).then_some(next);
            }
            (Self::CountsAccounts, _) => {
                let nobody = Policy { people: [].into(), ..policy.clone() };
                apply(request, event(&nobody)?, now, &nobody)
            }
            (Self::KnowsNoFreeze, _) => {
                let none = Policy { freezes: vec![], ..policy.clone() };
                apply(request, event(&none)?, now, &none)
            }
            (Self::ClaimsWhatRanOut, What::Claim) => {
                let endless = Request { expires_at: at(MOMENTS.end), ..request.clone() };
                return apply(&endless, event(policy)?, now, policy)
                    .ok()
                    .map(|step| Request { expires_at: request.expires_at, ..step.request });
            }
            (Self::HoldsForEver, What::Tick | What::Release) if request.state == State::Held => return None,
            _ => apply(request, event(policy)?, now, policy),
        };
        step.ok().map(|step| step.request)
    }
}

/// A row, by its place in [`Rows`].
pub(crate) type Row = u32;

/// What may follow a row: what was wanted, when, and the row that it makes. Of several that make the same row, one.
pub(crate) type Next = (What, u8, Row);

/// All rows of one story.
pub(crate) struct Rows {
    requests: Vec<Request>,
    /// For each row, under the rules of the beginning and under those that came later.
    next: Vec<[Vec<Next>; 2]>,
}

impl Rows {
    pub(crate) fn new(story: [Rules; 2], rule: Rule) -> Self {
        let policies = story.map(Rules::policy);
        let first = world::asked(&policies[0]);
        let mut places = HashMap::from([(format!("{first:?}"), 0)]);
        let (mut requests, mut next) = (vec![first], vec![]);
        while let Some(request) = requests.get(next.len()).cloned() {
            next.push(policies.each_ref().map(|policy| {
                let mut found: Vec<Next> = vec![];
                for what in What::all() {
                    for moment in MOMENTS {
                        let Some(after) = rule.decide(&request, what, policy, moment) else { continue };
                        let after = without_what_decides_nothing(after);
                        let place = *places.entry(format!("{after:?}")).or_insert_with(|| {
                            requests.push(after);
                            Row::try_from(requests.len() - 1).unwrap()
                        });
                        if !found.iter().any(|(other, _, there)| (*other, *there) == (what, place)) {
                            found.push((what, moment, place));
                        }
                    }
                }
                found
            }));
        }
        Self { requests, next }
    }

    pub(crate) fn get(&self, row: Row) -> &Request {
        &self.requests[row as usize]
    }

    pub(crate) fn next(&self, row: Row, later: bool) -> &[Next] {
        &self.next[row as usize][usize::from(later)]
    }

    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }
}

fn without_what_decides_nothing(mut request: Request) -> Request {
    request.state_since = request.created_at;
    for vote in &mut request.votes {
        vote.at = request.created_at;
    }
    request
}
