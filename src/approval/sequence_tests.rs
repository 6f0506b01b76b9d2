//! The rule in sequences nobody thought of, while the registry, the policy and the calendar change between the events.

use std::cell::Cell;
use std::num::NonZeroU8;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::tests::{at, frozen, hold, of_many, request, resume, voter_under};
use super::*;
use crate::approval::policy::tests::policy;

const ACCOUNTS: [&str; 6] = ["UALICE", "UALICE2", "UBOB", "UCARA", "UDAN", "UDAN2"];
const PEOPLE: [&str; 4] = ["alice", "bob", "cara", "dan"];

/// What comes next.
#[derive(Debug, Clone)]
enum Next {
    /// An event; of people's events, by which account.
    Event(Kind),
    /// The registry says something else from now on.
    Registry(&'static str, &'static str),
    /// The policy asks for at least so many approvals from now on.
    Stricter(u8),
}

#[derive(Debug, Clone)]
enum Kind {
    Approve(&'static str),
    Deny(&'static str),
    Cancel(&'static str),
    Tick,
    /// Until so many seconds from now.
    Hold(i64),
    Release,
    Claim(&'static str),
    Moved(&'static str),
    Settle(&'static str, Verdict),
    Lose(&'static str),
    /// The last sign of life was so many seconds ago.
    Resume(&'static str, i64),
}

impl Kind {
    fn event(&self, now: i64, policy: &Policy) -> Event {
        match *self {
            Self::Approve(user) => {
                Event::Approve { voter: voter_under(policy, user), typed: Some(String::new()) }
            }
            Self::Deny(user) => Event::Deny { voter: voter_under(policy, user), reason: "no".to_owned() },
            Self::Cancel(user) => Event::Cancel { person: policy.person(&UserId::new(user)) },
            Self::Tick => Event::Tick,
            Self::Hold(after) => Event::Hold(hold(now + after)),
            Self::Release => Event::Release,
            Self::Claim(attempt) => {
                Event::Claim { attempt: AttemptId::new(attempt), worker: WorkerId::new("01WORKER") }
            }
            Self::Moved(attempt) => Event::Moved { attempt: AttemptId::new(attempt), changes: vec![] },
            Self::Settle(attempt, verdict) => Event::Settle {
                attempt: AttemptId::new(attempt),
                outcome: Outcome { verdict, accepted: false, seen: vec![] },
            },
            Self::Lose(attempt) => Event::Lose { attempt: AttemptId::new(attempt) },
            Self::Resume(attempt, before) => resume(attempt, now - before),
        }
    }
}

fn next() -> impl Strategy<Value = Next> {
    let account = || prop::sample::select(ACCOUNTS.to_vec());
    // Mostly the one that holds the claim.
    let attempt = || prop_oneof![4 => Just("01ATTEMPT"), 1 => Just("01OTHER")];
    let verdict = prop::sample::select(vec![
        Verdict::Succeeded,
        Verdict::Partly,
        Verdict::NotApplied,
        Verdict::Unknown,
    ]);
    let event = prop_oneof![
        16 => account().prop_map(Kind::Approve),
        1 => account().prop_map(Kind::Deny),
        1 => account().prop_map(Kind::Cancel),
        2 => Just(Kind::Tick),
        4 => (1..5000_i64).prop_map(Kind::Hold),
        6 => Just(Kind::Release),
        8 => Just(Kind::Claim("01ATTEMPT")),
        1 => attempt().prop_map(Kind::Moved),
        2 => (attempt(), verdict).prop_map(|(attempt, verdict)| Kind::Settle(attempt, verdict)),
        8 => attempt().prop_map(Kind::Lose),
        6 => (0..1000_i64).prop_map(|before| Kind::Resume("01ATTEMPT", before)),
    ];
    prop_oneof![
        30 => event.prop_map(Next::Event),
        1 => (account(), prop::sample::select(PEOPLE.to_vec())).prop_map(|(user, person)| Next::Registry(user, person)),
        1 => (1..4_u8).prop_map(Next::Stricter),
    ]
}

/// Who said yes, by the registry alone: no word of the rule's own.
fn others(request: &Request, policy: &Policy) -> usize {
    let person = |user: &UserId| policy.people.get(user.as_str()).cloned();
    let yes = request.votes.iter().filter(|vote| vote.approve);
    let people: BTreeSet<_> = yes.map(|vote| person(&vote.user)).collect();
    people.iter().filter(|someone| **someone != person(&request.requester_user)).count()
}

/// What a request is that never changes.
fn asked(request: &Request) -> impl PartialEq + std::fmt::Debug + use<> {
    let Request { plan, digest, requester, requester_user, arguments, operation, created_at, .. } =
        request.clone();
    (plan, digest, requester, requester_user, arguments, operation, created_at)
}

/// One step that the rule allowed.
fn check(
    before: &Request,
    kind: &Kind,
    now: i64,
    policy: &Policy,
    after: &Request,
) -> Result<(), TestCaseError> {
    prop_assert!(!before.state.is_final(), "a final state stays");
    prop_assert_eq!(after.version, before.version + 1);
    prop_assert_eq!(asked(after), asked(before));
    prop_assert!(after.approvals_needed >= before.approvals_needed);

    let voted = matches!(kind, Kind::Approve(_) | Kind::Deny(_));
    prop_assert_eq!(after.votes.len(), before.votes.len() + usize::from(voted));
    prop_assert!(after.votes.starts_with(&before.votes), "a vote stays");
    if voted {
        let person = |vote: &Vote| policy.person(&vote.user);
        let new = &after.votes[before.votes.len()];
        prop_assert!(before.votes.iter().all(|old| old.user != new.user && person(old) != person(new)));
        prop_assert_ne!(person(new), policy.person(&before.requester_user));
    }
    prop_assert_eq!(matches!(kind, Kind::Deny(_)), after.state == State::Denied);

    let runs = after.state == State::Running;
    prop_assert_eq!(runs, matches!(kind, Kind::Claim(_) | Kind::Resume(..)));
    if runs {
        let needed = before.approvals_needed.get().max(policy.approvals.get());
        prop_assert!(others(after, policy) >= usize::from(needed));
        prop_assert!(after.votes.iter().all(|vote| vote.approve), "never after a no");
        let frozen = policy.freezes.iter().any(|freeze| freeze.window.until(at(now)).is_some());
        prop_assert!(!frozen, "none in a freeze");
    }
    match kind {
        Kind::Claim(_) => prop_assert!(before.state == State::Approved && at(now) < before.expires_at),
        Kind::Resume(..) => {
            prop_assert!(before.plan.bulk.is_some() && before.state == State::Unknown);
        }
        _ => {}
    }
    if let Some(most) = before.held_at_most_until {
        prop_assert_eq!(after.held_at_most_until, Some(most), "once held, its limit is fixed");
    }
    if after.state == State::Held {
        prop_assert_eq!(Some(after.expires_at), after.held_at_most_until);
    }
    if before.state == State::Held && at(now) >= before.expires_at {
        prop_assert!(after.state.is_final(), "what is held ends by its limit");
    }
    Ok(())
}

/// When a vote was cast, and since when a state lasts, is for people to read and decides nothing.
fn no_other_time_decides(
    request: &Request,
    event: &Event,
    now: i64,
    policy: &Policy,
) -> Result<(), TestCaseError> {
    let said = |request: &Request| match apply(request, event.clone(), at(now), policy) {
        Ok(step) => Ok((step.request.state, step.request.expires_at, step.request.approvals_needed)),
        Err(refusal) => Err(refusal.name()),
    };
    let mut other = request.clone();
    other.state_since = at(now + 7);
    for vote in &mut other.votes {
        vote.at = at(now + 7);
    }
    prop_assert_eq!(said(&other), said(request));
    Ok(())
}

#[test]
fn invariants_1_and_5_hold_in_every_sequence() {
    let sequences = (
        1..4_u8,
        any::<bool>(),
        prop::collection::vec((0..20_000_i64, 1..4000_i64), 0..3),
        prop::collection::vec((next(), 0..200_i64), 0..80),
    );
    // What was seen of each: a rule that refuses everything would pass otherwise.
    let [claims, resumed, held, in_time] = [const { Cell::new(0_u32) }; 4];
    let seen = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    TestRunner::new(ProptestConfig::with_source_file(file!()))
        .run(&sequences, |(needed, many, freezes, events)| {
            let mut policy = policy();
            policy
                .people
                .extend([("UDAN", "dan"), ("UDAN2", "dan")].map(|(a, p)| (a.to_owned(), p.to_owned())));
            policy.freezes = freezes.into_iter().map(|(from, length)| frozen(from, from + length)).collect();
            let mut current = if many { of_many(request(needed)) } else { request(needed) };
            let (mut now, mut claimed) = (0, false);
            for (next, pause) in events {
                now += pause;
                let kind = match next {
                    Next::Registry(user, person) => {
                        policy.people.insert(user.to_owned(), person.to_owned());
                        continue;
                    }
                    Next::Stricter(least) => {
                        policy.approvals = policy.approvals.max(NonZeroU8::new(least).unwrap());
                        continue;
                    }
                    Next::Event(kind) => kind,
                };
                let event = kind.event(now, &policy);
                no_other_time_decides(&current, &event, now, &policy)?;
                let Ok(step) = apply(&current, event, at(now), &policy) else { continue };
                check(&current, &kind, now, &policy, &step.request)?;
                match kind {
                    Kind::Claim(_) => {
                        prop_assert!(!claimed, "at most one claim");
                        claimed = true;
                        seen(&claims);
                    }
                    Kind::Resume(..) => seen(&resumed),
                    Kind::Hold(_) => seen(&held),
                    _ => {}
                }
                current = step.request;
            }
            // Whatever came, time ends what waits.
            if matches!(current.state, State::Pending | State::Approved | State::Held) {
                let ended = apply(&current, Event::Tick, current.expires_at, &policy);
                prop_assert_eq!(ended.map(|step| step.request.state), Ok(State::Expired));
                seen(&in_time);
            }
            Ok(())
        })
        .unwrap();
    for (what, cell) in [("claims", claims), ("resumed", resumed), ("held", held), ("waits", in_time)] {
        assert!(cell.get() > 0, "no {what} in any sequence");
    }
}
