//! Deliveries: kept once, finished once, forgotten in time.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::samples::{at, inbound};
use crate::ids::InboundId;
use crate::store::{Commit, Inbound, InboundKind, Receipt, Store, StoreError};

async fn finish(store: &Arc<dyn Store>, delivery: &Inbound) -> Result<(), StoreError> {
    store.commit(Commit { finishes: Some(delivery.id.clone()), ..Commit::default() }).await
}

pub(in crate::store) async fn a_delivery_is_kept_and_comes_back_as_it_was(store: Arc<dyn Store>) {
    assert_eq!(store.receive(inbound(1)).await.unwrap(), Receipt::Kept);
    assert_eq!(store.inbound(&inbound(1).id).await.unwrap(), Some(inbound(1)));
    assert_eq!(store.inbound(&InboundId::new("other")).await.unwrap(), None);
}

pub(in crate::store) async fn the_same_signature_is_a_replay_and_the_same_act_a_duplicate(
    store: Arc<dyn Store>,
) {
    store.receive(inbound(1)).await.unwrap();
    let replay = Inbound { signature: inbound(1).signature, ..inbound(2) };
    let copy = Inbound { dedupe: inbound(1).dedupe, ..inbound(3) };
    let unrelated = Inbound { id: inbound(1).id, ..inbound(4) };
    assert_eq!(store.receive(replay).await.unwrap(), Receipt::Replayed);
    assert_eq!(store.receive(inbound(1)).await.unwrap(), Receipt::Replayed);
    assert_eq!(store.receive(copy).await.unwrap(), Receipt::Duplicate);
    assert!(matches!(store.receive(unrelated).await, Err(StoreError::Conflict)));
    assert_eq!(store.unfinished(InboundKind::Command, 10).await.unwrap(), [inbound(1)]);
}

pub(in crate::store) async fn the_same_delivery_many_times_at_once_is_kept_once(store: Arc<dyn Store>) {
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let store = Arc::clone(&store);
        callers.spawn(async move { store.receive(inbound(1)).await.unwrap() });
    }
    let receipts = callers.join_all().await;
    assert_eq!(receipts.iter().filter(|receipt| **receipt == Receipt::Kept).count(), 1);
    assert_eq!(receipts.iter().filter(|receipt| **receipt == Receipt::Replayed).count(), 99);
}

pub(in crate::store) async fn many_callers_at_once_each_get_their_own_answer(store: Arc<dyn Store>) {
    for number in (0..300).step_by(3) {
        store.receive(inbound(number)).await.unwrap();
    }
    let mut callers = JoinSet::new();
    for number in 0..300 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            let copy = Inbound {
                id: InboundId::new(format!("copy {number}")),
                signature: format!("copy {number}"),
                ..inbound(number)
            };
            (number, store.receive(copy).await.unwrap())
        });
    }
    for (number, receipt) in callers.join_all().await {
        let expected = if number % 3 == 0 { Receipt::Duplicate } else { Receipt::Kept };
        assert_eq!(receipt, expected, "delivery {number}");
    }
    assert_eq!(store.unfinished(InboundKind::Command, 1000).await.unwrap().len(), 300);
}

pub(in crate::store) async fn unfinished_deliveries_come_oldest_first_and_no_more_than_asked(
    store: Arc<dyn Store>,
) {
    for number in 1..=5 {
        store.receive(inbound(number)).await.unwrap();
    }
    finish(&store, &inbound(2)).await.unwrap();
    assert_eq!(
        store.unfinished(InboundKind::Command, 3).await.unwrap(),
        [inbound(1), inbound(3), inbound(4)]
    );
}

pub(in crate::store) async fn each_kind_of_delivery_is_read_by_itself(store: Arc<dyn Store>) {
    for (number, kind) in (1..).zip(InboundKind::ALL) {
        store.receive(Inbound { kind, ..inbound(number) }).await.unwrap();
    }
    for (number, kind) in (1..).zip(InboundKind::ALL) {
        assert_eq!(store.unfinished(kind, 10).await.unwrap(), [Inbound { kind, ..inbound(number) }]);
    }
}

pub(in crate::store) async fn a_delivery_is_finished_once_and_known_afterwards(store: Arc<dyn Store>) {
    store.receive(inbound(1)).await.unwrap();
    finish(&store, &inbound(1)).await.unwrap();
    assert!(matches!(finish(&store, &inbound(1)).await, Err(StoreError::Conflict)));
    assert!(matches!(finish(&store, &inbound(2)).await, Err(StoreError::Conflict)));
    assert_eq!(store.unfinished(InboundKind::Command, 10).await.unwrap(), []);
    assert_eq!(store.inbound(&inbound(1).id).await.unwrap(), Some(inbound(1)));
    assert_eq!(store.receive(inbound(1)).await.unwrap(), Receipt::Replayed);
}

pub(in crate::store) async fn only_finished_deliveries_before_the_moment_are_forgotten(
    store: Arc<dyn Store>,
) {
    let mut callers = JoinSet::new();
    for number in 0..1200 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            store.receive(inbound(number)).await.unwrap();
            if number != 7 {
                finish(&store, &inbound(number)).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    assert_eq!(store.forget_finished(at(1100)).await.unwrap(), 1099);
    assert_eq!(store.unfinished(InboundKind::Command, 10).await.unwrap(), [inbound(7)]);
    assert_eq!(store.inbound(&inbound(1099).id).await.unwrap(), None);
    assert_eq!(store.inbound(&inbound(1100).id).await.unwrap(), Some(inbound(1100)));
    assert_eq!(store.receive(inbound(1)).await.unwrap(), Receipt::Kept);
}
