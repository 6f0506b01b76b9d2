//! Which of the processes on a database acts.
//!
//! Guarantees that one at a time does, by a lock of the server's that belongs to a connection; that each turn has a number,
//! which every transaction of whoever acts holds still, so that nothing is written by a process whose turn is over, though
//! it may not know yet; and that the others wait for the lock, and take deliveries meanwhile. Leaves starting anew, after
//! it was lost, to whoever runs the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::errors::unavailable;
use crate::store::StoreError;

/// What is locked; a number of our own, as the server knows these locks by number.
const KEY: i64 = 0x636b_616e_6368_6174;
/// How often the lock is asked for, and the connection that holds it looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a look may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Waits,
    Leads,
    Lost,
}

/// Whether this process acts.
pub(super) struct Lead {
    options: PgConnectOptions,
    standing: Arc<watch::Sender<Standing>>,
    term: AtomicI64,
    looking: Mutex<Option<JoinHandle<()>>>,
}

impl Lead {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let standing = Arc::new(watch::Sender::new(Standing::Waits));
        Self { options, standing, term: AtomicI64::new(0), looking: Mutex::new(None) }
    }

    /// Takes the lock where nobody has it.
    pub(super) async fn try_take(&self) -> Result<bool, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        self.take_on(&mut connection).await?;
        Ok(self.settle(connection).await)
    }

    /// Waits for the lock. A server that cannot be reached is asked again.
    pub(super) async fn wait(&self) {
        loop {
            let led = self.wait_on_one_connection().await;
            match led {
                Ok(()) => return,
                Err(error) => tracing::warn!(error = %error, "the lock on the database cannot be asked for"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn wait_on_one_connection(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.options.connect().await?;
        while !self.take_on(&mut connection).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.settle(connection).await;
        Ok(())
    }

    /// Whether the lock is this connection's now.
    async fn take_on(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        if *self.standing.borrow() != Standing::Waits {
            return Ok(true);
        }
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(KEY)
            .fetch_one(&mut *connection)
            .await?;
        if taken {
            // Waits for what the one before has not ended yet.
            let term = sqlx::query_scalar("UPDATE acting SET term = term + 1 WHERE id = 1 RETURNING term")
                .fetch_one(connection)
                .await?;
            self.term.store(term, Ordering::Release);
            self.standing.send_replace(Standing::Leads);
        }
        Ok(taken)
    }

    /// Keeps the connection, where the lock is its own.
    async fn settle(&self, connection: PgConnection) -> bool {
        let mut looking = self.looking.lock().await;
        let leads = *self.standing.borrow() == Standing::Leads;
        if leads && looking.is_none() {
            *looking = Some(tokio::spawn(look(connection, Arc::clone(&self.standing))));
        }
        leads
    }

    /// Refuses where the lock may be somebody else's.
    pub(super) fn still(&self) -> Result<(), StoreError> {
        match *self.standing.borrow() {
            Standing::Leads => Ok(()),
            Standing::Waits => Err(StoreError::Unavailable("another process acts on this database".into())),
            Standing::Lost => Err(StoreError::Unavailable("the lock on the database was lost".into())),
        }
    }

    /// Refuses where it is another's turn, and keeps it this one's until the transaction ends.
    pub(super) async fn hold(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let term: i64 = sqlx::query_scalar("SELECT term FROM acting WHERE id = 1 FOR SHARE")
            .fetch_one(connection)
            .await
            .map_err(unavailable)?;
        if term != self.term.load(Ordering::Acquire) {
            self.standing.send_replace(Standing::Lost);
        }
        self.still()
    }

    /// Comes when the lock was lost.
    pub(super) async fn lost(&self) {
        let mut standing = self.standing.subscribe();
        // Its sender lives as long as this.
        let _ = standing.wait_for(|standing| *standing == Standing::Lost).await;
    }

    /// Lets go of it.
    pub(super) async fn close(&self) {
        self.standing.send_replace(Standing::Lost);
        if let Some(looking) = self.looking.lock().await.take() {
            looking.abort();
            // Only its end is waited for: the connection goes with it.
            let _ = looking.await;
        }
    }
}

async fn look(mut connection: PgConnection, standing: Arc<watch::Sender<Standing>>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if !matches!(tokio::time::timeout(ANSWER_WITHIN, connection.ping()).await, Ok(Ok(()))) {
            standing.send_replace(Standing::Lost);
            tracing::error!(
                "the lock on the database was lost; nothing is acted on any more until a restart"
            );
            return;
        }
    }
}
