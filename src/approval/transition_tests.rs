//! The rule, event by event: the matrix a reviewer reads, and sequences nobody thought of.

use std::fmt::Write as _;
use std::num::NonZeroU8;

use proptest::prelude::*;

use super::*;
use crate::approval::policy::tests::policy;
use crate::approval::{Bulk, PlanDigest, Risk, plan};
use crate::ids::RequestId;

const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn request(approvals: u8) -> Request {
    let plan = plan::sample();
    Request {
        id: RequestId::new("01REQUEST"),
        version: 1,
        state: State::Pending,
        state_since: at(0),
        operation: plan.operation.clone(),
        environment: plan.environment.clone(),
        arguments: serde_json::json!({}),
        digest: plan.digest(),
        plan,
        requester: PersonId::new("alice"),
        requester_user: UserId::new("UALICE"),
        reason: "the publisher asked".to_owned(),
        ticket: Some("51234".to_owned()),
        approvals_needed: NonZeroU8::new(approvals).unwrap(),
        policy_digest: policy().digest(),
        created_at: at(0),
        expires_at: at(3600),
        votes: vec![],
        attempt: None,
        outcome: None,
        undoes: None,
    }
}

fn approve(user: &str) -> Event {
    Event::Approve { person: policy().person(&UserId::new(user)), user: UserId::new(user), typed: None }
}

fn deny(user: &str, reason: &str) -> Event {
    Event::Deny {
        person: policy().person(&UserId::new(user)),
        user: UserId::new(user),
        reason: reason.to_owned(),
    }
}

fn attempt() -> AttemptId {
    AttemptId::new("01ATTEMPT")
}

fn claim() -> Event {
    Event::Claim { attempt: attempt(), worker: WorkerId::new("01WORKER") }
}

fn resume(attempt: &str, alive_at: i64) -> Event {
    Event::Resume {
        attempt: AttemptId::new(attempt),
        worker: WorkerId::new("01WORKER"),
        alive_at: at(alive_at),
    }
}

/// The same request over many items.
fn of_many(mut request: Request) -> Request {
    request.plan.bulk = Some(Bulk::of([]));
    request.digest = request.plan.digest();
    request
}

fn settle(verdict: Verdict) -> Event {
    Event::Settle { attempt: attempt(), outcome: Outcome { verdict, accepted: false, seen: vec![] } }
}

fn in_state(state: State) -> Request {
    let mut request = request(1);
    request.state = state;
    if matches!(state, State::Approved | State::Running | State::Unknown) {
        let (person, user) = (PersonId::new("UBOB"), UserId::new("UBOB"));
        request.votes.push(Vote { person, user, approve: true, reason: None, at: at(1) });
    }
    if matches!(state, State::Running | State::Unknown) {
        request.attempt =
            Some(Attempt { id: attempt(), worker: WorkerId::new("01WORKER"), claimed_at: at(1) });
    }
    request
}

fn events() -> Vec<(&'static str, Event)> {
    vec![
        ("approve", approve("UBOB")),
        ("approve own", approve("UALICE")),
        ("deny", deny("UBOB", "no")),
        ("cancel", Event::Cancel { person: PersonId::new("alice") }),
        ("cancel other's", Event::Cancel { person: PersonId::new("UBOB") }),
        ("claim", claim()),
        ("moved", Event::Moved { attempt: attempt(), changes: vec![] }),
        ("settle", settle(Verdict::Succeeded)),
        ("settle unknown", settle(Verdict::Unknown)),
        ("lose", Event::Lose { attempt: attempt() }),
        ("resume", resume("01NEXT", 10)),
    ]
}

#[test]
fn the_whole_matrix_is_as_reviewed() {
    let mut page = String::new();
    for state in State::ALL {
        page.push_str(state.name());
        page.push('\n');
        let mut named = events();
        named.push(("tick", Event::Tick));
        for (name, event) in named {
            let now = if name == "tick" { at(7200) } else { at(10) };
            let said = match apply(&in_state(state), event, now, &policy()) {
                Ok(step) => format!("-> {}", step.request.state.name()),
                Err(refusal) => refusal.name().to_owned(),
            };
            let _ = writeln!(page, "  {name:15} {said}");
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn the_whole_matrix_for_many_items_differs_only_where_it_goes_on() {
    let mut page = String::new();
    for state in State::ALL {
        for (name, event) in events() {
            let said = |request: &Request| match apply(request, event.clone(), at(10), &policy()) {
                Ok(step) => format!("-> {}", step.request.state.name()),
                Err(refusal) => refusal.name().to_owned(),
            };
            let (one, many) = (said(&in_state(state)), said(&of_many(in_state(state))));
            if one != many {
                let _ = writeln!(page, "{} {name}: {one}, with many items {many}", state.name());
            }
        }
    }
    insta::assert_snapshot!(page, @"unknown resume: out_of_order, with many items -> running");
}

#[test]
fn invariant_5_many_items_go_on_only_soon_after_the_last_sign_of_life_and_under_the_guards_of_a_claim() {
    let lost = of_many(in_state(State::Unknown));
    let on = |request: &Request, now: i64| apply(request, resume("01NEXT", 600), at(now), &policy());
    let running = on(&lost, 1499).unwrap().request;
    assert_eq!(running.state, State::Running);
    assert_eq!(running.attempt.as_ref().map(|held| held.id.as_str()), Some("01NEXT"));
    assert_eq!(on(&lost, 1500), Err(Refusal::TooLate), "a quarter of an hour, as after an approval");
    let refused = |edit: fn(&mut Request)| {
        let mut request = lost.clone();
        edit(&mut request);
        on(&request, 610)
    };
    assert_eq!(refused(|r| r.votes.clear()), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.votes[0].approve = false), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.votes[0].user = UserId::new("UALICE2")), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.digest = PlanDigest::from_hex("00")), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.plan.bulk = Some(Bulk { count: 9, ..Bulk::of([]) })), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.plan.bulk = None), Err(Refusal::OutOfOrder));
    // And the attempt before it has no say any more.
    let late = Event::Settle {
        attempt: attempt(),
        outcome: Outcome { verdict: Verdict::Succeeded, accepted: true, seen: vec![] },
    };
    assert_eq!(apply(&running, late, at(1499), &policy()), Err(Refusal::OutOfOrder));
}

#[test]
fn invariant_1_the_requester_cannot_approve_by_either_account() {
    assert_eq!(apply(&request(1), approve("UALICE"), at(1), &policy()), Err(Refusal::OwnRequest));
    assert_eq!(apply(&request(1), approve("UALICE2"), at(1), &policy()), Err(Refusal::OwnRequest));
}

#[test]
fn invariant_1_a_registry_that_changed_since_does_not_open_the_own_request() {
    let mut before = request(1);
    before.requester = PersonId::new("UALICE"); // made before the registry knew her
    assert_eq!(apply(&before, approve("UALICE2"), at(1), &policy()), Err(Refusal::OwnRequest));
}

#[test]
fn one_person_has_one_vote() {
    let once = apply(&request(2), approve("UBOB"), at(1), &policy()).unwrap().request;
    assert_eq!(once.state, State::Pending);
    assert_eq!(apply(&once, approve("UBOB"), at(2), &policy()), Err(Refusal::AlreadyVoted));
    assert_eq!(apply(&once, deny("UBOB", "changed my mind"), at(2), &policy()), Err(Refusal::AlreadyVoted));
    assert_eq!(apply(&once, approve("UCARA"), at(2), &policy()).unwrap().request.state, State::Approved);
}

#[test]
fn a_vote_at_the_moment_of_expiry_is_too_late() {
    assert_eq!(apply(&request(1), approve("UBOB"), at(3600), &policy()), Err(Refusal::TooLate));
    assert!(apply(&request(1), approve("UBOB"), at(3599), &policy()).is_ok());
}

#[test]
fn an_approved_request_that_waited_too_long_is_not_claimed() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    assert_eq!(approved.expires_at, at(10 + 900));
    assert_eq!(apply(&approved, claim(), at(910), &policy()), Err(Refusal::TooLate));
    assert_eq!(apply(&approved, Event::Tick, at(910), &policy()).unwrap().request.state, State::Expired);
}

#[test]
fn a_deny_needs_its_reason() {
    assert_eq!(apply(&request(1), deny("UBOB", " \n"), at(1), &policy()), Err(Refusal::DenyWithoutReason));
}

#[test]
fn invariant_5_only_the_holder_of_the_claim_settles() {
    let running = in_state(State::Running);
    let stranger = Event::Settle {
        attempt: AttemptId::new("01OTHER"),
        outcome: Outcome { verdict: Verdict::Succeeded, accepted: true, seen: vec![] },
    };
    assert_eq!(apply(&running, stranger, at(2), &policy()), Err(Refusal::OutOfOrder));
}

#[test]
fn a_second_clicker_learns_who_decided() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    assert_eq!(
        apply(&approved, approve("UCARA"), at(11), &policy()),
        Err(Refusal::AlreadyDecided { state: State::Approved, by: Some(UserId::new("UBOB")), at: at(10) })
    );
}

#[test]
fn the_digest_of_a_request_is_its_plans() {
    let request = request(1);
    assert_eq!(request.digest, request.plan.digest());
    assert_ne!(request.digest, PlanDigest::from_hex("00"));
}

#[test]
fn nobody_is_named_for_an_end_that_nobodys_vote_made() {
    let one = apply(&request(2), approve("UBOB"), at(1), &policy()).unwrap().request;
    let cancel = Event::Cancel { person: PersonId::new("alice") };
    let cancelled = apply(&one, cancel, at(2), &policy()).unwrap().request;
    let refusal = apply(&cancelled, approve("UCARA"), at(3), &policy()).unwrap_err();
    assert!(matches!(refusal, Refusal::AlreadyDecided { by: None, .. }), "{refusal:?}");
}

#[test]
fn s12_two_accounts_that_became_one_person_between_two_votes_are_one_person() {
    let one = apply(&request(2), approve("UBOB"), at(1), &policy()).unwrap().request;
    let mut newer = policy();
    newer.people.insert("UBOB".to_owned(), "bob".to_owned());
    newer.people.insert("UBOB2".to_owned(), "bob".to_owned());
    let event = Event::Approve {
        person: newer.person(&UserId::new("UBOB2")),
        user: UserId::new("UBOB2"),
        typed: None,
    };
    assert_eq!(apply(&one, event, at(2), &newer), Err(Refusal::AlreadyVoted));
}

#[test]
fn invariant_1_a_claim_trusts_the_votes_and_not_the_state() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    let refused = |edit: fn(&mut Request)| {
        let mut request = approved.clone();
        edit(&mut request);
        apply(&request, claim(), at(11), &policy())
    };
    assert!(apply(&approved, claim(), at(11), &policy()).is_ok());
    assert_eq!(refused(|r| r.votes.clear()), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.votes[0].approve = false), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.votes[0].user = UserId::new("UALICE2")), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.digest = PlanDigest::from_hex("00")), Err(Refusal::OutOfOrder));
    assert_eq!(refused(|r| r.approvals_needed = NonZeroU8::new(2).unwrap()), Err(Refusal::OutOfOrder));
}

#[test]
fn invariant_1_what_cannot_be_undone_needs_two_people_whatever_was_frozen() {
    let mut once = request(1);
    once.plan.risk = Risk::Irreversible;
    once.digest = once.plan.digest();
    let approved = apply(&once, approve("UBOB"), at(10), &policy()).unwrap().request;
    assert_eq!(approved.state, State::Approved);
    assert_eq!(apply(&approved, claim(), at(11), &policy()), Err(Refusal::OutOfOrder));
}

#[test]
fn a_yes_counts_only_with_what_has_to_be_typed() {
    let mut confirmed = request(1);
    confirmed.plan.confirmation = Some("road-accidents-2019".to_owned());
    confirmed.digest = confirmed.plan.digest();
    let typed = |typed: Option<&str>| {
        let event = Event::Approve {
            person: PersonId::new("UBOB"),
            user: UserId::new("UBOB"),
            typed: typed.map(str::to_owned),
        };
        apply(&confirmed, event, at(10), &policy()).map(|step| step.request.state)
    };
    let refused = Err(Refusal::NotConfirmed { wanted: "road-accidents-2019".to_owned() });
    assert_eq!(typed(None), refused);
    assert_eq!(typed(Some("")), refused);
    assert_eq!(typed(Some("Road-Accidents-2019")), refused);
    assert_eq!(typed(Some(" road-accidents-2019 ")), Ok(State::Approved));
}

#[test]
fn invariant_10_what_the_card_does_not_show_is_looked_at_before_a_yes_counts() {
    let mut private = request(1);
    private.plan.private = vec![("New address".to_owned(), "jo@example.gov.uk".to_owned())];
    assert_eq!(apply(&private, approve("UBOB"), at(10), &policy()), Err(Refusal::NotReviewed));
    let (person, user) = (PersonId::new("UBOB"), UserId::new("UBOB"));
    let looked = Event::Approve { person, user, typed: Some(String::new()) };
    assert_eq!(apply(&private, looked, at(10), &policy()).unwrap().request.state, State::Approved);
}

fn any_event() -> impl Strategy<Value = Event> {
    let users = prop::sample::select(vec!["UALICE", "UALICE2", "UBOB", "UCARA"]);
    let attempts = prop::sample::select(vec!["01ATTEMPT", "01OTHER"]);
    let verdicts = prop::sample::select(vec![
        Verdict::Succeeded,
        Verdict::Partly,
        Verdict::NotApplied,
        Verdict::Unknown,
    ]);
    (0..9_u8, users, attempts, verdicts).prop_map(|(kind, user, attempt, verdict)| {
        let attempt = AttemptId::new(attempt);
        match kind {
            0 | 1 => approve(user),
            2 => deny(user, "no"),
            3 => Event::Cancel { person: policy().person(&UserId::new(user)) },
            4 => Event::Tick,
            5 => Event::Claim { attempt, worker: WorkerId::new("01WORKER") },
            6 => Event::Settle { attempt, outcome: Outcome { verdict, accepted: false, seen: vec![] } },
            7 => Event::Resume { attempt, worker: WorkerId::new("01WORKER"), alive_at: at(0) },
            _ => Event::Lose { attempt },
        }
    })
}

proptest! {
    #[test]
    fn invariants_1_and_5_hold_in_every_sequence(
        needed in 1..4_u8,
        many in any::<bool>(),
        events in prop::collection::vec((any_event(), 0..2000_i64), 0..40),
    ) {
        let mut now = 0;
        let mut claims = 0;
        let mut current = if many { of_many(request(needed)) } else { request(needed) };
        for (event, pause) in events {
            now += pause;
            let resumed = matches!(event, Event::Resume { .. });
            let claimed = matches!(event, Event::Claim { .. });
            let Ok(step) = apply(&current, event, at(now), &policy()) else { continue };
            prop_assert!(!current.state.is_final(), "a final state stays");
            prop_assert_eq!(step.request.version, current.version + 1);
            prop_assert_eq!(&step.request.plan, &current.plan);
            prop_assert!(!resumed || (many && current.state == State::Unknown));
            claims += usize::from(claimed);
            if claimed || resumed {
                let mut others: Vec<_> = step.request.approvals().map(|vote| vote.person.clone()).collect();
                others.sort();
                others.dedup();
                prop_assert!(others.len() >= usize::from(needed));
                prop_assert!(!others.contains(&step.request.requester));
            }
            if matches!(step.request.state, State::Running) {
                prop_assert!(claimed || resumed, "nothing goes back to running by itself");
            }
            current = step.request;
        }
        prop_assert!(claims <= 1);
    }
}
