//! Tampering with the file itself, by somebody who knows SQLite: every kind is found and named.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::*;
use crate::audit::{Act, Actor, Entry, seal};
use crate::clock::{SharedClock, SystemClock};
use crate::store::Commit;
use crate::store::sqlite::SqliteStore;

fn entry(number: i64) -> Entry {
    Entry::new(jiff::Timestamp::UNIX_EPOCH, Actor::Bot, Act::Read).result(number.to_string())
}

/// Writes five entries, lets somebody at the file, and verifies.
async fn after(tampering: &str) -> Result<ChainHead, VerifyError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.db");
    let clock: SharedClock = Arc::new(SystemClock);
    let store = SqliteStore::open(&format!("sqlite://{}", path.display()), clock).await.unwrap();
    for number in 0..5 {
        let entries = vec![entry(number)];
        store.commit(Commit { entries, ..Commit::default() }).await.unwrap();
    }
    let mut file = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql(
        "DROP TRIGGER audit_is_final; DROP TRIGGER audit_is_kept; DROP TRIGGER audit_is_not_replaced; \
         DROP TRIGGER audit_head_only_grows; DROP TRIGGER audit_head_is_kept;",
    )
    .execute(&mut file)
    .await
    .unwrap();
    sqlx::raw_sql(AssertSqlSafe(tampering.to_owned())).execute(&mut file).await.unwrap();
    let verified = verify_store(&store).await;
    store.close().await.unwrap();
    verified
}

async fn fault(tampering: &str) -> Fault {
    match after(tampering).await {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_untouched_file_is_whole() {
    assert_eq!(after("").await.unwrap().seq, 5);
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    let edit = "UPDATE audit SET entry = replace(entry, '\"2\"', '\"7\"') WHERE seq = 3";
    assert_eq!(fault(edit).await, Fault::Altered { seq: 3 });
}

#[tokio::test]
async fn a_removed_entry_is_named() {
    assert_eq!(fault("DELETE FROM audit WHERE seq = 2").await, Fault::Gap { expected: 2, found: 3 });
}

#[tokio::test]
async fn an_inserted_entry_is_named() {
    let insert = "UPDATE audit SET seq = 6 WHERE seq = 5; INSERT INTO audit (seq, previous, hash, entry) \
        SELECT 5, hash, hash, entry FROM audit WHERE seq = 4";
    assert_eq!(fault(insert).await, Fault::Altered { seq: 5 });
}

#[tokio::test]
async fn two_entries_that_changed_places_are_named() {
    let swap = "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; \
        UPDATE audit SET seq = 3 WHERE seq = 99";
    assert_eq!(fault(swap).await, Fault::Unlinked { seq: 2 });
}

#[tokio::test]
async fn a_cut_tail_is_named() {
    assert_eq!(fault("DELETE FROM audit WHERE seq > 3").await, Fault::Head { expected: 5, found: 3 });
    assert_eq!(fault("DELETE FROM audit").await, Fault::Head { expected: 5, found: 0 });
}

#[tokio::test]
async fn a_head_that_was_turned_back_is_named() {
    assert_eq!(fault("UPDATE audit_head SET seq = 3").await, Fault::Head { expected: 3, found: 5 });
}

#[tokio::test]
async fn a_last_entry_that_was_sealed_anew_is_named() {
    assert_eq!(fault("UPDATE audit_head SET hash = '00'").await, Fault::Altered { seq: 5 });
}

#[tokio::test]
async fn an_entry_that_was_sealed_anew_breaks_the_next() {
    let head = (0..2).fold(ChainHead::default(), |head, number| {
        let link = seal(&head, entry(number).canonical().unwrap());
        ChainHead { seq: link.seq, hash: link.hash }
    });
    let forged = seal(&head, entry(7).canonical().unwrap());
    let forge =
        format!("UPDATE audit SET hash = '{}', entry = '{}' WHERE seq = 3", forged.hash, forged.entry);
    assert_eq!(fault(&forge).await, Fault::Unlinked { seq: 4 });
}

#[tokio::test]
async fn a_missing_head_is_no_empty_chain() {
    let missing = after("DELETE FROM audit_head").await;
    assert!(matches!(missing, Err(VerifyError::Store(StoreError::Inconsistent { table: "audit_head", .. }))));
}
