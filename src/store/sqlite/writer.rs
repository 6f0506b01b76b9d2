//! The one connection that writes.
//!
//! Guarantees that writers wait for each other in the order they came, in this process and without SQLite's own
//! sleeping retries; that every transaction is `BEGIN IMMEDIATE`; and that a connection on which something failed is
//! never used again. Leaves what is written to its callers.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::store::StoreError;

/// The one connection that writes.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
    // SQLite rolls a transaction back by itself when the disk is full; sqlx's count of open transactions does not
    // notice, and would refuse every later one.
    suspect: AtomicBool,
    closed: AtomicBool,
    written: watch::Sender<u64>,
}

impl Writer {
    pub(super) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        Self {
            options,
            connection: Mutex::new(Some(connection)),
            suspect: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            written: watch::Sender::new(0),
        }
    }

    /// How its connections are made; every connection that writes is made like this.
    pub(super) fn options(&self) -> &SqliteConnectOptions {
        &self.options
    }

    /// How many transactions were committed, as it grows.
    pub(super) fn written(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    /// Waits for the connection.
    pub(super) async fn lock(&self) -> Result<Turn<'_>, StoreError> {
        let mut connection = self.connection.lock().await;
        if self.closed.load(Ordering::Acquire) {
            return Err(unavailable(sqlx::Error::PoolClosed));
        }
        let abandoned = connection.as_ref().is_some_and(Connection::is_in_transaction);
        if abandoned || self.suspect.swap(false, Ordering::AcqRel) {
            *connection = None;
        }
        if connection.is_none() {
            *connection = Some(SqliteConnection::connect_with(&self.options).await.map_err(unavailable)?);
        }
        Ok(Turn { connection, suspect: &self.suspect })
    }

    /// Commits what went well and takes back what did not.
    pub(super) async fn end<T>(
        &self,
        transaction: Transaction<'_, Sqlite>,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = match result {
            Ok(value) => transaction.commit().await.map_err(unavailable).map(|()| value),
            Err(error) => {
                // Where even this fails, closing the connection takes it back; the reason is the first error.
                if transaction.rollback().await.is_err() {
                    self.suspect.store(true, Ordering::Release);
                }
                Err(error)
            }
        };
        match &result {
            Ok(_) => self.written.send_modify(|count| *count += 1),
            Err(StoreError::Unavailable(_) | StoreError::Unacceptable(_)) => {
                self.suspect.store(true, Ordering::Release);
            }
            Err(StoreError::Conflict | StoreError::Inconsistent { .. }) => {}
        }
        result
    }

    /// Closes the connection, which puts everything into the main file. No other is made afterwards.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().await;
        self.closed.store(true, Ordering::Release);
        match connection.take() {
            Some(connection) => connection.close().await.map_err(unavailable),
            None => Ok(()),
        }
    }
}

/// One caller's time with the connection.
pub(super) struct Turn<'w> {
    connection: MutexGuard<'w, Option<SqliteConnection>>,
    suspect: &'w AtomicBool,
}

impl Turn<'_> {
    /// Begins a transaction that holds SQLite's write lock from its first moment. Dropped, it is rolled back.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        let Some(connection) = self.connection.as_mut() else {
            return Err(unavailable(sqlx::Error::PoolClosed));
        };
        let begun = connection.begin_with("BEGIN IMMEDIATE").await;
        if begun.is_err() {
            self.suspect.store(true, Ordering::Release);
        }
        begun.map_err(unavailable)
    }
}

/// The driver's error as ours. Its text names codes, tables and columns and never a value.
pub(super) fn unavailable(error: sqlx::Error) -> StoreError {
    if may_pass(&error) {
        StoreError::Unavailable(Box::new(error))
    } else {
        StoreError::Unacceptable(Box::new(error))
    }
}

/// Whether the same may go well later.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(refused) => {
            // The low byte is the kind; the rest says more closely which.
            let code = refused.code().and_then(|code| code.parse::<u32>().ok());
            code.is_some_and(|code| PASSING.contains(&(code & 0xff)))
        }
        _ => false,
    }
}

/// SQLite's result codes that speak of the moment and not of the statement: PERM, BUSY, LOCKED, NOMEM, READONLY,
/// INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const PASSING: [u32; 10] = [3, 5, 6, 7, 8, 9, 10, 13, 14, 15];
