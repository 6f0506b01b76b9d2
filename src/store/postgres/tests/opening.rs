//! Opening, losing and closing the database.

use std::time::Duration;

use super::*;
use crate::store::conformance::samples::{at, inbound, request};

#[tokio::test]
async fn a_second_opener_is_refused_in_words_until_the_first_is_gone() {
    let on_server = OnServer::new().await;
    let first = on_server.open().await.unwrap();
    let refused = on_server.open().await.err().unwrap();
    assert!(matches!(refused, OpenError::InUse), "{refused:?}");
    first.close().await.unwrap();
    on_server.open().await.unwrap();
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
    let store = on_server.open().await.unwrap();
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
async fn whoever_lost_the_lock_writes_nothing_any_more() {
    let on_server = OnServer::new().await;
    let store = on_server.open().await.unwrap();
    store.receive(inbound(1)).await.unwrap();
    let mut other = on_server.session().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut other)
    .await
    .unwrap();
    let lost = tokio::time::timeout(Duration::from_mins(1), async {
        while store.sole.still().is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    lost.await.unwrap();
    assert!(matches!(store.receive(inbound(2)).await, Err(StoreError::Unavailable(_))));
    let commit = Commit { insert: Some(request("01R1")), ..Commit::default() };
    assert!(matches!(store.commit(commit).await, Err(StoreError::Unavailable(_))));
    // What was kept can still be read.
    assert_eq!(store.unfinished(InboundKind::Command, 9).await.unwrap().len(), 1);
    // And the next one takes over.
    let next = on_server.open().await.unwrap();
    next.receive(inbound(2)).await.unwrap();
}

#[tokio::test]
async fn the_audit_is_read_beside_a_running_bot_and_nothing_is_written() {
    let on_server = OnServer::new().await;
    let store = on_server.open().await.unwrap();
    let entry = crate::audit::Entry::new(at(0), crate::audit::Actor::Bot, crate::audit::Act::Service);
    store.commit(Commit { entries: vec![entry], ..Commit::default() }).await.unwrap();
    let reader = PostgresAuditReader::open(&on_server.url, None).await.unwrap();
    assert_eq!(crate::audit::verify_store(&reader).await.unwrap().seq, 1);
}
