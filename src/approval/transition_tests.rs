//! The rule, event by event: the matrix a reviewer reads, and sequences nobody thought of.

use std::fmt::Write as _;
use std::num::NonZeroU8;

use super::*;
use crate::approval::freeze::{Freeze, Window};
use crate::approval::policy::tests::policy;
use crate::approval::{Bulk, PlanDigest, Risk, plan, request};

const START: i64 = 1_800_000_000;

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

pub(super) fn request(approvals: u8) -> Request {
    let mut request = request::sample("01REQUEST", plan::sample(), at(0));
    request.approvals_needed = NonZeroU8::new(approvals).unwrap();
    request
}

/// This account, as today's registry knows it.
fn voter(user: &str) -> Admission {
    voter_under(&policy(), user)
}

pub(super) fn voter_under(policy: &Policy, user: &str) -> Admission {
    let user = UserId::new(user);
    Admission { person: policy.person(&user), user, groups: BTreeSet::new(), rules: vec![] }
}

/// A yes after a look at the whole plan, with nothing to type.
fn approve(user: &str) -> Event {
    Event::Approve { voter: voter(user), typed: Some(String::new()) }
}

/// A yes by a press alone.
fn press(user: &str) -> Event {
    Event::Approve { voter: voter(user), typed: None }
}

fn deny(user: &str, reason: &str) -> Event {
    Event::Deny { voter: voter(user), reason: reason.to_owned() }
}

pub(super) fn hold(until: i64) -> Hold {
    Hold { until: at(until), why: "The catalogue is being filled.".to_owned(), freeze: None }
}

pub(super) fn frozen(from: i64, until: i64) -> Freeze {
    Freeze {
        name: "Christmas".to_owned(),
        reason: "Nobody is on call.".to_owned(),
        environments: BTreeSet::new(),
        operations: BTreeSet::new(),
        window: Window::Once { from: at(from), until: at(until) },
    }
}

fn attempt() -> AttemptId {
    AttemptId::new("01ATTEMPT")
}

fn claim() -> Event {
    Event::Claim { attempt: attempt(), worker: WorkerId::new("01WORKER") }
}

pub(super) fn resume(attempt: &str, alive_at: i64) -> Event {
    Event::Resume {
        attempt: AttemptId::new(attempt),
        worker: WorkerId::new("01WORKER"),
        alive_at: at(alive_at),
    }
}

/// The same request over many items.
pub(super) fn of_many(mut request: Request) -> Request {
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
        request.hold = Some(hold(60_000));
    }
    if matches!(state, State::Running | State::Unknown) {
        request.attempt =
            Some(Attempt { id: attempt(), worker: WorkerId::new("01WORKER"), claimed_at: at(1) });
    }
    request
}

/// By name; a worker's last sign of life is this moment.
fn events(now: i64) -> Vec<(&'static str, Event)> {
    let stranger = Outcome { verdict: Verdict::Succeeded, accepted: true, seen: vec![] };
    vec![
        ("approve", approve("UBOB")),
        ("approve, third", approve("UCARA")),
        ("approve, own", approve("UALICE")),
        ("approve, own 2nd", approve("UALICE2")),
        ("deny", deny("UBOB", "no")),
        ("deny, third", deny("UCARA", "no")),
        ("deny, own", deny("UALICE2", "no")),
        ("cancel", Event::Cancel { person: PersonId::new("alice") }),
        ("cancel, other's", Event::Cancel { person: PersonId::new("bob") }),
        ("tick", Event::Tick),
        ("hold", Event::Hold(hold(90_000))),
        ("hold, the same", Event::Hold(hold(60_000))),
        ("release", Event::Release),
        ("claim", claim()),
        ("moved", Event::Moved { attempt: attempt(), changes: vec![] }),
        ("settle", settle(Verdict::Succeeded)),
        ("settle, unknown", settle(Verdict::Unknown)),
        ("settle, other's", Event::Settle { attempt: AttemptId::new("01OTHER"), outcome: stranger }),
        ("lose", Event::Lose { attempt: attempt() }),
        ("resume", resume("01NEXT", now)),
    ]
}

/// What the rule says, in one word; `-` where the event does not fit at all.
fn said(request: &Request, event: Event, now: i64, policy: &Policy) -> String {
    match apply(request, event, at(now), policy) {
        Ok(step) => format!("-> {}", step.request.state.name()),
        Err(Refusal::OutOfOrder) => "-".to_owned(),
        Err(refusal) => refusal.name().to_owned(),
    }
}

/// The columns of the matrix: the name, and the requests that are all answered alike.
fn columns() -> Vec<(&'static str, Vec<Request>)> {
    let ends = State::ALL.into_iter().filter(|state| state.is_final());
    let mut one_of_two = request(2);
    one_of_two.votes.push(vote(voter("UBOB"), None, at(1)));
    let mut columns = vec![("pending", vec![request(1)]), ("pending, 2", vec![request(2)])];
    columns.push(("pending, 1 of 2", vec![one_of_two]));
    columns.extend(State::OPEN[1..].iter().map(|state| (state.name(), vec![in_state(*state)])));
    columns.push(("any end", ends.map(in_state).collect()));
    columns
}

/// What the rule says to every event at this moment, a line for each.
fn lines(now: i64, policy: &Policy) -> Vec<String> {
    let line = |(name, event): (&str, Event)| {
        let mut line = format!("{name:17}");
        for (_, requests) in columns() {
            let answers: BTreeSet<_> =
                requests.iter().map(|request| said(request, event.clone(), now, policy)).collect();
            let _ = write!(line, "{:17}", answers.into_iter().collect::<Vec<_>>().join(" or "));
        }
        line.trim_end().to_owned()
    };
    events(now).into_iter().map(line).collect()
}

#[test]
fn the_whole_matrix_is_as_reviewed() {
    let usual = lines(10, &policy());
    assert_eq!(lines(3599, &policy()), usual, "to the last second before it runs out");
    let over = lines(3600, &policy());
    assert_eq!(lines(100_000 - 20_000, &policy()), over, "and ever after");
    let freeze = Policy { freezes: vec![frozen(5, 15)], ..policy() };
    let names = columns().into_iter().fold(String::new(), |line, (name, _)| line + &format!("{name:17}"));
    let mut page = format!("{:17}{}\n", "", names.trim_end());
    page.push_str(&usual.join("\n"));
    for (title, other) in [("in a freeze", lines(10, &freeze)), ("once its time is over", over)] {
        let _ = write!(page, "\n\nElse {title}:\n");
        let else_: Vec<_> = other.into_iter().filter(|line| !usual.contains(line)).collect();
        page.push_str(&else_.join("\n"));
    }
    insta::assert_snapshot!(page);
}

#[test]
fn the_whole_matrix_for_many_items_differs_only_where_it_goes_on() {
    let mut page = String::new();
    for state in State::ALL {
        for (name, event) in events(10) {
            let said = |request: &Request| said(request, event.clone(), 10, &policy());
            let (one, many) = (said(&in_state(state)), said(&of_many(in_state(state))));
            if one != many {
                let _ = writeln!(page, "{} {name}: {one}, with many items {many}", state.name());
            }
        }
    }
    insta::assert_snapshot!(page, @"unknown resume: -, with many items -> running");
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
    let event = Event::Approve { voter: voter_under(&newer, "UBOB2"), typed: Some(String::new()) };
    assert_eq!(apply(&one, event, at(2), &newer), Err(Refusal::AlreadyVoted));
}

#[test]
fn s12_a_vote_is_its_persons_by_the_registry_of_then_and_of_now() {
    let one = apply(&request(2), approve("UBOB"), at(1), &policy()).unwrap().request;
    let refused = |accounts: [(&str, &str); 2]| {
        let mut newer = policy();
        newer.people.extend(accounts.map(|(account, person)| (account.to_owned(), person.to_owned())));
        let event = Event::Approve { voter: voter_under(&newer, "UBOB2"), typed: Some(String::new()) };
        apply(&one, event, at(2), &newer).map(|step| step.request.state)
    };
    // His account went to another person; he has a new one.
    assert_eq!(refused([("UBOB", "robert"), ("UBOB2", "bob")]), Err(Refusal::AlreadyVoted));
    // Both are his, and he has a new name.
    assert_eq!(refused([("UBOB", "robert"), ("UBOB2", "robert")]), Err(Refusal::AlreadyVoted));
    assert_eq!(refused([("UBOB", "bob"), ("UBOB2", "robert")]), Ok(State::Approved));
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

/// Of a request that needs as many as then, people read why as it was then.
#[test]
fn why_it_takes_so_many_changes_only_with_how_many() {
    let mut waiting = request(2);
    waiting.approvals_because = vec!["the rule of then".to_owned()];
    let now = Policy { approvals: NonZeroU8::new(2).unwrap(), ..policy() };
    let same = apply(&waiting, approve("UBOB"), at(10), &now).unwrap().request;
    assert_eq!(same.approvals_because, waiting.approvals_because);
    let stricter = Policy { approvals: NonZeroU8::new(3).unwrap(), ..policy() };
    let more = apply(&waiting, approve("UBOB"), at(10), &stricter).unwrap().request;
    assert_eq!(more.approvals_because, ["policy"]);
}

#[test]
fn s16_nothing_is_claimed_in_a_freeze() {
    let approved = apply(&request(1), approve("UBOB"), at(10), &policy()).unwrap().request;
    let frozen = Policy { freezes: vec![frozen(100, 200)], ..policy() };
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
fn s27_what_is_risky_is_not_approved_by_a_press_alone() {
    let pressed = |request: &Request, policy: &Policy| {
        apply(request, press("UBOB"), at(10), policy).map(|step| step.request.state)
    };
    assert_eq!(pressed(&request(1), &policy()), Ok(State::Approved));
    let with = |edit: fn(&mut Request)| {
        let mut request = request(1);
        edit(&mut request);
        request.digest = request.plan.digest();
        request
    };
    for risky in [
        with(|r| r.plan.risk = Risk::Irreversible),
        with(|r| r.plan.bulk = Some(Bulk::of([]))),
        with(|r| r.plan.targets.extend(r.plan.targets.clone())),
        request(2),
    ] {
        assert_eq!(pressed(&risky, &policy()), Err(Refusal::NotReviewed));
        assert!(apply(&risky, approve("UBOB"), at(10), &policy()).is_ok());
    }
    // Also where only today's policy asks for more, and then it says why.
    let stricter = Policy { approvals: NonZeroU8::new(2).unwrap(), ..policy() };
    assert_eq!(pressed(&request(1), &stricter), Err(Refusal::NotReviewed));
    let raised = apply(&request(1), approve("UBOB"), at(10), &stricter).unwrap().request;
    assert_eq!(raised.approvals_because, ["policy"]);
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
    assert_eq!(apply(&private, press("UBOB"), at(10), &policy()), Err(Refusal::NotReviewed));
    let looked = Event::Approve { voter: voter("UBOB"), typed: Some(String::new()) };
    assert_eq!(apply(&private, looked, at(10), &policy()).unwrap().request.state, State::Approved);
}
