//! Opening: where the file may be, who may read it, and that nobody else has it.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::audit::{Act, verify_store};
use crate::store::conformance::samples::{entry, inbound, request};
use crate::store::{InboundKind, Receipt};

async fn refusal(path: &Path) -> String {
    match open(path).await {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_second_opener_is_refused_in_words_until_the_first_is_gone() {
    let first = OnDisk::new().await;
    let path = first.path().canonicalize().unwrap();
    let words =
        format!("the database `{}` is in use by another process; stop that one first", path.display());
    assert_eq!(refusal(&path).await, words);
    let other_name = first.directory.path().join("other.db");
    std::os::unix::fs::symlink(&path, &other_name).unwrap();
    assert_eq!(refusal(&other_name).await, words);
    let OnDisk { directory, store, sqlite } = first;
    drop(store);
    sqlite.close().await.unwrap();
    assert!(matches!(sqlite.writable().await, Err(StoreError::Unavailable(_))));
    drop(sqlite);
    open(&path).await.unwrap();
    drop(directory);
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("not here");
    let words = format!(
        "the directory `{}` does not exist; create it, or name another place for the database",
        missing.display()
    );
    assert_eq!(refusal(&missing.join("t.db")).await, words);
}

#[tokio::test]
async fn only_the_address_of_a_file_is_an_address() {
    for url in [
        "",
        "t.db",
        "sqlite://",
        "sqlite::memory:",
        "sqlite://:memory:",
        "postgres://h/d",
        "sqlite://t.db?mode=ro",
    ] {
        let error = SqliteStore::open(url, Arc::new(MovableClock::default())).await.err().unwrap();
        assert!(matches!(error, OpenError::Address(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.db");
    std::fs::write(
        &path,
        "not a database, whatever its name says, and long enough to have a header ".repeat(9),
    )
    .unwrap();
    let words = format!("`{}` could not be opened as an SQLite database", path.display());
    assert_eq!(refusal(&path).await, words);
    let words = format!("`{}` cannot be opened for writing", directory.path().display());
    assert_eq!(refusal(directory.path()).await, words);
}

#[tokio::test]
async fn every_file_belongs_to_its_owner_alone() {
    let on_disk = OnDisk::new().await;
    on_disk.store.receive(inbound(1)).await.unwrap();
    on_disk.store.unfinished(InboundKind::Command, 1).await.unwrap();
    let mut names = vec![];
    for file in std::fs::read_dir(on_disk.directory.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["t.db", "t.db-shm", "t.db-wal", "t.db.lock"]);
}

#[tokio::test]
async fn the_writer_waits_for_the_disk_and_holds_to_foreign_keys() {
    let on_disk = OnDisk::new().await;
    let mut turn = on_disk.sqlite.writer.lock().await.unwrap();
    let mut transaction = turn.begin().await.unwrap();
    let full = 2;
    for (pragma, expected) in [("synchronous", full), ("foreign_keys", 1), ("busy_timeout", 5000)] {
        let statement = AssertSqlSafe(format!("PRAGMA {pragma}"));
        let value: i64 = sqlx::query_scalar(statement).fetch_one(&mut *transaction).await.unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn what_was_kept_is_there_after_closing_and_after_losing_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.db");
    let first = open(&path).await.unwrap();
    assert_eq!(first.receive(inbound(1)).await.unwrap(), Receipt::Kept);
    let entries = vec![entry(&request("01R1"), Act::Requested)];
    first.commit(Commit { insert: Some(request("01R1")), entries, ..Commit::default() }).await.unwrap();
    // As after kill -9: only the files, in whatever state they are.
    let copy = directory.path().join("copy.db");
    for tail in ["", "-wal"] {
        std::fs::copy(format!("{}{tail}", path.display()), format!("{}{tail}", copy.display())).unwrap();
    }
    first.close().await.unwrap();
    drop(first);
    assert!(!directory.path().join("t.db-wal").exists());
    for path in [path, copy] {
        let again = open(&path).await.unwrap();
        assert_eq!(again.unfinished(InboundKind::Command, 10).await.unwrap(), [inbound(1)]);
        assert_eq!(again.request(&request("01R1").id).await.unwrap(), Some(request("01R1")));
        assert_eq!(verify_store(&again).await.unwrap().seq, 1);
    }
}

#[tokio::test]
async fn a_file_that_a_newer_version_wrote_is_refused() {
    let on_disk = OnDisk::new().await;
    on_disk
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', 1, x'00', 1)",
        )
        .await
        .unwrap();
    let path = on_disk.path().canonicalize().unwrap();
    let OnDisk { directory, store, sqlite } = on_disk;
    drop(store);
    sqlite.close().await.unwrap();
    assert!(matches!(sqlite.writable().await, Err(StoreError::Unavailable(_))));
    drop(sqlite);
    let words = format!(
        "the schema of `{}` is not one this version knows; use the version that wrote it, or a newer one",
        path.display()
    );
    assert_eq!(refusal(&path).await, words);
    drop(directory);
}
