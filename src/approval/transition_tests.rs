//! The rule, event by event: the matrix a reviewer reads, and sequences nobody thought of.

use std::fmt::Write as _;
use std::num::NonZeroU8;

use proptest::prelude::*;

use super::*;
use crate::approval::freeze::{Freeze, Window};
use crate::approval::policy::tests::policy;
use crate::approval::{Bulk, PlanDigest, Risk, plan, request};

const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn request(approvals: u8) -> Request {
    let mut request = request::sample("01REQUEST", plan::sample(), at(0));
    request.approvals_needed = NonZeroU8::new(approvals).unwrap();
    request
}

/// This account, as today's registry knows it.
fn voter(user: &str) -> Admission {
    voter_under(&policy(), user)
}

fn voter_under(policy: &Policy, user: &str) -> Admission {
    let user = UserId::new(user);
    Admission { person: policy.person(&user), user, groups: BTreeSet::new(), rules: vec![] }
}

fn approve(user: &str) -> Event {
    Event::Approve { voter: voter(user), typed: None }
}

fn deny(user: &str, reason: &str) -> Event {
    Event::Deny { voter: voter(user), reason: reason.to_owned() }
}

fn hold(until: i64) -> Hold {
    Hold { until: at(until), why: "The catalogue is being filled.".to_owned(), freeze: None }
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
    if matches!(state, State::Approved | State::Held | State::Running | State::Unknown) {
        request.votes.push(vote(voter("UBOB"), None, at(1)));
    }
    if state == State::Held {
        request.hold = Some(hold(60));
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
        ("approve third", approve("UCARA")),
        ("deny third", deny("UCARA", "no")),
        ("cancel", Event::Cancel { person: PersonId::new("alice") }),
        ("cancel other's", Event::Cancel { person: PersonId::new("bob") }),
        ("hold", Event::Hold(hold(120))),
        ("release", Event::Release),
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
    // When it was decided, not since when it waits.
    let held = apply(&approved, Event::Hold(hold(60)), at(20), &policy()).unwrap().request;
    assert_eq!(
        apply(&held, approve("UCARA"), at(21), &policy()),
        Err(Refusal::AlreadyDecided { state: State::Held, by: Some(UserId::new("UBOB")), at: at(10) })
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
    newer.people.insert("UBOB2".to_owned(), "bob".to_owned());
    let event = Event::Approve { voter: voter_under(&newer, "UBOB2"), typed: None };
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
    let mut voted = apply(&once, approve("UBOB"), at(10), &policy()).unwrap().request;
    assert_eq!((voted.state, voted.approvals_needed.get()), (State::Pending, 2));
    voted.state = State::Approved;
    assert_eq!(apply(&voted, claim(), at(11), &policy()), Err(Refusal::OutOfOrder));
    voted.state = State::Pending;
    let two = apply(&voted, approve("UCARA"), at(12), &policy()).unwrap().request;
    assert!(apply(&two, claim(), at(13), &policy()).is_ok());
}

#[test]
fn a_policy_that_became_stricter_holds_for_what_waits_and_for_what_is_approved() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    let stricter = Policy { approvals: NonZeroU8::new(2).unwrap(), ..policy() };
    assert_eq!(apply(&approved, claim(), at(11), &stricter), Err(Refusal::OutOfOrder));
    let one = apply(&request(1), approve("UBOB"), at(10), &stricter).unwrap().request;
    assert_eq!((one.state, one.approvals_needed.get()), (State::Pending, 2));
    // One that became laxer changes nothing.
    assert_eq!(apply(&request(2), approve("UBOB"), at(10), &policy()).unwrap().request.state, State::Pending);
}

#[test]
fn s16_nothing_is_claimed_in_a_freeze() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    let mut frozen = policy();
    frozen.freezes.push(Freeze {
        name: "Christmas".to_owned(),
        reason: "Nobody is on call.".to_owned(),
        environments: BTreeSet::new(),
        operations: BTreeSet::new(),
        window: Window::Once { from: at(100), until: at(200) },
    });
    let held =
        Hold { until: at(200), why: "Nobody is on call.".to_owned(), freeze: Some("Christmas".to_owned()) };
    let refused = Err(Refusal::Frozen(held.clone()));
    assert!(apply(&approved, claim(), at(99), &frozen).is_ok());
    assert_eq!(apply(&approved, claim(), at(100), &frozen), refused);
    assert!(apply(&approved, claim(), at(200), &frozen).is_ok());
    // Nor let go on, nor gone on with.
    let waits = apply(&approved, Event::Hold(held), at(100), &frozen).unwrap().request;
    assert_eq!(apply(&waits, Event::Release, at(199), &frozen), refused);
    let lost = of_many(in_state(State::Unknown));
    assert_eq!(apply(&lost, resume("01NEXT", 99), at(150), &frozen), refused);
    let released = apply(&waits, Event::Release, at(200), &frozen).unwrap().request;
    assert_eq!((released.state, released.hold.clone()), (State::Approved, None));
    assert_eq!(released.expires_at, at(200 + 900));
    assert!(apply(&released, claim(), at(201), &frozen).is_ok());
}

#[test]
fn what_is_held_runs_out_however_often_it_is_let_go_on() {
    let short = Policy { held_ttl: Duration::from_secs(1000), ..policy() };
    let step = |request: &Request, event: Event, now: i64| apply(request, event, at(now), &short);
    let mut request = apply(&request(1), approve("UBOB"), at(10), &short).unwrap().request;
    for now in [100, 400, 700, 1000] {
        request = step(&request, Event::Hold(hold(now + 200)), now).unwrap().request;
        assert_eq!((request.state, request.expires_at), (State::Held, at(1100)));
        // The same once more is nothing new; another end is.
        assert_eq!(step(&request, Event::Hold(hold(now + 200)), now), Err(Refusal::OutOfOrder));
        request = step(&request, Event::Hold(hold(now + 250)), now).unwrap().request;
        assert_eq!((request.state_since, request.expires_at), (at(now), at(1100)));
        if now < 1000 {
            request = step(&request, Event::Release, now + 50).unwrap().request;
        }
    }
    assert_eq!(step(&request, Event::Release, 1100), Err(Refusal::TooLate));
    assert_eq!(step(&request, Event::Hold(hold(2000)), 1100), Err(Refusal::TooLate));
    assert_eq!(step(&request, Event::Tick, 1100).unwrap().request.state, State::Expired);
}

#[test]
fn nothing_is_held_until_a_time_that_is_over() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    assert_eq!(apply(&approved, Event::Hold(hold(20)), at(20), &policy()), Err(Refusal::OutOfOrder));
    assert!(apply(&approved, Event::Hold(hold(21)), at(20), &policy()).is_ok());
}

#[test]
fn a_no_ends_what_is_held() {
    let held = in_state(State::Held);
    let denied = apply(&held, deny("UCARA", "not this week"), at(10), &policy()).unwrap().request;
    assert_eq!(denied.state, State::Denied);
    assert_eq!(apply(&held, deny("UBOB", "changed my mind"), at(10), &policy()), Err(Refusal::AlreadyVoted));
    assert_eq!(apply(&held, deny("UALICE2", "no"), at(10), &policy()), Err(Refusal::OwnRequest));
}

#[test]
fn a_yes_counts_only_with_what_has_to_be_typed() {
    let mut confirmed = request(1);
    confirmed.plan.confirmation = Some("road-accidents-2019".to_owned());
    confirmed.digest = confirmed.plan.digest();
    let typed = |typed: Option<&str>| {
        let event = Event::Approve { voter: voter("UBOB"), typed: typed.map(str::to_owned) };
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
    let looked = Event::Approve { voter: voter("UBOB"), typed: Some(String::new()) };
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
    (0..11_u8, users, attempts, verdicts).prop_map(|(kind, user, attempt, verdict)| {
        let attempt = AttemptId::new(attempt);
        match kind {
            0 | 1 => approve(user),
            2 => deny(user, "no"),
            3 => Event::Cancel { person: policy().person(&UserId::new(user)) },
            4 => Event::Tick,
            5 => Event::Claim { attempt, worker: WorkerId::new("01WORKER") },
            6 => Event::Settle { attempt, outcome: Outcome { verdict, accepted: false, seen: vec![] } },
            8 => Event::Hold(hold(100_000)),
            9 => Event::Release,
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
