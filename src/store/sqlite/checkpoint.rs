//! Moving what was committed from SQLite's log into the main file, off the way of those who commit.
//!
//! Guarantees that the log stays bounded and that a commit waits for this only when the log has grown far beyond its
//! usual size. Leaves durability to the log itself, which is on the disk before anybody is answered.

use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::writer::{Writer, unavailable};
use crate::store::StoreError;

/// After so many transactions the log is worth moving.
const EVERY: u64 = 32;
/// A log of more pages than this (32 MiB) grows faster than it is moved: writers wait once, and it starts anew.
const LONGEST: i64 = 8192;

/// The task that does it.
pub(super) struct Checkpoints {
    // Dropping this ends the task as well.
    stop: watch::Sender<()>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    /// Starts the task; it ends when this is dropped.
    pub(super) fn start(writer: Arc<Writer>) -> Self {
        let (stop, stopped) = watch::channel(());
        Self { stop, task: Mutex::new(Some(tokio::spawn(keep_short(writer, stopped)))) }
    }

    /// Waits until the task's connection is closed.
    pub(super) async fn close(&self) {
        self.stop.send_replace(());
        if let Some(task) = self.task.lock().await.take() {
            // It can only fail by a panic, which has ended it as well.
            let _ = task.await;
        }
    }
}

async fn keep_short(writer: Arc<Writer>, mut stopped: watch::Receiver<()>) {
    let mut written = writer.written();
    let mut connection = None;
    let mut moved = 0;
    loop {
        let count = tokio::select! {
            counted = written.wait_for(|count| *count >= moved + EVERY) => counted.map(|count| *count),
            _ = stopped.changed() => break,
        };
        let Ok(count) = count else { break };
        moved = count;
        if let Err(error) = shorten(&writer, &mut connection, LONGEST).await {
            connection = None;
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the store's log could not be moved into its file; it is tried again"
            );
        }
    }
    if let Some(connection) = connection {
        // Nothing is lost where this fails: the log is read at the next start.
        let _ = connection.close().await;
    }
}

/// Moves what is in the log; where it is longer than `longest`, to its end.
pub(super) async fn shorten(
    writer: &Writer,
    slot: &mut Option<SqliteConnection>,
    longest: i64,
) -> Result<(), StoreError> {
    let connection = match slot {
        Some(connection) => connection,
        None => slot.insert(SqliteConnection::connect_with(writer.options()).await.map_err(unavailable)?),
    };
    if checkpoint(connection).await?.pages > longest {
        let _turn = writer.lock().await?;
        checkpoint(connection).await?;
    }
    Ok(())
}

/// How long the log is, and how much of it is in the main file too.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Log {
    #[sqlx(rename = "log")]
    pub(super) pages: i64,
    #[sqlx(rename = "checkpointed")]
    pub(super) moved: i64,
}

/// Moves what can be moved without waiting for anybody.
pub(super) async fn checkpoint(connection: &mut SqliteConnection) -> Result<Log, StoreError> {
    sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(connection).await.map_err(unavailable)
}
