//! One [`Commit`], step by step, inside a transaction that somebody else began and ends.
//!
//! Guarantees the order: the audit first, then the delivery, the request, its items, its votes, the messages; that no two
//! requests are open, and no two run, on the same thing; and that nobody has more open than they may. Any error leaves the transaction to be rolled back, the
//! audit with it.

use super::{Connection, Driver, items, unavailable};
use crate::approval::{Item, Request, State};
use crate::audit::{ChainHead, Entry, seal};
use crate::ids::InboundId;
use crate::store::rows::{self, HeadRow, RequestRow};
use crate::store::{Commit, Filter, MostOpen, Outgoing, StoreError, Watch, WatchStep, sql};

/// Does everything in `commit`. `now_ms` is when.
pub(super) async fn apply(
    connection: &mut Connection,
    commit: &Commit,
    now_ms: i64,
) -> Result<(), StoreError> {
    append(connection, &commit.entries).await?;
    if let Some(id) = &commit.finishes {
        finish(connection, id, now_ms).await?;
    }
    if let Some(request) = &commit.insert {
        insert(connection, request, &commit.items, now_ms).await?;
    }
    if let Some(limit) = &commit.most_open {
        no_more_open(connection, limit).await?;
    }
    if let Some(marks) = &commit.marks {
        items::mark(connection, marks, now_ms).await?;
    }
    if let Some(request) = &commit.update {
        update(connection, request).await?;
    }
    for message in &commit.messages {
        send(connection, message).await?;
    }
    match &commit.watch {
        Some(WatchStep::Keep(watch)) => keep_watch(connection, watch).await,
        Some(WatchStep::End(request)) => {
            sqlx::query(sql::WATCH_END)
                .bind(request.as_str())
                .execute(connection)
                .await
                .map_err(unavailable)?;
            Ok(())
        }
        None => Ok(()),
    }
}

async fn keep_watch(connection: &mut Connection, watch: &Watch) -> Result<(), StoreError> {
    sqlx::query(sql::WATCH_PUT)
        .bind(watch.request.as_str())
        .bind(watch.due_at.as_millisecond())
        .bind(watch.ends_at.as_millisecond())
        .bind(watch.memory.to_string())
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn append(connection: &mut Connection, entries: &[Entry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(entries.len()).map_err(|error| StoreError::Unacceptable(Box::new(error)))?;
    let reserved: HeadRow = sqlx::query_as(sql::AUDIT_RESERVE)
        .bind(count)
        .fetch_optional(&mut *connection)
        .await
        .map_err(unavailable)?
        .ok_or_else(rows::no_head)?;
    let mut head = ChainHead { seq: reserved.seq - count, hash: reserved.hash };
    for entry in entries {
        let text = entry.canonical().map_err(|error| StoreError::Unacceptable(Box::new(error)))?;
        let link = seal(&head, text);
        sqlx::query(sql::AUDIT_APPEND)
            .bind(link.seq)
            .bind(&link.previous)
            .bind(&link.hash)
            .bind(&link.entry)
            .bind(entry.request.as_ref().map(|id| id.as_str().to_owned()))
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
        head = ChainHead { seq: link.seq, hash: link.hash };
    }
    sqlx::query(sql::AUDIT_ADVANCE).bind(head.hash).execute(connection).await.map_err(unavailable)?;
    Ok(())
}

async fn finish(connection: &mut Connection, id: &InboundId, now_ms: i64) -> Result<(), StoreError> {
    let done = sqlx::query(sql::INBOUND_FINISH)
        .bind(id.as_str())
        .bind(now_ms)
        .execute(connection)
        .await
        .map_err(unavailable)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

async fn insert(
    connection: &mut Connection,
    request: &Request,
    items: &[Item],
    now_ms: i64,
) -> Result<(), StoreError> {
    if request.version != 1 {
        return Err(StoreError::Conflict);
    }
    let done = sqlx::query(sql::REQUEST_INSERT)
        .bind(request.id.as_str())
        .bind(request.id.reference().as_str())
        .bind(request.version)
        .bind(request.state.name())
        .bind(&request.environment)
        .bind(&request.operation)
        .bind(request.requester.as_str())
        .bind(request.requester_user.as_str())
        .bind(request.created_at.as_millisecond())
        .bind(request.expires_at.as_millisecond())
        .bind(json(request)?)
        .execute(&mut *connection)
        .await
        .map_err(unavailable)?;
    if done.rows_affected() != 1 {
        return Err(StoreError::Conflict);
    }
    for target in &request.plan.targets {
        sqlx::query(sql::REQUEST_TARGET_INSERT)
            .bind(request.id.as_str())
            .bind(&request.environment)
            .bind(target.id.to_string())
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
    }
    items::insert(connection, request, items, now_ms).await?;
    nothing_beside(connection, request, sql::REQUEST_OPEN_BESIDE).await?;
    vote(connection, request).await
}

/// Refuses where the person has more open than they may.
async fn no_more_open(connection: &mut Connection, limit: &MostOpen) -> Result<(), StoreError> {
    let filter = Filter {
        states: vec![State::Pending, State::Approved, State::Held],
        requested_by: Some(limit.by.clone()),
        limit: limit.most.saturating_add(1),
        ..Filter::default()
    };
    let Some(mut query) = sql::requests::<Driver>(&filter) else { return Ok(()) };
    let open: Vec<RequestRow> = query.build_query_as().fetch_all(connection).await.map_err(unavailable)?;
    if u32::try_from(open.len()).is_ok_and(|open| open <= limit.most) {
        return Ok(());
    }
    // One that nobody can read is not counted by whoever decides again, who would meet it here without end.
    for row in open {
        row.request()?;
    }
    Err(StoreError::Conflict)
}

/// Refuses where `statement` finds another request on one of the same things.
async fn nothing_beside(
    connection: &mut Connection,
    request: &Request,
    statement: &'static str,
) -> Result<(), StoreError> {
    let other: Option<RequestRow> = sqlx::query_as(statement)
        .bind(request.id.as_str())
        .fetch_optional(connection)
        .await
        .map_err(unavailable)?;
    if let Some(other) = other {
        // One that nobody can read is never shown as open: to decide again would meet it again, without end.
        other.request()?;
        return Err(StoreError::Conflict);
    }
    Ok(())
}

async fn update(connection: &mut Connection, request: &Request) -> Result<(), StoreError> {
    if request.state == State::Running {
        nothing_beside(connection, request, sql::REQUEST_RUNNING_BESIDE).await?;
    }
    let done: Option<String> = sqlx::query_scalar(sql::REQUEST_UPDATE)
        .bind(request.id.as_str())
        .bind(request.version)
        .bind(request.state.name())
        .bind(request.expires_at.as_millisecond())
        .bind(json(request)?)
        .fetch_optional(&mut *connection)
        .await
        .map_err(unavailable)?;
    if done.is_none() {
        return Err(StoreError::Conflict);
    }
    vote(connection, request).await
}

/// Writes the votes that are not there yet; a request's votes only ever grow at the end.
async fn vote(connection: &mut Connection, request: &Request) -> Result<(), StoreError> {
    let kept: i64 = sqlx::query_scalar(sql::VOTE_COUNT)
        .bind(request.id.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(unavailable)?;
    if usize::try_from(kept).is_ok_and(|kept| kept > request.votes.len()) {
        return Err(rows::inconsistent("vote", "request", request.id.as_str()));
    }
    for (ordinal, vote) in (0_i64..).zip(&request.votes).skip_while(|(ordinal, _)| *ordinal < kept) {
        let done = sqlx::query(sql::VOTE_INSERT)
            .bind(request.id.as_str())
            .bind(ordinal)
            .bind(request.requester.as_str())
            .bind(request.requester_user.as_str())
            .bind(vote.person.as_str())
            .bind(vote.user.as_str())
            .bind(vote.approve)
            .bind(&vote.reason)
            .bind(vote.at.as_millisecond())
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

async fn send(connection: &mut Connection, message: &Outgoing) -> Result<(), StoreError> {
    sqlx::query(sql::OUTBOX_INSERT)
        .bind(message.id.as_str())
        .bind(&message.lane)
        .bind(message.request.as_ref().map(|id| id.as_str().to_owned()))
        .bind(json(&message.delivery)?)
        .bind(message.body.to_string())
        .bind(message.created_at.as_millisecond())
        .bind(i64::from(message.tries))
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unacceptable(Box::new(error)))
}
