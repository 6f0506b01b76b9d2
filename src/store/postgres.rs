//! The store on a server: one PostgreSQL database.
//!
//! Guarantees what [`Store`] promises. Commits are put in line by the row at the audit's end, so that what one of them
//! looks at does not change before it ends, and messages have the order of their commits; deliveries are kept beside
//! them, each in a transaction of its own. Any number of processes keeps deliveries; one of them acts. What is the same for every database with SQL stands in `relational`,
//! statements in `store::sql`, the meaning of rows in `store::rows`.

#[path = "relational/arrival.rs"]
mod arrival;
mod errors;
#[path = "relational/items.rs"]
mod items;
mod lead;
mod open;
#[path = "relational/outbox.rs"]
mod outbox;
mod reader;
#[path = "relational/reading.rs"]
mod reading;
#[path = "relational/transaction.rs"]
mod transaction;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{PgConnection as Connection, PgPool as Pool, PgTransaction, Postgres as Driver};

pub use open::OpenError;
pub(super) use open::session as connect;
pub use reader::PostgresAuditReader;

use self::errors::unavailable;
use self::lead::Lead;
use self::reading::Reading;
use super::unreadable::Unreadable;
use super::{
    Commit, Filter, Inbound, InboundKind, ItemFilter, MessageAddress, MessageCounts, MessageFate, Outgoing,
    Receipt, Store, StoreError, Tally, Watch, sql,
};
use crate::approval::{Item, Request};
use crate::audit::{ChainHead, Link};
use crate::clock::SharedClock;
use crate::ids::{InboundId, MessageId, RequestId};

/// How many deliveries are forgotten in one transaction; others write in between.
const FORGET_AT_ONCE: i64 = 500;

/// Every transaction that writes says so itself: a server may have another default.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Whoever holds this row commits alone. SQLite knows no such words, and needs none.
const LINE: &str = "SELECT seq FROM audit_head WHERE id = 1 FOR UPDATE";

/// The memory in one PostgreSQL database.
pub struct PostgresStore {
    clock: SharedClock,
    reading: Reading,
    lead: Lead,
}

impl PostgresStore {
    /// Opens the database at `url` (`postgres://`), migrating it where needed.
    pub async fn open(url: &str, password: Option<&str>, clock: SharedClock) -> Result<Self, OpenError> {
        let opened = open::open(url, password).await?;
        Ok(Self { clock, reading: Reading::new(opened.pool), lead: opened.lead })
    }

    /// Acts on it, where no other process does.
    pub(super) async fn try_lead(&self) -> Result<bool, OpenError> {
        self.lead.try_take().await.map_err(OpenError::Database)
    }

    /// Begins a transaction that writes, where it is this process that acts.
    async fn begin(&self) -> Result<PgTransaction<'static>, StoreError> {
        self.lead.still()?;
        let mut transaction = self.begin_beside().await?;
        self.lead.hold(&mut transaction).await?;
        Ok(transaction)
    }

    /// Begins one that any process may.
    async fn begin_beside(&self) -> Result<PgTransaction<'static>, StoreError> {
        self.reading.pool().begin_with(BEGIN).await.map_err(unavailable)
    }
}

/// Commits what went well and takes back what did not.
async fn end<T>(transaction: PgTransaction<'_>, result: Result<T, StoreError>) -> Result<T, StoreError> {
    match result {
        Ok(value) => transaction.commit().await.map_err(unavailable).map(|()| value),
        Err(error) => {
            // Where even this fails, the connection is gone and the server takes it back; the reason is the first error.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn receive(&self, inbound: Inbound) -> Result<Receipt, StoreError> {
        let mut transaction = self.begin_beside().await?;
        let kept = receive(&mut transaction, &inbound).await;
        end(transaction, kept).await?
    }

    async fn unfinished(&self, kind: InboundKind, limit: u32) -> Result<Vec<Inbound>, StoreError> {
        self.reading.unfinished(kind, limit).await
    }

    async fn inbound(&self, id: &InboundId) -> Result<Option<Inbound>, StoreError> {
        self.reading.inbound(id).await
    }

    async fn forget_finished(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for statement in [sql::INBOUND_FORGET, sql::OUTBOX_FORGET] {
            loop {
                let mut transaction = self.begin().await?;
                let done = sqlx::query(statement)
                    .bind(before.as_millisecond())
                    .bind(FORGET_AT_ONCE)
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable);
                let gone = end(transaction, done).await?.rows_affected();
                forgotten += gone;
                if gone < FORGET_AT_ONCE.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(forgotten)
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let now_ms = self.clock.now().as_millisecond();
        let mut transaction = self.begin().await?;
        let done = async {
            in_line(&mut transaction).await?;
            transaction::apply(&mut transaction, &commit, now_ms).await
        }
        .await;
        end(transaction, done).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.reading.request(id).await
    }

    async fn requests(&self, filter: Filter) -> Result<Vec<Request>, StoreError> {
        self.reading.requests(&filter).await
    }

    async fn items(&self, request: &RequestId, filter: ItemFilter) -> Result<Vec<Item>, StoreError> {
        items::read(self.reading.pool(), request, filter).await
    }

    async fn tally(&self, request: &RequestId) -> Result<Tally, StoreError> {
        items::tally(self.reading.pool(), request).await
    }

    async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        self.reading.due_messages(now, limit).await
    }

    async fn due_watches(&self, now: Timestamp, limit: u32) -> Result<Vec<Watch>, StoreError> {
        self.reading.due_watches(now, limit).await
    }

    async fn settle_message(&self, id: &MessageId, fate: MessageFate) -> Result<(), StoreError> {
        let now_ms = self.clock.now().as_millisecond();
        let mut transaction = self.begin().await?;
        let done = outbox::settle(&mut transaction, id, fate, now_ms).await;
        end(transaction, done).await
    }

    async fn next_message_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.reading.next_message_at(now).await
    }

    async fn card(&self, request: &RequestId) -> Result<Option<MessageAddress>, StoreError> {
        self.reading.card(request).await
    }

    async fn cards(&self, request: &RequestId) -> Result<Vec<MessageAddress>, StoreError> {
        self.reading.cards(request).await
    }

    async fn posted_for(&self, address: &MessageAddress) -> Result<Option<RequestId>, StoreError> {
        self.reading.posted_for(address).await
    }

    async fn is_message_of(&self, request: &RequestId, address: &MessageAddress) -> Result<bool, StoreError> {
        self.reading.is_message_of(request, address).await
    }

    async fn message_counts(&self) -> Result<MessageCounts, StoreError> {
        self.reading.message_counts().await
    }

    async fn audit_head(&self) -> Result<ChainHead, StoreError> {
        reading::head(self.reading.pool()).await
    }

    async fn audit_links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        reading::links(self.reading.pool(), after_seq, limit).await
    }

    async fn audit_of(&self, request: &RequestId) -> Result<Vec<Link>, StoreError> {
        self.reading.audit_of(request).await
    }

    async fn lead(&self) -> Result<(), StoreError> {
        self.lead.wait().await;
        self.lead.still()
    }

    async fn lost(&self) {
        self.lead.lost().await;
    }

    async fn writable(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin_beside().await?;
        let done = sqlx::query(sql::WRITE_PROOF).execute(&mut *transaction).await.map_err(unavailable);
        end(transaction, done).await.map(drop)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.reading.pool().close().await;
        self.lead.close().await;
        Ok(())
    }
}

/// Waits until every commit that began before has ended.
async fn in_line(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(LINE).execute(connection).await.map_err(unavailable)?;
    Ok(())
}

async fn receive(
    connection: &mut Connection,
    inbound: &Inbound,
) -> Result<Result<Receipt, StoreError>, StoreError> {
    let kept = sqlx::query(sql::INBOUND_INSERT)
        .bind(inbound.id.as_str())
        .bind(&inbound.signature)
        .bind(&inbound.dedupe)
        .bind(inbound.received_at.as_millisecond())
        .bind(inbound.kind.name())
        .bind(inbound.body.to_string())
        .execute(&mut *connection)
        .await
        .map_err(unavailable)?;
    if kept.rows_affected() == 1 {
        return Ok(Ok(Receipt::Kept));
    }
    arrival::clash(connection, &inbound.signature, &inbound.dedupe).await
}

#[cfg(test)]
mod tests;
