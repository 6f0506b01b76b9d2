//! What another policy would have made of a request, one difference at a time.

use super::*;
use crate::approval::freeze::Window;
use crate::approval::policy::tests::policy;
use crate::approval::{Attempt, Bulk, Freeze, Rule, plan, request};
use crate::ids::{AttemptId, WorkerId};

const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn list(users: &[&str], usergroups: &[&str]) -> AccessList {
    AccessList { users: set(users), usergroups: set(usergroups) }
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn yes(user: &str, second: i64) -> Vote {
    Vote {
        person: PersonId::new(user.trim_start_matches('U').to_lowercase()),
        user: UserId::new(user),
        approve: true,
        reason: None,
        at: at(second),
        groups: BTreeSet::new(),
    }
}

fn no(user: &str, second: i64) -> Vote {
    Vote { approve: false, reason: Some("not today".to_owned()), ..yes(user, second) }
}

/// Asked for by Alice at 0, approved by Bob after 10 minutes, begun after 15.
fn done() -> Request {
    Request {
        state: State::Succeeded,
        votes: vec![yes("UBOB", 600)],
        attempt: Some(Attempt {
            id: AttemptId::new("01A"),
            worker: WorkerId::new("01W"),
            claimed_at: at(900),
        }),
        ..request::sample("01R", plan::sample(), at(0))
    }
}

/// What the sample's policy, edited, would have treated differently; `read` are the groups that were read.
fn found_of(request: &Request, read: &[&str], edit: impl FnOnce(&mut Policy)) -> Vec<Difference> {
    let mut policy = policy();
    edit(&mut policy);
    Replay::of(&policy).differences(request, |_| set(read))
}

fn found(edit: impl FnOnce(&mut Policy)) -> Vec<Difference> {
    found_of(&done(), &[], edit)
}

fn refused(user: &str, refusal: Refusal) -> Vec<Difference> {
    vec![Difference::VoteRefused { user: UserId::new(user), approve: true, refusal }]
}

fn frozen(name: &str, from: i64, until: i64) -> Freeze {
    Freeze {
        name: name.to_owned(),
        reason: "Because.".to_owned(),
        environments: BTreeSet::new(),
        operations: BTreeSet::new(),
        window: Window::Once { from: at(from), until: at(until) },
    }
}

fn held(name: &str, until: i64) -> Hold {
    Hold { until: at(until), why: "Because.".to_owned(), freeze: Some(name.to_owned()) }
}

#[test]
fn the_same_policy_treats_everything_the_same() {
    assert_eq!(found(|_| ()), []);
    assert_eq!(found_of(&request::sample("01R", plan::sample(), at(0)), &[], |_| ()), []);
}

#[test]
fn whoever_is_not_on_the_list_could_not_have_asked_or_approved() {
    assert_eq!(
        found(|p| p.requesters = list(&["UBOB"], &[])),
        [Difference::RequesterRefused(Refusal::NotARequester { rule: "access".into() })]
    );
    let rule =
        |requesters, approvers| Rule { name: "strict".into(), requesters, approvers, ..Rule::default() };
    assert_eq!(
        found(|p| p.rules.push(rule(Some(list(&["UBOB"], &[])), None))),
        [Difference::RequesterRefused(Refusal::NotARequester { rule: "strict".into() })]
    );
    assert_eq!(
        found(|p| p.rules.push(rule(None, Some(list(&["UCARA"], &[]))))),
        refused("UBOB", Refusal::NotAnApprover { rule: "strict".into() })
    );
    assert_eq!(found(|p| p.rules.push(rule(Some(list(&["UALICE"], &[])), Some(list(&["UBOB"], &[]))))), []);
}

#[test]
fn the_other_registry_says_who_is_who() {
    assert_eq!(found(|p| drop(p.people.remove("UBOB"))), refused("UBOB", Refusal::NotRegistered));
    assert_eq!(
        found(|p| drop(p.people.remove("UALICE"))),
        [Difference::RequesterRefused(Refusal::NotRegistered)]
    );
    assert_eq!(found(|p| p.people.clear()), []);
    let one = |p: &mut Policy| drop(p.people.insert("UBOB".into(), "alice".into()));
    assert_eq!(found(one), refused("UBOB", Refusal::OwnRequest));
    let two = Request { votes: vec![yes("UBOB", 600), yes("UCARA", 700)], ..done() };
    let same = |p: &mut Policy| drop(p.people.insert("UCARA".into(), "bob".into()));
    assert_eq!(found_of(&two, &[], same), refused("UCARA", Refusal::AlreadyVoted));
    assert_eq!(found_of(&two, &[], |_| ()), []);
}

#[test]
fn groups_count_as_they_were_written_down_and_others_cannot_be_told() {
    let mut request = done();
    request.requester_groups = set(&["S1"]);
    request.votes[0].groups = set(&["S1"]);
    let to = |group: &'static str| {
        move |p: &mut Policy| {
            p.requesters = list(&[], &[group]);
            p.approvers = list(&[], &[group]);
        }
    };
    assert_eq!(found_of(&request, &[], to("S1")), [], "they were found in it");
    assert_eq!(
        found_of(&request, &["S1", "S2"], to("S2")),
        [
            Difference::RequesterRefused(Refusal::NotARequester { rule: "access".into() }),
            Difference::VoteRefused {
                user: UserId::new("UBOB"),
                approve: true,
                refusal: Refusal::NotAnApprover { rule: "access".into() }
            },
        ],
        "it was read and did not have them"
    );
    let unknown = |user: &str, role| Difference::CannotTell {
        user: UserId::new(user),
        role,
        rule: "access".into(),
        groups: set(&["S2"]),
    };
    let cannot = [unknown("UALICE", Role::Requester), unknown("UBOB", Role::Approver)];
    assert_eq!(found_of(&request, &["S1"], to("S2")), cannot);
    assert!(cannot.iter().all(|one| !one.is_certain()));
    assert!(Difference::TicketRefused.is_certain());
    // Only what was not read is named, and a user on the list needs no group.
    let both = |p: &mut Policy| p.approvers = list(&[], &["S2", "S3"]);
    assert_eq!(found_of(&request, &["S3"], both), [unknown("UBOB", Role::Approver)]);
    assert_eq!(found_of(&request, &[], |p| p.approvers = list(&["UBOB"], &["S2"])), []);
}

#[test]
fn what_is_refused_for_certain_is_not_called_unknown() {
    let refused = |p: &mut Policy| {
        p.approvers = list(&[], &["S2"]);
        p.rules.push(Rule {
            name: "strict".into(),
            approvers: Some(list(&["UCARA"], &[])),
            ..Rule::default()
        });
    };
    assert_eq!(found(refused), self::refused("UBOB", Refusal::NotAnApprover { rule: "strict".into() }));
    let own = |p: &mut Policy| {
        p.approvers = list(&[], &["S2"]);
        p.people.insert("UBOB".into(), "alice".into());
    };
    assert_eq!(found(own), self::refused("UBOB", Refusal::OwnRequest));
    // The first list that leaves it open is named.
    let two = |p: &mut Policy| {
        p.approvers = list(&[], &["S2"]);
        p.rules.push(Rule { name: "strict".into(), approvers: Some(list(&[], &["S3"])), ..Rule::default() });
    };
    let [Difference::CannotTell { rule, .. }] = &found(two)[..] else { panic!("one difference") };
    assert_eq!(rule, "access");
}

#[test]
fn more_or_fewer_approvals_would_have_been_needed() {
    let three = |p: &mut Policy| p.approvals = std::num::NonZeroU8::new(3).unwrap();
    assert_eq!(found(three), [Difference::MoreApprovals { then: 1, now: 3 }]);
    let request = Request { approvals_needed: std::num::NonZeroU8::new(2).unwrap(), ..done() };
    assert_eq!(found_of(&request, &[], |_| ()), [Difference::FewerApprovals { then: 2, now: 1 }]);
    let mut many = done();
    many.plan.bulk = Some(Bulk { count: 30, ..Bulk::of([]) });
    let above = |p: &mut Policy| p.two_approvals_above = 29;
    assert_eq!(found_of(&many, &[], above), [Difference::MoreApprovals { then: 1, now: 2 }]);
    assert_eq!(found_of(&many, &[], |p| p.two_approvals_above = 30), []);
}

#[test]
fn a_ticket_fits_as_a_whole_or_not() {
    let pattern = |pattern: &'static str| move |p: &mut Policy| p.ticket_pattern = Some(pattern.to_owned());
    assert_eq!(found(pattern("[0-9]{5}")), []);
    assert_eq!(found(pattern("[0-9]{4}")), [Difference::TicketRefused]);
    assert_eq!(found(pattern("[0-9")), [Difference::TicketRefused], "what is no pattern fits nothing");
    assert_eq!(found_of(&Request { ticket: None, ..done() }, &[], pattern("[0-9]{4}")), []);
}

#[test]
fn a_freeze_stops_a_wish_and_a_beginning() {
    let freeze = |from, until| move |p: &mut Policy| p.freezes.push(frozen("x", from, until));
    assert_eq!(found(freeze(-10, 10)), [Difference::FrozenWhenAsked(held("x", 10))]);
    assert_eq!(found(freeze(800, 1000)), [Difference::FrozenWhenRun(held("x", 1000))]);
    assert_eq!(found(freeze(100, 800)), []);
    assert_eq!(
        found(freeze(-10, 1000)),
        [Difference::FrozenWhenAsked(held("x", 1000)), Difference::FrozenWhenRun(held("x", 1000))]
    );
    let staging = |p: &mut Policy| {
        p.freezes.push(Freeze { environments: set(&["staging"]), ..frozen("x", -10, 1000) });
    };
    assert_eq!(found(staging), []);
}

#[test]
fn what_was_decided_late_would_have_run_out() {
    let pending = |seconds| move |p: &mut Policy| p.pending_ttl = Duration::from_secs(seconds);
    let out = |seconds| [Difference::RunOutBeforeDecision { after: Duration::from_secs(seconds) }];
    assert_eq!(found(pending(601)), []);
    assert_eq!(found(pending(600)), out(600), "at its last moment it is too late");
    let two = Request { votes: vec![yes("UBOB", 600), yes("UCARA", 700)], ..done() };
    assert_eq!(found_of(&two, &[], pending(650)), out(650));
    let denied = Request { state: State::Denied, votes: vec![no("UBOB", 600)], attempt: None, ..done() };
    assert_eq!(found_of(&denied, &[], pending(600)), out(600));
    assert_eq!(found_of(&denied, &[], pending(601)), []);
    // Denied while it was held: it had been approved in time.
    let held = Request {
        state: State::Denied,
        votes: vec![yes("UBOB", 600), no("UCARA", 2 * DAY)],
        attempt: None,
        held_at_most_until: Some(at(4 * DAY)),
        ..done()
    };
    assert_eq!(found_of(&held, &[], |_| ()), []);
    assert_eq!(found_of(&held, &[], pending(600)), out(600));
}

#[test]
fn what_ran_out_would_have_waited_longer() {
    let expired =
        Request { state: State::Expired, state_since: at(3600), votes: vec![], attempt: None, ..done() };
    assert_eq!(found_of(&expired, &[], |_| ()), []);
    let longer = |p: &mut Policy| p.pending_ttl = Duration::from_secs(3601);
    assert_eq!(
        found_of(&expired, &[], longer),
        [Difference::WaitedLonger { after: Duration::from_secs(3601) }]
    );
    let approved = Request { votes: vec![yes("UBOB", 600)], ..expired.clone() };
    assert_eq!(found_of(&approved, &[], longer), [], "it ran out after its approvals");
    let cancelled = Request { state: State::Cancelled, ..expired };
    assert_eq!(found_of(&cancelled, &[], longer), []);
}

#[test]
fn what_was_begun_late_would_have_run_out_after_its_approvals() {
    let approved = |seconds| move |p: &mut Policy| p.approved_ttl = Duration::from_secs(seconds);
    assert_eq!(found(approved(301)), []);
    assert_eq!(found(approved(300)), [Difference::RunOutBeforeExecution { after: Duration::from_mins(5) }]);
    let held = Request { held_at_most_until: Some(at(DAY)), ..done() };
    assert_eq!(found_of(&held, &[], approved(300)), [], "what is held has longer");
    let mut many = done();
    many.plan.bulk = Some(Bulk::of([]));
    assert_eq!(found_of(&many, &[], approved(300)), [], "its claim may be a later one");
}
