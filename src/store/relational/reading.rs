//! What the store is asked, row by row.
//!
//! Guarantees the order and the limits that [`crate::store::Store`] promises, and that a row nobody can read hides no
//! other. Leaves the connections to the adapter.

use jiff::Timestamp;

use super::{Pool, Unreadable, unavailable};
use crate::approval::Request;
use crate::audit::{ChainHead, Link};
use crate::ids::{InboundId, RequestId};
use crate::store::past::{Cursor, RequestPage};
use crate::store::rows::{
    AuditRow, CardRow, CountsRow, HeadRow, InboundRow, OutboxRow, RequestRow, WatchRow, no_head,
};
use crate::store::{
    Filter, Inbound, InboundKind, MessageAddress, MessageCounts, Outgoing, StoreError, Watch, sql,
};

/// Where questions go, and what is known of rows that cannot be read.
pub(super) struct Reading {
    pool: Pool,
    unreadable: Unreadable,
}

impl Reading {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, unreadable: Unreadable::default() }
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) async fn unfinished(&self, kind: InboundKind, limit: u32) -> Result<Vec<Inbound>, StoreError> {
        self.unreadable
            .without("inbound", limit, InboundRow::inbound, |limit| async move {
                sqlx::query_as(sql::INBOUND_UNFINISHED)
                    .bind(kind.name())
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    pub(super) async fn inbound(&self, id: &InboundId) -> Result<Option<Inbound>, StoreError> {
        let row: Option<InboundRow> = sqlx::query_as(sql::INBOUND_BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(InboundRow::inbound).transpose()
    }

    pub(super) async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        let row: Option<RequestRow> = sqlx::query_as(sql::REQUEST_BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(RequestRow::request).transpose()
    }

    pub(super) async fn requests(&self, filter: &Filter) -> Result<Vec<Request>, StoreError> {
        let mut requests = self
            .unreadable
            .without("request", sql::limit(filter), RequestRow::request, |limit| async move {
                let asked = Filter { limit, ..filter.clone() };
                let Some(mut query) = sql::requests(&asked) else { return Ok(vec![]) };
                query.build_query_as().fetch_all(&self.pool).await.map_err(unavailable)
            })
            .await?;
        if let Some(moment) = filter.expired_by {
            // The column holds whole milliseconds only.
            requests.retain(|request| request.expires_at <= moment);
        }
        Ok(requests)
    }

    pub(super) async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        self.unreadable
            .without("outbox", limit, OutboxRow::outgoing, |limit| async move {
                sqlx::query_as(sql::OUTBOX_DUE)
                    .bind(now.as_millisecond())
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    pub(super) async fn next_message_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(sql::OUTBOX_NEXT)
            .bind(now.as_millisecond())
            .fetch_one(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(next.map(crate::clock::from_milliseconds))
    }

    pub(super) async fn due_watches(&self, now: Timestamp, limit: u32) -> Result<Vec<Watch>, StoreError> {
        self.unreadable
            .without("watch", limit, WatchRow::watch, |limit| async move {
                sqlx::query_as(sql::WATCHES_DUE)
                    .bind(now.as_millisecond())
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(unavailable)
            })
            .await
    }

    pub(super) async fn card(&self, request: &RequestId) -> Result<Option<MessageAddress>, StoreError> {
        let row: Option<CardRow> = sqlx::query_as(sql::CARD_OF)
            .bind(request.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(row.map(MessageAddress::from))
    }

    pub(super) async fn cards(&self, request: &RequestId) -> Result<Vec<MessageAddress>, StoreError> {
        let rows: Vec<CardRow> = sqlx::query_as(sql::OUTBOX_CARDS)
            .bind(request.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(rows.into_iter().map(MessageAddress::from).collect())
    }

    pub(super) async fn posted_for(&self, address: &MessageAddress) -> Result<Option<RequestId>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(sql::OUTBOX_POSTED_FOR)
            .bind(&address.channel)
            .bind(&address.ts)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(found.map(RequestId::new))
    }

    pub(super) async fn is_message_of(
        &self,
        request: &RequestId,
        address: &MessageAddress,
    ) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(sql::OUTBOX_ADDRESS)
            .bind(request.as_str())
            .bind(&address.channel)
            .bind(&address.ts)
            .fetch_one(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(found > 0)
    }

    pub(super) async fn message_counts(&self) -> Result<MessageCounts, StoreError> {
        let row: CountsRow =
            sqlx::query_as(sql::OUTBOX_COUNTS).fetch_one(&self.pool).await.map_err(unavailable)?;
        Ok(row.into())
    }

    pub(super) async fn audit_of(&self, request: &RequestId) -> Result<Vec<Link>, StoreError> {
        let rows: Vec<AuditRow> = sqlx::query_as(sql::AUDIT_OF)
            .bind(request.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(rows.into_iter().map(Link::from).collect())
    }
}

pub(super) async fn head(pool: &Pool) -> Result<ChainHead, StoreError> {
    let row: Option<HeadRow> =
        sqlx::query_as(sql::AUDIT_HEAD).fetch_optional(pool).await.map_err(unavailable)?;
    row.map(ChainHead::from).ok_or_else(no_head)
}

pub(super) async fn links(pool: &Pool, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
    let rows: Vec<AuditRow> = sqlx::query_as(sql::AUDIT_AFTER)
        .bind(after_seq)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    Ok(rows.into_iter().map(Link::from).collect())
}

pub(super) async fn requests_after(
    pool: &Pool,
    place: &Cursor,
    limit: u32,
) -> Result<RequestPage, StoreError> {
    let rows: Vec<RequestRow> = sqlx::query_as(sql::REQUESTS_AFTER)
        .bind(place.created_ms)
        .bind(&place.id)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    Ok(RequestPage::of(rows))
}
