//! The chain: gapless, in order, and never behind what it records.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::samples::{entry, insert, request};
use crate::audit::{Act, ChainHead, verify, verify_store};
use crate::store::{Commit, Store};

pub(in crate::store) async fn entries_are_chained_in_the_order_of_their_commit(store: Arc<dyn Store>) {
    assert_eq!(store.audit_head().await.unwrap(), ChainHead::default());
    let acts = [Act::Requested, Act::Approved, Act::Claimed, Act::Settled];
    let about = request("01R1");
    let entries = acts.map(|act| entry(&about, act)).to_vec();
    store.commit(Commit { entries: entries.clone(), ..Commit::default() }).await.unwrap();
    let links = store.audit_links(0, 10).await.unwrap();
    let written: Vec<String> = links.iter().map(|link| link.entry.clone()).collect();
    let expected: Vec<String> = entries.iter().map(|entry| entry.canonical().unwrap()).collect();
    assert_eq!(written, expected);
    assert_eq!(verify(&ChainHead::default(), &links).unwrap(), store.audit_head().await.unwrap());
    assert_eq!(store.audit_links(1, 2).await.unwrap(), links[1..3]);
    assert_eq!(store.audit_links(4, 10).await.unwrap(), []);
}

pub(in crate::store) async fn the_chain_has_no_gaps_after_concurrent_commits(store: Arc<dyn Store>) {
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for turn in 0..20 {
                let about = request(&format!("01R{writer:02}{turn:02}"));
                insert(&store, about.clone()).await;
                let entries = vec![entry(&about, Act::Approved), entry(&about, Act::Claimed)];
                store.commit(Commit { entries, ..Commit::default() }).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    assert_eq!(verify_store(store.as_ref()).await.unwrap().seq, 16 * 20 * 3);
}

pub(in crate::store) async fn a_request_has_its_own_entries(store: Arc<dyn Store>) {
    let one = insert(&store, request("01R1")).await;
    let two = insert(&store, request("01R2")).await;
    let entries = vec![entry(&two, Act::Denied), entry(&one, Act::Cancelled)];
    store.commit(Commit { entries, ..Commit::default() }).await.unwrap();
    let links = store.audit_links(0, 10).await.unwrap();
    assert_eq!(store.audit_of(&one.id).await.unwrap(), [links[0].clone(), links[3].clone()]);
}

pub(in crate::store) async fn an_entry_is_kept_even_where_nothing_else_happens(store: Arc<dyn Store>) {
    let entries = vec![entry(&request("01R1"), Act::RequestRefused)];
    store.commit(Commit { entries, ..Commit::default() }).await.unwrap();
    store.commit(Commit::default()).await.unwrap();
    assert_eq!(verify_store(store.as_ref()).await.unwrap().seq, 1);
}

pub(in crate::store) async fn the_store_says_that_it_can_be_written(store: Arc<dyn Store>) {
    store.writable().await.unwrap();
    assert_eq!(store.audit_head().await.unwrap(), ChainHead::default());
}
