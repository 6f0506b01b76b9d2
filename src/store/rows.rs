//! From rows to the domain.
//!
//! Guarantees that what no version of this program wrote is [`StoreError::Inconsistent`], naming table, column and
//! row and never the value, and that a request's columns, its JSON and its votes agree. Leaves reading to the
//! adapters.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::FromRow;

use super::{
    Delivery, Inbound, InboundKind, MessageAddress, MessageCounts, Outgoing, StoreError, Tally, Watch,
};
use crate::approval::{Item, ItemState, Request, State};
use crate::audit::{ChainHead, Link};
use crate::ids::{InboundId, MessageId, RequestId};

pub(super) fn inconsistent(table: &'static str, column: &'static str, row: &str) -> StoreError {
    StoreError::Inconsistent { table, column, row: row.to_owned() }
}

/// The chain without its end.
pub(super) fn no_head() -> StoreError {
    inconsistent("audit_head", "id", "1")
}

fn moment(ms: i64, table: &'static str, column: &'static str, row: &str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| inconsistent(table, column, row))
}

fn json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| inconsistent(table, column, row))
}

/// A row of `inbound`.
#[derive(FromRow)]
pub(super) struct InboundRow {
    id: String,
    signature: String,
    dedupe: String,
    received_at: i64,
    kind: String,
    body: String,
}

impl InboundRow {
    pub(super) fn inbound(self) -> Result<Inbound, StoreError> {
        Ok(Inbound {
            received_at: moment(self.received_at, "inbound", "received_at", &self.id)?,
            kind: InboundKind::from_name(&self.kind)
                .ok_or_else(|| inconsistent("inbound", "kind", &self.id))?,
            body: json::<Value>(&self.body, "inbound", "body", &self.id)?,
            id: InboundId::new(self.id),
            signature: self.signature,
            dedupe: self.dedupe,
        })
    }
}

/// A row of `request`, with the number of its rows in `vote`.
#[derive(FromRow)]
pub(super) struct RequestRow {
    id: String,
    version: i64,
    state: String,
    environment: String,
    operation: String,
    requester: String,
    requester_user: String,
    created_at: i64,
    expires_at: i64,
    body: String,
    votes: i64,
}

impl RequestRow {
    /// Its place in the order of age.
    pub(super) fn place(&self) -> (i64, &str) {
        (self.created_at, &self.id)
    }

    pub(super) fn request(self) -> Result<Request, StoreError> {
        let request: Request = json(&self.body, "request", "body", &self.id)?;
        let state =
            State::from_name(&self.state).ok_or_else(|| inconsistent("request", "state", &self.id))?;
        let agrees = [
            ("id", request.id.as_str() == self.id),
            ("version", request.version == self.version),
            ("state", request.state == state),
            ("environment", request.environment == self.environment),
            ("operation", request.operation == self.operation),
            ("requester", request.requester.as_str() == self.requester),
            ("requester_user", request.requester_user.as_str() == self.requester_user),
            ("created_at", request.created_at.as_millisecond() == self.created_at),
            ("expires_at", request.expires_at.as_millisecond() == self.expires_at),
        ];
        if let Some((column, _)) = agrees.into_iter().find(|(_, same)| !same) {
            return Err(inconsistent("request", column, &self.id));
        }
        if i64::try_from(request.votes.len()) != Ok(self.votes) {
            return Err(inconsistent("vote", "request", &self.id));
        }
        Ok(request)
    }
}

/// A row of `item`.
#[derive(FromRow)]
pub(super) struct ItemRow {
    position: i64,
    target: String,
    name: String,
    title: String,
    before: String,
    state: String,
    note: String,
}

impl ItemRow {
    pub(super) fn item(self) -> Result<Item, StoreError> {
        let row = self.position.to_string();
        Ok(Item {
            position: u32::try_from(self.position).map_err(|_| inconsistent("item", "position", &row))?,
            target: self.target.parse().map_err(|_| inconsistent("item", "target", &row))?,
            state: ItemState::from_name(&self.state).ok_or_else(|| inconsistent("item", "state", &row))?,
            name: self.name,
            title: self.title,
            before: self.before,
            note: self.note,
        })
    }
}

/// How many items are in one state.
#[derive(FromRow)]
pub(super) struct TallyRow {
    state: String,
    count: i64,
    changed_at: i64,
}

/// The whole tally.
pub(super) fn tally(rows: Vec<TallyRow>) -> Result<Tally, StoreError> {
    let mut tally = Tally::default();
    for row in rows {
        let state =
            ItemState::from_name(&row.state).ok_or_else(|| inconsistent("item", "state", &row.state))?;
        let count = u32::try_from(row.count).map_err(|_| inconsistent("item", "state", &row.state))?;
        tally.counts.insert(state, count);
        let changed_at = moment(row.changed_at, "item", "changed_at", &row.state)?;
        tally.changed_at = tally.changed_at.max(Some(changed_at));
    }
    Ok(tally)
}

/// A row of `outbox`.
#[derive(FromRow)]
pub(super) struct OutboxRow {
    id: String,
    lane: String,
    request: Option<String>,
    delivery: String,
    body: String,
    created_at: i64,
    tries: i64,
}

impl OutboxRow {
    pub(super) fn outgoing(self) -> Result<Outgoing, StoreError> {
        Ok(Outgoing {
            delivery: delivery(&self.delivery, &self.id)?,
            body: json(&self.body, "outbox", "body", &self.id)?,
            created_at: moment(self.created_at, "outbox", "created_at", &self.id)?,
            tries: u32::try_from(self.tries).map_err(|_| inconsistent("outbox", "tries", &self.id))?,
            request: self.request.map(RequestId::new),
            id: MessageId::new(self.id),
            lane: self.lane,
        })
    }
}

/// How the message of this id goes out.
pub(super) fn delivery(text: &str, id: &str) -> Result<Delivery, StoreError> {
    json(text, "outbox", "delivery", id)
}

/// A row of `watch`.
#[derive(FromRow)]
pub(super) struct WatchRow {
    request: String,
    due_at: i64,
    ends_at: i64,
    memory: String,
}

impl WatchRow {
    pub(super) fn watch(self) -> Result<Watch, StoreError> {
        Ok(Watch {
            due_at: moment(self.due_at, "watch", "due_at", &self.request)?,
            ends_at: moment(self.ends_at, "watch", "ends_at", &self.request)?,
            memory: json(&self.memory, "watch", "memory", &self.request)?,
            request: RequestId::new(self.request),
        })
    }
}

/// A row of `card`.
#[derive(FromRow)]
pub(super) struct CardRow {
    channel: String,
    ts: String,
}

impl From<CardRow> for MessageAddress {
    fn from(row: CardRow) -> Self {
        Self { channel: row.channel, ts: row.ts }
    }
}

/// What is not with Slack.
#[derive(FromRow)]
pub(super) struct CountsRow {
    waiting: i64,
    dead: i64,
}

impl From<CountsRow> for MessageCounts {
    fn from(row: CountsRow) -> Self {
        Self { waiting: row.waiting.unsigned_abs(), dead: row.dead.unsigned_abs() }
    }
}

/// The row of `audit_head`.
#[derive(FromRow)]
pub(super) struct HeadRow {
    pub(super) seq: i64,
    pub(super) hash: String,
}

impl From<HeadRow> for ChainHead {
    fn from(row: HeadRow) -> Self {
        Self { seq: row.seq, hash: row.hash }
    }
}

/// A row of `audit`. Not judged here: `audit::verify` does that.
#[derive(FromRow)]
pub(super) struct AuditRow {
    seq: i64,
    previous: String,
    hash: String,
    entry: String,
}

impl From<AuditRow> for Link {
    fn from(row: AuditRow) -> Self {
        Self { seq: row.seq, previous: row.previous, hash: row.hash, entry: row.entry }
    }
}
