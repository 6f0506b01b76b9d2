//! The embedded store: one SQLite file.
//!
//! Guarantees what [`Store`] promises, durably (WAL, `synchronous = FULL`), for one process at a time. One connection
//! writes, a few read. What is the same for every database with SQL stands in `relational`, statements in `store::sql`,
//! the meaning of rows in `store::rows`.

#[path = "relational/arrival.rs"]
mod arrival;
mod checkpoint;
mod inbox;
#[path = "relational/items.rs"]
mod items;
mod open;
#[path = "relational/outbox.rs"]
mod outbox;
mod reader;
#[path = "relational/reading.rs"]
mod reading;
#[path = "relational/transaction.rs"]
mod transaction;
mod writer;

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{Sqlite as Driver, SqliteConnection as Connection, SqlitePool as Pool};

pub use open::OpenError;
pub use reader::SqliteAuditReader;

use self::checkpoint::Checkpoints;
use self::inbox::Inbox;
use self::reading::Reading;
use self::writer::{Writer, unavailable};
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

/// The memory in one SQLite file.
pub struct SqliteStore {
    clock: SharedClock,
    inbox: Inbox,
    checkpoints: Checkpoints,
    writer: Arc<Writer>,
    reading: Reading,
    _lock: File,
}

impl SqliteStore {
    /// Opens the file at `url` (`sqlite://` and a path), creating and migrating it where needed.
    pub async fn open(url: &str, clock: SharedClock) -> Result<Self, OpenError> {
        let opened = open::open(url).await?;
        let writer = Arc::new(opened.writer);
        Ok(Self {
            clock,
            inbox: Inbox::start(Arc::clone(&writer)),
            checkpoints: Checkpoints::start(Arc::clone(&writer)),
            writer,
            reading: Reading::new(opened.readers),
            _lock: opened.lock,
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn receive(&self, inbound: Inbound) -> Result<Receipt, StoreError> {
        self.inbox.receive(inbound).await
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
                let mut turn = self.writer.lock().await?;
                let mut transaction = turn.begin().await?;
                let done = sqlx::query(statement)
                    .bind(before.as_millisecond())
                    .bind(FORGET_AT_ONCE)
                    .execute(&mut *transaction)
                    .await
                    .map_err(unavailable);
                let gone = self.writer.end(transaction, done).await?.rows_affected();
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
        let mut turn = self.writer.lock().await?;
        let mut transaction = turn.begin().await?;
        let done = transaction::apply(&mut transaction, &commit, now_ms).await;
        self.writer.end(transaction, done).await
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
        let mut turn = self.writer.lock().await?;
        let mut transaction = turn.begin().await?;
        let done = outbox::settle(&mut transaction, id, fate, now_ms).await;
        self.writer.end(transaction, done).await
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

    async fn writable(&self) -> Result<(), StoreError> {
        let mut turn = self.writer.lock().await?;
        let mut transaction = turn.begin().await?;
        let done = sqlx::query(sql::WRITE_PROOF).execute(&mut *transaction).await.map_err(unavailable);
        self.writer.end(transaction, done).await.map(drop)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inbox.close().await;
        self.reading.pool().close().await;
        self.checkpoints.close().await;
        // Last of all: it is the last connection that puts the log away.
        self.writer.close().await
    }
}

#[cfg(test)]
mod tests;
