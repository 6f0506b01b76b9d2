//! That one process at a time works on a database.
//!
//! Guarantees that a second one is refused, by a lock of the server's that belongs to a connection, and that whoever
//! lost that connection writes nothing any more: somebody else may have the lock. Leaves starting anew to whoever
//! runs the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::store::StoreError;

/// What is locked; a number of our own, as the server knows these locks by number.
const KEY: i64 = 0x636b_616e_6368_6174;
/// How often the connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a look may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How often, and after which pause, a lock that somebody holds is asked for.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(100);

/// The lock.
pub(super) struct Sole {
    lost: Arc<AtomicBool>,
    looking: Mutex<Option<JoinHandle<()>>>,
}

impl Sole {
    /// Takes the lock on this connection; `None` where somebody else has it. A process that was killed a moment ago
    /// may still hold it, so it is asked for some seconds.
    pub(super) async fn take(mut connection: PgConnection) -> Result<Option<Self>, sqlx::Error> {
        for _ in 0..TRIES {
            let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
                .bind(KEY)
                .fetch_one(&mut connection)
                .await?;
            if taken {
                let lost = Arc::new(AtomicBool::new(false));
                let looking = tokio::spawn(look(connection, Arc::clone(&lost)));
                return Ok(Some(Self { lost, looking: Mutex::new(Some(looking)) }));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }

    /// Refuses where the lock may be somebody else's.
    pub(super) fn still(&self) -> Result<(), StoreError> {
        if self.lost.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("the lock on the database was lost".into()));
        }
        Ok(())
    }

    /// Lets go of it.
    pub(super) async fn close(&self) {
        self.lost.store(true, Ordering::Release);
        if let Some(looking) = self.looking.lock().await.take() {
            looking.abort();
            // Only its end is waited for: the connection goes with it.
            let _ = looking.await;
        }
    }
}

async fn look(mut connection: PgConnection, lost: Arc<AtomicBool>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if !matches!(tokio::time::timeout(ANSWER_WITHIN, connection.ping()).await, Ok(Ok(()))) {
            lost.store(true, Ordering::Release);
            tracing::error!("the lock on the database was lost; nothing is written any more until a restart");
            return;
        }
    }
}
