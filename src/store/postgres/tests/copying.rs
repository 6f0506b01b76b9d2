//! Moving from a file to a server.

use tempfile::TempDir;

use super::*;
use crate::approval::ItemState;
use crate::audit::{Act, verify_store};
use crate::store::conformance::samples::{at, entry, inbound, insert, message, request, yes};
use crate::store::copy::{CopyError, copy};
use crate::store::sqlite::SqliteStore;
use crate::store::{Delivery, WatchStep};

/// A file with something in each table.
async fn full_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&url, Arc::new(MovableClock::default())).await.unwrap());
    for number in 0..450 {
        store.receive(inbound(number)).await.unwrap();
    }
    let first = insert(&store, request("01R1")).await;
    let second = Request { version: 2, votes: vec![yes("bob")], ..first };
    let watch =
        Watch { request: second.id.clone(), due_at: at(1), ends_at: at(2), memory: serde_json::json!(1) };
    let card = Delivery::Card { channel: "C1".to_owned() };
    let sent = Outgoing { delivery: card, request: Some(second.id.clone()), ..message("01M1", "01R1", 0) };
    store
        .commit(Commit {
            entries: vec![entry(&second, Act::Approved), entry(&second, Act::Claimed)],
            messages: vec![sent.clone(), message("01M2", "other", 1)],
            watch: Some(WatchStep::Keep(watch)),
            update: Some(second),
            ..Commit::default()
        })
        .await
        .unwrap();
    let address = MessageAddress { channel: "C1".to_owned(), ts: "1.2".to_owned() };
    store.settle_message(&sent.id, MessageFate::Delivered(Some(address))).await.unwrap();
    store.close().await.unwrap();
    (folder, url)
}

#[tokio::test]
async fn everything_arrives_and_the_audit_goes_on() {
    let (_folder, from) = full_file().await;
    let on_server = OnServer::new().await;
    let copied = copy(&from, &on_server.url, None).await.unwrap();
    let counts: Vec<String> = copied.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    assert_eq!(
        counts,
        [
            "inbound 450",
            "request 1",
            "request_target 1",
            "vote 1",
            "audit 3",
            "outbox 2",
            "card 1",
            "watch 1",
            "item 0",
            "audit_head 1"
        ]
    );
    let file = SqliteStore::open(&from, Arc::new(MovableClock::default())).await.unwrap();
    let server = on_server.leading().await;
    let id = RequestId::new("01R1");
    assert_eq!(server.request(&id).await.unwrap(), file.request(&id).await.unwrap());
    assert_eq!(server.card(&id).await.unwrap(), file.card(&id).await.unwrap());
    assert_eq!(server.tally(&id).await.unwrap().of(ItemState::Waiting), 0);
    assert_eq!(server.due_watches(at(9), 9).await.unwrap(), file.due_watches(at(9), 9).await.unwrap());
    assert_eq!(server.due_messages(at(9), 9).await.unwrap(), file.due_messages(at(9), 9).await.unwrap());
    let kind = InboundKind::Command;
    assert_eq!(server.unfinished(kind, 999).await.unwrap(), file.unfinished(kind, 999).await.unwrap());
    // What comes next comes after it.
    server.receive(inbound(450)).await.unwrap();
    assert_eq!(server.unfinished(kind, 999).await.unwrap().last(), Some(&inbound(450)));
    let next = entry(&request("01R1"), Act::Settled);
    server
        .commit(Commit {
            entries: vec![next],
            messages: vec![message("01M3", "other", 2)],
            ..Commit::default()
        })
        .await
        .unwrap();
    assert_eq!(verify_store(&server).await.unwrap().seq, 4);
}

#[tokio::test]
async fn a_target_that_is_in_use_or_not_empty_is_refused_and_so_is_the_other_way() {
    let (_folder, from) = full_file().await;
    let on_server = OnServer::new().await;
    let running = on_server.leading().await;
    assert!(matches!(copy(&from, &on_server.url, None).await, Err(CopyError::Target(OpenError::InUse))));
    running.receive(inbound(1)).await.unwrap();
    running.close().await.unwrap();
    assert!(matches!(copy(&from, &on_server.url, None).await, Err(CopyError::NotEmpty)));
    assert!(matches!(copy(&on_server.url, &from, None).await, Err(CopyError::Direction)));
}

#[tokio::test]
async fn a_file_whose_audit_does_not_hold_is_not_copied() {
    let (_folder, from) = full_file().await;
    let mut file = sqlx::SqliteConnection::connect(&from).await.unwrap();
    sqlx::raw_sql("DROP TRIGGER audit_is_final; UPDATE audit SET entry = replace(entry, 'approved', 'denied') WHERE seq = 2")
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();
    let on_server = OnServer::new().await;
    assert!(matches!(copy(&from, &on_server.url, None).await, Err(CopyError::SourceAudit(_))));
    let server = on_server.open().await.unwrap();
    assert_eq!(server.audit_head().await.unwrap().seq, 0);
}
