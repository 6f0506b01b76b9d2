//! The items of requests.
//!
//! Guarantees that items come with their request or not at all, as many as it says, and that only whoever holds the
//! request's version marks them. Leaves which marks are permitted to `worker` and to the schema's triggers.

use super::{Connection, Pool, unavailable};
use crate::approval::{Item, Request};
use crate::ids::RequestId;
use crate::store::rows::{self, ItemRow, TallyRow};
use crate::store::{ItemFilter, Marks, StoreError, Tally, sql};

/// Keeps the items of a new request, and what they touch.
pub(super) async fn insert(
    connection: &mut Connection,
    request: &Request,
    items: &[Item],
    now_ms: i64,
) -> Result<(), StoreError> {
    let promised = request.plan.bulk.as_ref().map_or(0, |bulk| bulk.count);
    if u32::try_from(items.len()) != Ok(promised) {
        return Err(rows::inconsistent("item", "request", request.id.as_str()));
    }
    if items.is_empty() {
        return Ok(());
    }
    for some in items.chunks(sql::ITEMS_AT_ONCE) {
        sql::item_insert(&request.id, some, now_ms)
            .build()
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
    }
    sqlx::query(sql::ITEM_TARGETS)
        .bind(request.id.as_str())
        .bind(&request.environment)
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

/// Marks items of the request that the marker holds.
pub(super) async fn mark(connection: &mut Connection, marks: &Marks, now_ms: i64) -> Result<(), StoreError> {
    let held: i64 = sqlx::query_scalar(sql::ITEM_HOLDER)
        .bind(marks.request.as_str())
        .bind(marks.version)
        .fetch_one(&mut *connection)
        .await
        .map_err(unavailable)?;
    if held != 1 {
        return Err(StoreError::Conflict);
    }
    for (position, state, note) in &marks.each {
        let done = sqlx::query(sql::ITEM_MARK)
            .bind(marks.request.as_str())
            .bind(i64::from(*position))
            .bind(state.name())
            .bind(note)
            .bind(now_ms)
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Conflict);
        }
    }
    if let Some((state, note)) = &marks.rest {
        sqlx::query(sql::ITEM_MARK_WAITING)
            .bind(marks.request.as_str())
            .bind(state.name())
            .bind(note)
            .bind(now_ms)
            .execute(connection)
            .await
            .map_err(unavailable)?;
    }
    Ok(())
}

pub(super) async fn read(
    pool: &Pool,
    request: &RequestId,
    filter: ItemFilter,
) -> Result<Vec<Item>, StoreError> {
    let query = sqlx::query_as(if filter.state.is_some() { sql::ITEMS_IN } else { sql::ITEMS_FROM })
        .bind(request.as_str())
        .bind(i64::from(filter.from))
        .bind(i64::from(filter.limit));
    let query = match filter.state {
        Some(state) => query.bind(state.name()),
        None => query,
    };
    let rows: Vec<ItemRow> = query.fetch_all(pool).await.map_err(unavailable)?;
    // One that cannot be read is not passed over: the list would be another one than was approved.
    rows.into_iter().map(ItemRow::item).collect()
}

pub(super) async fn tally(pool: &Pool, request: &RequestId) -> Result<Tally, StoreError> {
    let rows: Vec<TallyRow> =
        sqlx::query_as(sql::ITEM_TALLY).bind(request.as_str()).fetch_all(pool).await.map_err(unavailable)?;
    rows::tally(rows)
}
