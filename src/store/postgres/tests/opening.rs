//! Opening, losing and closing the database.

use std::time::Duration;

use super::*;
use crate::store::conformance::samples::{at, inbound, request};

/// Any process keeps deliveries; one acts, and the next one takes over when it is gone.
#[tokio::test]
async fn of_several_processes_one_acts_and_all_take_deliveries() {
    let on_server = OnServer::new().await;
    let first = on_server.leading().await;
    let second = on_server.open().await.unwrap();
    assert!(!second.try_lead().await.unwrap());
    assert_eq!(second.receive(inbound(1)).await.unwrap(), Receipt::Kept);
    assert_eq!(first.receive(inbound(1)).await.unwrap(), Receipt::Replayed);
    second.writable().await.unwrap();
    let wish = || Commit { insert: Some(request("01R1")), ..Commit::default() };
    assert!(matches!(second.commit(wish()).await, Err(StoreError::Unavailable(_))));
    assert_eq!(first.unfinished(InboundKind::Command, 9).await.unwrap(), [inbound(1)]);
    first.close().await.unwrap();
    tokio::time::timeout(Duration::from_mins(1), second.lead()).await.unwrap().unwrap();
    second.commit(wish()).await.unwrap();
    assert!(matches!(first.commit(wish()).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_database_that_a_newer_version_wrote_is_refused() {
    let on_server = OnServer::new().await;
    on_server.open().await.unwrap().close().await.unwrap();
    on_server
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', true, '\\x00', 0)",
        )
        .await
        .unwrap();
    let refused = on_server.open().await.err().unwrap();
    assert!(matches!(refused, OpenError::Schema), "{refused:?}");
}

#[tokio::test]
async fn an_address_of_something_else_is_refused_and_never_repeated() {
    let clock = || Arc::new(MovableClock::default());
    let refused = PostgresStore::open("mysql://role:three@host/x", None, clock()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Address));
    let away = PostgresStore::open("postgres://role:three@127.0.0.1:1/x", None, clock()).await.err().unwrap();
    assert!(matches!(away, OpenError::Database(_)));
    assert!(!format!("{refused} {away} {away:?}").contains("three"), "{away:?}");
}

#[tokio::test]
async fn what_was_kept_is_there_after_closing() {
    let on_server = OnServer::new().await;
    let store = on_server.leading().await;
    store.receive(inbound(1)).await.unwrap();
    store.commit(Commit { insert: Some(request("01R1")), ..Commit::default() }).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.receive(inbound(2)).await, Err(StoreError::Unavailable(_))));
    let store = on_server.open().await.unwrap();
    assert_eq!(store.unfinished(InboundKind::Command, 9).await.unwrap().len(), 1);
    assert_eq!(store.request(&RequestId::new("01R1")).await.unwrap(), Some(request("01R1")));
}

/// Sessions that the server ended are opened anew, but for the one that held the lock: somebody else may have it.
#[tokio::test]
async fn whoever_lost_the_lock_acts_no_more_and_the_next_one_does() {
    let on_server = OnServer::new().await;
    let store = on_server.leading().await;
    let mut other = on_server.session().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut other)
    .await
    .unwrap();
    tokio::time::timeout(Duration::from_mins(1), store.lost()).await.unwrap();
    let commit = || Commit { insert: Some(request("01R1")), ..Commit::default() };
    assert!(matches!(store.commit(commit()).await, Err(StoreError::Unavailable(_))));
    // What it is sent is kept all the same, for the next one.
    store.receive(inbound(1)).await.unwrap();
    let next = on_server.leading().await;
    assert_eq!(next.unfinished(InboundKind::Command, 9).await.unwrap(), [inbound(1)]);
    next.commit(commit()).await.unwrap();
}

/// The lock may be another's before whoever had it notices.
#[tokio::test]
async fn a_turn_that_is_over_writes_nothing_even_where_it_is_not_noticed() {
    let on_server = OnServer::new().await;
    let store = on_server.leading().await;
    on_server.tamper("UPDATE acting SET term = term + 1").await.unwrap();
    store.lead.still().unwrap();
    let commit = Commit { insert: Some(request("01R1")), ..Commit::default() };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Unavailable(_))));
    tokio::time::timeout(Duration::from_mins(1), store.lost()).await.unwrap();
    assert_eq!(store.request(&RequestId::new("01R1")).await.unwrap(), None);
}

#[tokio::test]
async fn the_audit_is_read_beside_a_running_bot_and_nothing_is_written() {
    let on_server = OnServer::new().await;
    let store = on_server.leading().await;
    let entry = crate::audit::Entry::new(at(0), crate::audit::Actor::Bot, crate::audit::Act::Service);
    store.commit(Commit { entries: vec![entry], ..Commit::default() }).await.unwrap();
    let reader = PostgresAuditReader::open(&on_server.url, None).await.unwrap();
    assert_eq!(crate::audit::verify_store(&reader).await.unwrap().seq, 1);
}
