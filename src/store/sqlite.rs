//! The embedded store: one SQLite file.
//!
//! Guarantees what [`Store`] promises, durably (WAL, `synchronous = FULL`), for one process at a time. One connection
//! writes, a few read. Leaves statements to `store::sql` and the meaning of rows to `store::rows`.

mod checkpoint;
mod inbox;
mod items;
mod open;
mod outbox;
mod reader;
mod transaction;
mod unreadable;
mod writer;

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqlitePool;

pub use open::OpenError;
pub use reader::SqliteAuditReader;

use self::checkpoint::Checkpoints;
use self::inbox::Inbox;
use self::unreadable::Unreadable;
use self::writer::{Writer, unavailable};
use super::rows::{AuditRow, CardRow, CountsRow, InboundRow, OutboxRow, RequestRow, WatchRow};
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
    readers: SqlitePool,
    unreadable: Unreadable,
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
            readers: opened.readers,
            unreadable: Unreadable::default(),
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
        self.unreadable
            .without("inbound", limit, InboundRow::inbound, |limit| async move {
                sqlx::query_as(sql::INBOUND_UNFINISHED)
                    .bind(kind.name())
                    .bind(i64::from(limit))
                    .fetch_all(&self.readers)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    async fn inbound(&self, id: &InboundId) -> Result<Option<Inbound>, StoreError> {
        let row: Option<InboundRow> = sqlx::query_as(sql::INBOUND_BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable)?;
        row.map(InboundRow::inbound).transpose()
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
        let row: Option<RequestRow> = sqlx::query_as(sql::REQUEST_BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable)?;
        row.map(RequestRow::request).transpose()
    }

    async fn requests(&self, filter: Filter) -> Result<Vec<Request>, StoreError> {
        let (filter, limit) = (&filter, sql::limit(&filter));
        let mut requests = self
            .unreadable
            .without("request", limit, RequestRow::request, |limit| async move {
                let asked = Filter { limit, ..filter.clone() };
                let Some(mut query) = sql::requests(&asked) else { return Ok(vec![]) };
                query.build_query_as().fetch_all(&self.readers).await.map_err(unavailable)
            })
            .await?;
        if let Some(moment) = filter.expired_by {
            // The column holds whole milliseconds only.
            requests.retain(|request| request.expires_at <= moment);
        }
        Ok(requests)
    }

    async fn items(&self, request: &RequestId, filter: ItemFilter) -> Result<Vec<Item>, StoreError> {
        items::read(&self.readers, request, filter).await
    }

    async fn tally(&self, request: &RequestId) -> Result<Tally, StoreError> {
        items::tally(&self.readers, request).await
    }

    async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        self.unreadable
            .without("outbox", limit, OutboxRow::outgoing, |limit| async move {
                sqlx::query_as(sql::OUTBOX_DUE)
                    .bind(now.as_millisecond())
                    .bind(i64::from(limit))
                    .fetch_all(&self.readers)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    async fn due_watches(&self, now: Timestamp, limit: u32) -> Result<Vec<Watch>, StoreError> {
        self.unreadable
            .without("watch", limit, WatchRow::watch, |limit| async move {
                sqlx::query_as(sql::WATCHES_DUE)
                    .bind(now.as_millisecond())
                    .bind(i64::from(limit))
                    .fetch_all(&self.readers)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    async fn settle_message(&self, id: &MessageId, fate: MessageFate) -> Result<(), StoreError> {
        let now_ms = self.clock.now().as_millisecond();
        let mut turn = self.writer.lock().await?;
        let mut transaction = turn.begin().await?;
        let done = outbox::settle(&mut transaction, id, fate, now_ms).await;
        self.writer.end(transaction, done).await
    }

    async fn next_message_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(sql::OUTBOX_NEXT)
            .bind(now.as_millisecond())
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(next.map(crate::clock::from_milliseconds))
    }

    async fn card(&self, request: &RequestId) -> Result<Option<MessageAddress>, StoreError> {
        let row: Option<CardRow> = sqlx::query_as(sql::CARD_OF)
            .bind(request.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(row.map(MessageAddress::from))
    }

    async fn cards(&self, request: &RequestId) -> Result<Vec<MessageAddress>, StoreError> {
        let rows: Vec<CardRow> = sqlx::query_as(sql::OUTBOX_CARDS)
            .bind(request.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(rows.into_iter().map(MessageAddress::from).collect())
    }

    async fn posted_for(&self, address: &MessageAddress) -> Result<Option<RequestId>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(sql::OUTBOX_POSTED_FOR)
            .bind(&address.channel)
            .bind(&address.ts)
            .fetch_optional(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(found.map(RequestId::new))
    }

    async fn is_message_of(&self, request: &RequestId, address: &MessageAddress) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(sql::OUTBOX_ADDRESS)
            .bind(request.as_str())
            .bind(&address.channel)
            .bind(&address.ts)
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(found > 0)
    }

    async fn message_counts(&self) -> Result<MessageCounts, StoreError> {
        let row: CountsRow =
            sqlx::query_as(sql::OUTBOX_COUNTS).fetch_one(&self.readers).await.map_err(unavailable)?;
        Ok(row.into())
    }

    async fn audit_head(&self) -> Result<ChainHead, StoreError> {
        reader::head(&self.readers).await
    }

    async fn audit_links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        reader::links(&self.readers, after_seq, limit).await
    }

    async fn audit_of(&self, request: &RequestId) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<AuditRow> = sqlx::query_as(sql::AUDIT_OF)
            .bind(request.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(rows.into_iter().map(Link::from).collect())
    }

    async fn writable(&self) -> Result<(), StoreError> {
        let mut turn = self.writer.lock().await?;
        let mut transaction = turn.begin().await?;
        let done = sqlx::query(sql::WRITE_PROOF).execute(&mut *transaction).await.map_err(unavailable);
        self.writer.end(transaction, done).await.map(drop)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inbox.close().await;
        self.readers.close().await;
        self.checkpoints.close().await;
        // Last of all: it is the last connection that puts the log away.
        self.writer.close().await
    }
}

#[cfg(test)]
mod tests;
