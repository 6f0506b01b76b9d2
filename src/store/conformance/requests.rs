//! Requests: one step at a time, from the version that was read.

use std::sync::Arc;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::samples::{at, entry, inbound, insert, message, request, request_on, step, yes};
use crate::approval::{Attempt, Outcome, Request, State, Target, Verdict, Vote};
use crate::audit::{Act, ChainHead};
use crate::ids::{AttemptId, PersonId, RequestId, UserId, WorkerId};
use crate::store::{Asker, Commit, Filter, InboundKind, MostOpen, Store, StoreError};

async fn put(store: &Arc<dyn Store>, request: Request) -> Result<(), StoreError> {
    store.commit(Commit { insert: Some(request), ..Commit::default() }).await
}

async fn change(store: &Arc<dyn Store>, request: Request) -> Result<(), StoreError> {
    store.commit(Commit { update: Some(request), ..Commit::default() }).await
}

async fn ids(store: &Arc<dyn Store>, filter: Filter) -> Vec<String> {
    store.requests(filter).await.unwrap().into_iter().map(|request| request.id.to_string()).collect()
}

pub(in crate::store) async fn a_request_comes_back_as_it_was(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    let full = Request {
        expires_at: at(9000),
        votes: vec![
            yes("bob"),
            Vote { approve: false, reason: Some("not “today”".to_owned()), ..yes("cara") },
        ],
        attempt: Some(Attempt {
            id: AttemptId::new("01A"),
            worker: WorkerId::new("01W"),
            claimed_at: at(70),
        }),
        outcome: Some(Outcome {
            verdict: Verdict::Partly,
            accepted: true,
            seen: vec!["half of it".to_owned()],
        }),
        ..step(&first, State::Partly)
    };
    change(&store, full.clone()).await.unwrap();
    assert_eq!(store.request(&first.id).await.unwrap(), Some(full));
    assert_eq!(store.request(&RequestId::new("01R2")).await.unwrap(), None);
    let undoing = Request { undoes: Some(first.id), ..request("01R3") };
    assert_eq!(insert(&store, undoing.clone()).await, undoing);
    assert_eq!(store.request(&undoing.id).await.unwrap(), Some(undoing));
}

pub(in crate::store) async fn a_new_request_has_version_one_and_an_id_of_its_own(store: Arc<dyn Store>) {
    insert(&store, request("01R1")).await;
    assert!(matches!(put(&store, request("01R1")).await, Err(StoreError::Conflict)));
    let second = Request { version: 2, ..request("01R2") };
    assert!(matches!(put(&store, second).await, Err(StoreError::Conflict)));
    assert_eq!(store.request(&RequestId::new("01R2")).await.unwrap(), None);
}

pub(in crate::store) async fn an_update_follows_the_version_it_was_made_from(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    let second = step(&first, State::Approved);
    let third = step(&second, State::Running);
    assert!(matches!(change(&store, third.clone()).await, Err(StoreError::Conflict)));
    assert!(matches!(change(&store, first.clone()).await, Err(StoreError::Conflict)));
    change(&store, second.clone()).await.unwrap();
    assert!(matches!(change(&store, second).await, Err(StoreError::Conflict)));
    change(&store, third.clone()).await.unwrap();
    assert_eq!(store.request(&first.id).await.unwrap(), Some(third));
    let unknown = step(&request("01R2"), State::Approved);
    assert!(matches!(change(&store, unknown).await, Err(StoreError::Conflict)));
}

pub(in crate::store) async fn a_conflict_takes_everything_back(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    store.receive(inbound(1)).await.unwrap();
    let head = store.audit_head().await.unwrap();
    let late = Commit {
        finishes: Some(inbound(1).id),
        insert: Some(request("01R2")),
        update: Some(first.clone()),
        most_open: None,
        items: vec![],
        marks: None,
        entries: vec![entry(&first, Act::Approved)],
        messages: vec![message("01M1", "01R1", 0)],
        watch: None,
    };
    assert!(matches!(store.commit(late).await, Err(StoreError::Conflict)));
    assert_eq!(store.audit_head().await.unwrap(), head);
    assert_eq!(store.unfinished(InboundKind::Command, 10).await.unwrap(), [inbound(1)]);
    assert_eq!(store.request(&RequestId::new("01R2")).await.unwrap(), None);
    assert_eq!(store.due_messages(at(0), 10).await.unwrap(), []);
    assert_eq!(store.audit_of(&first.id).await.unwrap().len(), 1);
}

pub(in crate::store) async fn of_sixteen_racers_exactly_one_wins_each_round(store: Arc<dyn Store>) {
    let mut last = insert(&store, request("01R1")).await;
    for round in 0..50 {
        let mut racers = JoinSet::new();
        for racer in 0..16 {
            let store = Arc::clone(&store);
            let mine = Request { ticket: Some(format!("{round}.{racer}")), ..step(&last, State::Pending) };
            racers.spawn(async move {
                let entries = vec![entry(&mine, Act::Approved)];
                let won =
                    store.commit(Commit { update: Some(mine.clone()), entries, ..Commit::default() }).await;
                match won {
                    Ok(()) => Some(mine),
                    Err(StoreError::Conflict) => None,
                    Err(other) => panic!("{other}"),
                }
            });
        }
        let winners: Vec<Request> = racers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}");
        last = store.request(&last.id).await.unwrap().unwrap();
        assert_eq!(winners, [last.clone()]);
    }
    let end = crate::audit::verify(&ChainHead::default(), &store.audit_links(0, 1000).await.unwrap());
    assert_eq!(end.unwrap().seq, 51);
}

/// What came of each of sixteen commits at the same moment: whether it won.
async fn race(store: &Arc<dyn Store>, commits: Vec<Commit>) -> usize {
    let mut racers = JoinSet::new();
    for commit in commits {
        let store = Arc::clone(store);
        racers.spawn(async move {
            match store.commit(commit).await {
                Ok(()) => true,
                Err(StoreError::Conflict) => false,
                Err(other) => panic!("{other}"),
            }
        });
    }
    racers.join_all().await.into_iter().filter(|won| *won).count()
}

pub(in crate::store) async fn of_sixteen_new_requests_on_one_thing_exactly_one_is_made(
    store: Arc<dyn Store>,
) {
    for round in 1..=20 {
        let target = Uuid::from_u128(round);
        let commits = (0..16).map(|racer| {
            let mine = request_on(&format!("01R{round:02}{racer:02}"), target);
            Commit { entries: vec![entry(&mine, Act::Requested)], insert: Some(mine), ..Commit::default() }
        });
        assert_eq!(race(&store, commits.collect()).await, 1, "round {round}");
        let touching = Filter { target: Some(("production".to_owned(), target)), ..Filter::default() };
        assert_eq!(ids(&store, touching).await.len(), 1);
    }
    assert_eq!(store.audit_head().await.unwrap().seq, 20);
}

pub(in crate::store) async fn a_thing_is_free_again_once_its_request_has_ended(store: Arc<dyn Store>) {
    let target = Uuid::from_u128(1);
    for (number, state) in (1..).zip(State::ALL) {
        let first = request_on(&format!("01R{number:02}A"), target);
        put(&store, first.clone()).await.unwrap();
        let now = step(&first, state);
        change(&store, now.clone()).await.unwrap();
        let beside = request_on(&format!("01R{number:02}B"), target);
        let refused = put(&store, beside.clone()).await.is_err();
        let is_open = matches!(state, State::Pending | State::Approved | State::Held | State::Running);
        assert_eq!(refused, is_open, "{state:?}");
        let last = if refused { now } else { beside };
        change(&store, step(&last, State::Cancelled)).await.unwrap();
    }
    let mut two = request_on("01S1", Uuid::from_u128(2));
    two.plan.targets.push(Target { id: target, ..two.plan.targets[0].clone() });
    put(&store, two).await.unwrap();
    assert!(matches!(put(&store, request_on("01S2", target)).await, Err(StoreError::Conflict)));
    let staging = Request { environment: "staging".to_owned(), ..request_on("01S3", target) };
    put(&store, staging).await.unwrap();
}

pub(in crate::store) async fn of_sixteen_requests_on_one_thing_exactly_one_runs(store: Arc<dyn Store>) {
    // Open beside each other although no insert lets them: as a past version may have left them.
    let target = Uuid::from_u128(1);
    let mut claims = vec![];
    for racer in 0..16 {
        let mine = request_on(&format!("01R{racer:02}"), target);
        put(&store, mine.clone()).await.unwrap();
        change(&store, step(&mine, State::Unknown)).await.unwrap();
        claims.push(step(&step(&mine, State::Unknown), State::Running));
    }
    let commits = claims.iter().map(|mine| Commit { update: Some(mine.clone()), ..Commit::default() });
    assert_eq!(race(&store, commits.collect()).await, 1);
    let running = Filter { states: vec![State::Running], ..Filter::default() };
    let winner = store.requests(running.clone()).await.unwrap().remove(0);
    change(&store, step(&winner, State::Succeeded)).await.unwrap();
    let others = claims.into_iter().filter(|claim| claim.id != winner.id);
    let commits = others.map(|mine| Commit { update: Some(mine), ..Commit::default() });
    assert_eq!(race(&store, commits.collect()).await, 1);
    assert_eq!(ids(&store, running).await.len(), 1);
}

pub(in crate::store) async fn nobody_votes_on_their_own_request(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    let other_account = Vote { user: UserId::new("UALICE2"), ..yes("alice") };
    let other_name = Vote { user: UserId::new("UALICE"), ..yes("bob") };
    for own in [yes("alice"), other_account, other_name] {
        let approved = Request { votes: vec![own], ..step(&first, State::Approved) };
        assert!(matches!(change(&store, approved).await, Err(StoreError::Unacceptable(_))));
    }
    assert_eq!(store.request(&first.id).await.unwrap(), Some(first));
}

pub(in crate::store) async fn one_person_has_one_vote(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    let second = Request { votes: vec![yes("bob")], ..step(&first, State::Pending) };
    change(&store, second.clone()).await.unwrap();
    let twice = Request { votes: vec![yes("bob"), yes("bob")], ..step(&second, State::Approved) };
    assert!(matches!(change(&store, twice).await, Err(StoreError::Conflict)));
    let third = Request { votes: vec![yes("bob"), yes("cara")], ..step(&second, State::Approved) };
    change(&store, third.clone()).await.unwrap();
    assert_eq!(store.request(&first.id).await.unwrap(), Some(third));
}

pub(in crate::store) async fn votes_are_never_taken_back(store: Arc<dyn Store>) {
    let first = insert(&store, request("01R1")).await;
    let second = Request { votes: vec![yes("bob")], ..step(&first, State::Approved) };
    change(&store, second.clone()).await.unwrap();
    let without = Request { votes: vec![], ..step(&second, State::Running) };
    assert!(matches!(change(&store, without).await, Err(StoreError::Inconsistent { table: "vote", .. })));
    assert_eq!(store.request(&first.id).await.unwrap(), Some(second));
}

pub(in crate::store) async fn requests_are_found_by_state_newest_first(store: Arc<dyn Store>) {
    for (id, seconds) in [("01R1", 10), ("01R2", 30), ("01R3", 20), ("01R4", 20)] {
        insert(&store, Request { created_at: at(seconds), ..request(id) }).await;
    }
    change(&store, step(&Request { created_at: at(30), ..request("01R2") }, State::Denied)).await.unwrap();
    let of = |states: &[State], limit| Filter { states: states.to_vec(), limit, ..Filter::default() };
    assert_eq!(ids(&store, of(&[], 10)).await, ["01R2", "01R4", "01R3", "01R1"]);
    assert_eq!(ids(&store, of(&[State::Pending, State::Approved], 10)).await, ["01R4", "01R3", "01R1"]);
    assert_eq!(ids(&store, of(&[State::Denied, State::Pending], 2)).await, ["01R2", "01R4"]);
    assert_eq!(ids(&store, of(&[State::Stale], 10)).await, Vec::<String>::new());
}

pub(in crate::store) async fn requests_are_found_by_expiry(store: Arc<dyn Store>) {
    for (id, seconds) in [("01R1", 10), ("01R2", 20), ("01R3", 30)] {
        insert(&store, Request { expires_at: at(seconds), ..request(id) }).await;
    }
    // Half a millisecond after 20 s: due at that moment and not before it.
    let half = at(20) + jiff::SignedDuration::from_micros(500);
    insert(&store, Request { expires_at: half, ..request("01R4") }).await;
    let by = |moment| Filter { states: vec![State::Pending], expired_by: Some(moment), ..Filter::default() };
    assert_eq!(ids(&store, by(at(9))).await, Vec::<String>::new());
    assert_eq!(ids(&store, by(at(20))).await, ["01R2", "01R1"]);
    assert_eq!(ids(&store, by(half)).await, ["01R4", "01R2", "01R1"]);
}

pub(in crate::store) async fn requests_are_found_by_what_people_quote(store: Arc<dyn Store>) {
    for id in ["01AAAAXYZ123", "01BBBBXYZ123", "01CCCCXYZ_2%"] {
        insert(&store, request(id)).await;
    }
    let quoted = |text: &str| Filter { reference: Some(text.to_owned()), ..Filter::default() };
    assert_eq!(ids(&store, quoted("XYZ123")).await, ["01BBBBXYZ123", "01AAAAXYZ123"]);
    assert_eq!(ids(&store, quoted("BXYZ123")).await, ["01BBBBXYZ123"]);
    assert_eq!(ids(&store, quoted("01AAAAXYZ123")).await, ["01AAAAXYZ123"]);
    assert_eq!(ids(&store, quoted("123")).await, ["01BBBBXYZ123", "01AAAAXYZ123"]);
    for nothing in ["", "xyz123", "XYZ", "%", "______", "901AAAAXYZ123", "ÄÖÜ", "' OR 1=1 --"] {
        let expected: &[&str] = if nothing == "%" { &["01CCCCXYZ_2%"] } else { &[] };
        assert_eq!(ids(&store, quoted(nothing)).await, expected, "{nothing}");
    }
}

pub(in crate::store) async fn requests_are_found_by_what_they_touch(store: Arc<dyn Store>) {
    let mut two = request_on("01R1", Uuid::from_u128(1));
    two.plan.targets.push(Target { id: Uuid::from_u128(2), ..two.plan.targets[0].clone() });
    two.plan.targets.push(two.plan.targets[0].clone());
    let two = insert(&store, two).await;
    change(&store, step(&two, State::Cancelled)).await.unwrap();
    insert(&store, request_on("01R2", Uuid::from_u128(1))).await;
    let elsewhere = request_on("01R3", Uuid::from_u128(1));
    insert(&store, Request { environment: "staging".to_owned(), ..elsewhere }).await;
    let touching = |environment: &str, id| Filter {
        target: Some((environment.to_owned(), Uuid::from_u128(id))),
        ..Filter::default()
    };
    assert_eq!(ids(&store, touching("production", 1)).await, ["01R2", "01R1"]);
    assert_eq!(ids(&store, touching("production", 2)).await, ["01R1"]);
    assert_eq!(ids(&store, touching("staging", 1)).await, ["01R3"]);
    assert_eq!(ids(&store, touching("staging", 2)).await, Vec::<String>::new());
}

fn asker(person: &str, users: &[&str]) -> Asker {
    Asker { person: PersonId::new(person), users: users.iter().copied().map(UserId::new).collect() }
}

pub(in crate::store) async fn requests_are_found_by_who_asked_with_whichever_account(store: Arc<dyn Store>) {
    for (id, person, user) in [
        ("01R1", "alice", "UALICE"),
        ("01R2", "alice", "UALICE2"),
        // Asked before the registry knew whose account it is.
        ("01R3", "UALICE3", "UALICE3"),
        ("01R4", "bob", "UBOB"),
    ] {
        let (requester, requester_user) = (PersonId::new(person), UserId::new(user));
        insert(&store, Request { requester, requester_user, ..request(id) }).await;
    }
    let by = |asker| Filter { requested_by: Some(asker), ..Filter::default() };
    let all = asker("alice", &["UALICE", "UALICE2", "UALICE3"]);
    assert_eq!(ids(&store, by(all.clone())).await, ["01R3", "01R2", "01R1"]);
    assert_eq!(ids(&store, by(asker("alice", &[]))).await, ["01R2", "01R1"]);
    assert_eq!(ids(&store, by(asker("cara", &["UBOB"]))).await, ["01R4"]);
    assert_eq!(ids(&store, by(asker("", &[]))).await, Vec::<String>::new());
    let denied = Filter { states: vec![State::Denied], ..by(all) };
    assert_eq!(ids(&store, denied).await, Vec::<String>::new());
}

pub(in crate::store) async fn s27_of_sixteen_racers_of_one_person_as_many_are_made_as_may_be_open(
    store: Arc<dyn Store>,
) {
    let alice = asker("alice", &["UALICE", "UALICE2"]);
    let of = |round: usize, racer: usize| {
        let user = if racer.is_multiple_of(2) { "UALICE" } else { "UALICE2" };
        let mine = Request { requester_user: UserId::new(user), ..request(&format!("01R{round}{racer:02}")) };
        Commit {
            entries: vec![entry(&mine, Act::Requested)],
            most_open: Some(MostOpen { by: alice.clone(), most: 5 }),
            insert: Some(mine),
            ..Commit::default()
        }
    };
    let theirs = Filter { requested_by: Some(alice.clone()), ..Filter::default() };
    assert_eq!(race(&store, (0..16).map(|racer| of(1, racer)).collect()).await, 5);
    assert_eq!(store.requests(theirs.clone()).await.unwrap().len(), 5);
    // What others have open is no concern of theirs.
    let others =
        Request { requester: PersonId::new("bob"), requester_user: UserId::new("UBOB"), ..request("01S1") };
    let most_open = Some(MostOpen { by: asker("bob", &["UBOB"]), most: 1 });
    store.commit(Commit { insert: Some(others), most_open, ..Commit::default() }).await.unwrap();
    // Whatever waits counts, and nothing else does.
    for (number, (state, counts)) in [
        (State::Approved, true),
        (State::Held, true),
        (State::Running, false),
        (State::Unknown, false),
        (State::Denied, false),
        (State::Succeeded, false),
    ]
    .into_iter()
    .enumerate()
    {
        let open = Filter { states: vec![State::Pending], ..theirs.clone() };
        let one = store.requests(open).await.unwrap().remove(0);
        change(&store, step(&one, state)).await.unwrap();
        let made = race(&store, vec![of(2 + number, 0)]).await;
        assert_eq!(made, usize::from(!counts), "{state:?}");
    }
    assert_eq!(store.audit_head().await.unwrap().seq, 5 + 4);
}

pub(in crate::store) async fn a_question_without_a_limit_gets_a_hundred(store: Arc<dyn Store>) {
    for number in 0..101 {
        put(&store, request(&format!("01R{number:03}"))).await.unwrap();
    }
    assert_eq!(ids(&store, Filter::default()).await.len(), 100);
    assert_eq!(ids(&store, Filter { limit: 101, ..Filter::default() }).await.len(), 101);
}
