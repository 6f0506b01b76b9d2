//! Items: with their request, marked by whoever holds it, and as fast for many as for few.

use std::sync::Arc;

use uuid::Uuid;

use super::samples::{entry, request, request_on, step};
use crate::approval::{Bulk, Item, ItemState, Request, State};
use crate::audit::Act;
use crate::ids::RequestId;
use crate::store::{Commit, Filter, ItemFilter, Marks, Store, StoreError};

/// A request over so many items, the first of them this one.
fn of_many(id: &str, first: u128, count: u128) -> (Request, Vec<Item>) {
    let mut bulk = Bulk::of((first..first + count).map(|n| {
        (Uuid::from_u128(n), format!("slug-{n}"), format!("Title “{n}”"), r#"{"state":"active"}"#.to_owned())
    }));
    let items = std::mem::take(&mut bulk.items);
    let mut request = request(id);
    request.plan.targets.clear();
    request.plan.bulk = Some(bulk);
    request.digest = request.plan.digest();
    (request, items)
}

async fn put(store: &Arc<dyn Store>, id: &str, first: u128, count: u128) -> Result<Request, StoreError> {
    let (request, items) = of_many(id, first, count);
    let entries = vec![entry(&request, Act::Requested)];
    store.commit(Commit { insert: Some(request.clone()), items, entries, ..Commit::default() }).await?;
    Ok(request)
}

async fn mark(
    store: &Arc<dyn Store>,
    request: &Request,
    each: &[(u32, ItemState)],
) -> Result<(), StoreError> {
    let each = each.iter().map(|(position, state)| (*position, *state, state.name().to_owned())).collect();
    let marks = Marks { request: request.id.clone(), version: request.version, each, rest: None };
    store.commit(Commit { marks: Some(marks), ..Commit::default() }).await
}

async fn read(store: &Arc<dyn Store>, id: &RequestId, state: Option<ItemState>, from: u32) -> Vec<Item> {
    store.items(id, ItemFilter { state, from, limit: 3 }).await.unwrap()
}

fn places(items: &[Item]) -> Vec<u32> {
    items.iter().map(|item| item.position).collect()
}

pub(in crate::store) async fn items_come_with_their_request_and_are_read_in_pages(store: Arc<dyn Store>) {
    let (_, items) = of_many("01R1", 1, 5);
    let request = put(&store, "01R1", 1, 5).await.unwrap();
    assert_eq!(store.request(&request.id).await.unwrap(), Some(request.clone()));
    let first = read(&store, &request.id, None, 0).await;
    let rest = read(&store, &request.id, None, 3).await;
    assert_eq!([first, rest].concat(), items);
    assert_eq!(read(&store, &request.id, None, 5).await, []);
    assert_eq!(read(&store, &RequestId::new("01R2"), None, 0).await, []);
    mark(&store, &request, &[(1, ItemState::Sent), (3, ItemState::Skipped)]).await.unwrap();
    assert_eq!(places(&read(&store, &request.id, Some(ItemState::Waiting), 0).await), [0, 2, 4]);
    assert_eq!(places(&read(&store, &request.id, Some(ItemState::Waiting), 1).await), [2, 4]);
    let skipped = read(&store, &request.id, Some(ItemState::Skipped), 0).await;
    assert_eq!((places(&skipped), skipped[0].note.as_str()), (vec![3], "skipped"));
}

pub(in crate::store) async fn a_request_comes_with_as_many_items_as_it_says(store: Arc<dyn Store>) {
    let (request, mut items) = of_many("01R1", 1, 3);
    items.pop();
    let short = Commit { insert: Some(request.clone()), items, ..Commit::default() };
    assert!(store.commit(short).await.is_err());
    let none = Commit { insert: Some(request.clone()), ..Commit::default() };
    assert!(store.commit(none).await.is_err());
    assert_eq!(store.request(&request.id).await.unwrap(), None);
    let (plain, (_, items)) = (super::samples::request("01R2"), of_many("01R2", 1, 1));
    assert!(store.commit(Commit { insert: Some(plain), items, ..Commit::default() }).await.is_err());
}

pub(in crate::store) async fn only_whoever_holds_the_request_marks_its_items(store: Arc<dyn Store>) {
    let first = put(&store, "01R1", 1, 3).await.unwrap();
    let second = step(&first, State::Running);
    assert!(matches!(mark(&store, &second, &[(0, ItemState::Sent)]).await, Err(StoreError::Conflict)));
    store.commit(Commit { update: Some(second.clone()), ..Commit::default() }).await.unwrap();
    assert!(matches!(mark(&store, &first, &[(0, ItemState::Sent)]).await, Err(StoreError::Conflict)));
    assert!(matches!(mark(&store, &second, &[(3, ItemState::Sent)]).await, Err(StoreError::Conflict)));
    mark(&store, &second, &[(0, ItemState::Sent)]).await.unwrap();
    let tally = store.tally(&first.id).await.unwrap();
    assert_eq!((tally.of(ItemState::Sent), tally.of(ItemState::Waiting)), (1, 2));
    assert!(tally.changed_at.is_some());
    // With the step that ends it: what is marked is marked by the version before.
    let third = step(&second, State::Succeeded);
    let marks = Marks {
        request: first.id.clone(),
        version: second.version,
        each: vec![(0, ItemState::Done, String::new())],
        rest: None,
    };
    let commit = Commit { update: Some(third), marks: Some(marks), ..Commit::default() };
    store.commit(commit).await.unwrap();
    assert_eq!(store.tally(&first.id).await.unwrap().of(ItemState::Done), 1);
    assert_eq!(store.tally(&RequestId::new("01R2")).await.unwrap().changed_at, None);
}

pub(in crate::store) async fn nothing_is_sent_that_does_not_wait_and_done_stays_done(store: Arc<dyn Store>) {
    use ItemState::{Done, Failed, Sent, Skipped, Unknown, Waiting};
    let request = put(&store, "01R1", 1, 6).await.unwrap();
    for (position, before) in (0..).zip([Sent, Done, Failed, Unknown, Skipped]) {
        mark(&store, &request, &[(position, before)]).await.unwrap();
        let again = mark(&store, &request, &[(5, Skipped), (position, Sent)]).await;
        assert!(again.is_err(), "{before:?} is not sent");
    }
    for after in [Waiting, Failed, Unknown, Skipped] {
        assert!(mark(&store, &request, &[(1, after)]).await.is_err(), "{after:?} after done");
    }
    // What is proved not to have happened may wait again.
    mark(&store, &request, &[(0, Waiting)]).await.unwrap();
    mark(&store, &request, &[(0, Sent)]).await.unwrap();
    assert_eq!(places(&read(&store, &request.id, Some(Waiting), 0).await), [5], "nothing of what failed");
}

pub(in crate::store) async fn what_waits_is_marked_in_one_go(store: Arc<dyn Store>) {
    let request = put(&store, "01R1", 1, 4).await.unwrap();
    let marks = Marks {
        request: request.id.clone(),
        version: 1,
        each: vec![(0, ItemState::Done, String::new())],
        rest: Some((ItemState::Skipped, "stopped before its turn".to_owned())),
    };
    store.commit(Commit { marks: Some(marks), ..Commit::default() }).await.unwrap();
    let tally = store.tally(&request.id).await.unwrap();
    assert_eq!((tally.of(ItemState::Done), tally.of(ItemState::Skipped)), (1, 3));
}

pub(in crate::store) async fn an_item_is_a_target_of_its_request(store: Arc<dyn Store>) {
    let many = put(&store, "01R1", 1, 3).await.unwrap();
    let of = |targets: Vec<u128>| Filter {
        any_target: Some(("production".to_owned(), targets.into_iter().map(Uuid::from_u128).collect())),
        ..Filter::default()
    };
    let ids = async |filter| {
        let found = store.requests(filter).await.unwrap();
        found.into_iter().map(|request| request.id.to_string()).collect::<Vec<_>>()
    };
    let touching =
        Filter { target: Some(("production".to_owned(), Uuid::from_u128(2))), ..Filter::default() };
    assert_eq!(ids(touching).await, ["01R1"]);
    assert_eq!(ids(of(vec![9, 3])).await, ["01R1"]);
    assert_eq!(ids(of(vec![9, 10])).await, [""; 0]);
    assert_eq!(ids(of(vec![])).await, [""; 0]);
    let other = Filter { any_target: Some(("staging".to_owned(), vec![Uuid::from_u128(3)])), ..of(vec![]) };
    assert_eq!(ids(other).await, [""; 0]);
    // And so nobody asks for one of them beside it, alone or with others.
    let one = Commit { insert: Some(request_on("01R2", Uuid::from_u128(2))), ..Commit::default() };
    assert!(matches!(store.commit(one).await, Err(StoreError::Conflict)));
    assert!(matches!(put(&store, "01R3", 3, 3).await, Err(StoreError::Conflict)));
    assert_eq!(store.request(&RequestId::new("01R3")).await.unwrap(), None);
    store.commit(Commit { update: Some(step(&many, State::Denied)), ..Commit::default() }).await.unwrap();
    put(&store, "01R4", 3, 3).await.unwrap();
}

pub(in crate::store) async fn of_two_requests_with_one_common_item_one_is_made(store: Arc<dyn Store>) {
    for round in 0..20_u128 {
        let first = round * 10 + 1;
        let (left, right) = (format!("01L{round:02}"), format!("01R{round:02}"));
        let (one, other) = tokio::join!(put(&store, &left, first, 5), put(&store, &right, first + 4, 5));
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "round {round}");
    }
}

pub(in crate::store) async fn ten_thousand_items_are_one_commit(store: Arc<dyn Store>) {
    let request = put(&store, "01R1", 1, 10_000).await.unwrap();
    assert_eq!(store.tally(&request.id).await.unwrap().of(ItemState::Waiting), 10_000);
    let running = step(&request, State::Running);
    store.commit(Commit { update: Some(running.clone()), ..Commit::default() }).await.unwrap();
    let last = ItemFilter { state: Some(ItemState::Waiting), from: 9_999, limit: 10 };
    assert_eq!(store.items(&request.id, last).await.unwrap().len(), 1);
    let kept = serde_json::to_string(&store.request(&request.id).await.unwrap()).unwrap();
    assert!(kept.len() < 2_000, "the request itself stays small: {} bytes", kept.len());
}
