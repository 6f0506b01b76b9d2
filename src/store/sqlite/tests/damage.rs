//! A full disk, a lost caller, and rows that nobody here wrote.

use std::error::Error as _;

use tokio::task::JoinSet;

use super::super::writer::Turn;
use super::*;
use crate::audit::{Act, verify_store};
use crate::store::conformance::samples::{at, entry, inbound, insert, message, request, yes};
use crate::store::{Inbound, InboundKind, Receipt};

/// From now on the disk is full for the connection that writes, until it is replaced.
async fn fill_disk(turn: &mut Turn<'_>) {
    let mut transaction = turn.begin().await.unwrap();
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

fn large(number: i64) -> Inbound {
    Inbound { body: serde_json::json!("x".repeat(20_000)), ..inbound(number) }
}

#[tokio::test]
async fn a_full_disk_is_told_to_every_caller_and_the_next_one_is_served() {
    let on_disk = OnDisk::new().await;
    // Held, so that all callers end up in one transaction.
    let mut turn = on_disk.sqlite.writer.lock().await.unwrap();
    fill_disk(&mut turn).await;
    let mut callers = JoinSet::new();
    for number in 0..20 {
        let store = Arc::clone(&on_disk.store);
        callers.spawn(async move { store.receive(large(number)).await });
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(turn);
    for answer in callers.join_all().await {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert_eq!(on_disk.store.receive(large(1)).await.unwrap(), Receipt::Kept);
    assert_eq!(on_disk.store.unfinished(InboundKind::Command, 100).await.unwrap(), [large(1)]);
}

#[tokio::test]
async fn a_full_disk_takes_a_commit_back_whole() {
    let on_disk = OnDisk::new().await;
    let first = insert(&on_disk.store, request("01R1")).await;
    fill_disk(&mut on_disk.sqlite.writer.lock().await.unwrap()).await;
    let second = Request { version: 2, reason: "x".repeat(50_000), ..first.clone() };
    let commit =
        Commit { entries: vec![entry(&first, Act::Approved)], update: Some(second), ..Commit::default() };
    let error = on_disk.store.commit(commit).await.unwrap_err();
    assert_eq!(error.to_string(), "the database did not answer or refused");
    assert!(!error.source().unwrap().to_string().contains("xxx"));
    assert_eq!(on_disk.store.request(&first.id).await.unwrap(), Some(first));
    assert_eq!(verify_store(on_disk.store.as_ref()).await.unwrap().seq, 1);
    on_disk.store.writable().await.unwrap();
}

#[tokio::test]
async fn writing_is_proved_by_writing() {
    let on_disk = OnDisk::new().await;
    let mut connection = None;
    checkpoint::shorten(&on_disk.sqlite.writer, &mut connection, 0).await.unwrap();
    let before = checkpoint::checkpoint(connection.as_mut().unwrap()).await.unwrap().pages;
    on_disk.store.writable().await.unwrap();
    let after = checkpoint::checkpoint(connection.as_mut().unwrap()).await.unwrap().pages;
    assert!(after != before, "{before} pages before and {after} after");
}

#[tokio::test]
async fn a_connection_that_was_left_in_a_transaction_is_not_used_again() {
    let on_disk = OnDisk::new().await;
    let mut turn = on_disk.sqlite.writer.lock().await.unwrap();
    let mut transaction = turn.begin().await.unwrap();
    // As SQLite does by itself after some failures; sqlx still counts one open transaction.
    sqlx::raw_sql("ROLLBACK").execute(&mut *transaction).await.unwrap();
    drop(transaction);
    drop(turn);
    on_disk.store.writable().await.unwrap();
    assert_eq!(on_disk.store.receive(inbound(1)).await.unwrap(), Receipt::Kept);
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_nothing_along() {
    let on_disk = OnDisk::new().await;
    let first = insert(&on_disk.store, request("01R1")).await;
    for _ in 0..200 {
        let commit = Commit { entries: vec![entry(&first, Act::Read)], ..Commit::default() };
        let mut doing = std::pin::pin!(on_disk.store.commit(commit));
        // Polled a few times, then dropped somewhere on the way.
        for _ in 0..3 {
            tokio::select! {
                biased;
                _ = &mut doing => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    let receiving = on_disk.store.receive(inbound(1));
    drop(receiving);
    assert_eq!(on_disk.store.receive(inbound(2)).await.unwrap(), Receipt::Kept);
    verify_store(on_disk.store.as_ref()).await.unwrap();
}

#[tokio::test]
async fn rows_that_nobody_here_wrote_are_named_by_place_and_not_by_value() {
    for (damage, place) in [
        ("UPDATE request SET body = 'SECRET'", "request.body"),
        ("UPDATE request SET body = replace(body, '\"id\":\"01R1\"', '\"id\":\"01R2\"')", "request.id"),
        ("UPDATE request SET version = 7", "request.version"),
        ("UPDATE request SET state = 'approved'", "request.state"),
        (
            "UPDATE request SET body = replace(body, '\"state\":\"pending\"', '\"state\":\"approved\"')",
            "request.state",
        ),
        ("UPDATE request SET environment = 'staging'", "request.environment"),
        ("UPDATE request SET operation = 'dataset purge'", "request.operation"),
        ("UPDATE request SET created_at = created_at + 1", "request.created_at"),
        ("UPDATE request SET expires_at = expires_at + 1", "request.expires_at"),
        (
            "UPDATE request SET body = replace(body, '\"requester\":\"alice\"', '\"requester\":\"SECRET\"')",
            "request.requester",
        ),
        (
            "UPDATE request SET body = replace(body, '\"requester_user\":\"UALICE\"', '\"requester_user\":\"SECRET\"')",
            "request.requester_user",
        ),
        ("DELETE FROM vote", "vote.request"),
    ] {
        let on_disk = OnDisk::new().await;
        insert(&on_disk.store, Request { votes: vec![yes("bob")], ..request("01R1") }).await;
        on_disk
            .tamper(
                "DROP TRIGGER request_keeps_what_was_asked; DROP TRIGGER request_steps_one_version; \
                 DROP TRIGGER vote_is_kept; PRAGMA foreign_keys = OFF",
            )
            .await
            .unwrap();
        let mut file = on_disk.file().await;
        sqlx::raw_sql("PRAGMA foreign_keys = OFF").execute(&mut file).await.unwrap();
        sqlx::raw_sql(damage).execute(&mut file).await.unwrap();
        let found = on_disk.store.request(&request("01R1").id).await.unwrap_err().to_string();
        assert_eq!(found, format!("inconsistent data in {place}, row 01R1"), "{damage}");
        // It hides no other.
        insert(&on_disk.store, request("01R0")).await;
        let listed = on_disk.store.requests(Filter { limit: 1, ..Filter::default() }).await.unwrap();
        assert_eq!(listed, [request("01R0")]);
    }
}

#[tokio::test]
async fn damaged_deliveries_and_messages_are_named_too() {
    let on_disk = OnDisk::new().await;
    on_disk.store.receive(inbound(1)).await.unwrap();
    on_disk
        .store
        .commit(Commit {
            messages: vec![message("01M1", "a", 0), message("01M2", "b", 0)],
            ..Commit::default()
        })
        .await
        .unwrap();
    on_disk.tamper("UPDATE inbound SET body = 'SECRET'").await.unwrap();
    on_disk.store.receive(inbound(2)).await.unwrap();
    assert_eq!(on_disk.store.unfinished(InboundKind::Command, 1).await.unwrap(), [inbound(2)]);
    let found = on_disk.store.inbound(&inbound(1).id).await.unwrap_err();
    assert_eq!(found.to_string(), "inconsistent data in inbound.body, row 01INBOUND00001");
    for damage in [
        "UPDATE outbox SET tries = -1 WHERE id = '01M1'",
        "UPDATE outbox SET created_at = 9223372036854775807 WHERE id = '01M1'",
        "UPDATE outbox SET body = 'SECRET' WHERE id = '01M1'",
        "UPDATE outbox SET delivery = '{\"kind\":\"SECRET\"}' WHERE id = '01M1'",
    ] {
        on_disk.tamper(damage).await.unwrap();
        let due = on_disk.store.due_messages(at(0), 1).await.unwrap();
        assert_eq!(due.iter().map(|message| message.id.as_str()).collect::<Vec<_>>(), ["01M2"], "{damage}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_starts_anew_while_others_write() {
    let on_disk = OnDisk::new().await;
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let store = Arc::clone(&on_disk.store);
        callers.spawn(async move {
            for number in 0..50 {
                store.receive(large(caller * 50 + number)).await.unwrap();
            }
        });
    }
    let mut connection = None;
    let mut longest = 0;
    while !callers.is_empty() {
        checkpoint::shorten(&on_disk.sqlite.writer, &mut connection, 200).await.unwrap();
        let log = checkpoint::checkpoint(connection.as_mut().unwrap()).await.unwrap();
        longest = longest.max(log.pages);
        while callers.try_join_next().is_some() {}
    }
    // 400 deliveries of five pages and more: the log began anew several times.
    assert!(longest < 1500, "{longest} pages");
    on_disk.store.writable().await.unwrap();
    let log = checkpoint::checkpoint(connection.as_mut().unwrap()).await.unwrap();
    assert_eq!(log.pages, log.moved);
    assert_eq!(on_disk.store.unfinished(InboundKind::Command, 1000).await.unwrap().len(), 400);
}
