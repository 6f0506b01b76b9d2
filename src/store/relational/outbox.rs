//! What became of a message.
//!
//! Guarantees that a message is settled once, that a settled one keeps no response address, and that a delivered
//! card is remembered as its request's. Leaves delivering to `slack`.

use super::transaction::json;
use super::{Connection, unavailable};
use crate::ids::MessageId;
use crate::store::{Delivery, MessageAddress, MessageFate, StoreError, rows, sql};

/// Records `fate`, inside a transaction that somebody else began and ends.
pub(super) async fn settle(
    connection: &mut Connection,
    id: &MessageId,
    fate: MessageFate,
    now_ms: i64,
) -> Result<(), StoreError> {
    match fate {
        MessageFate::Again(moment) => again(connection, id, first_whole_millisecond(moment)).await,
        MessageFate::Delivered(address) => finish(connection, id, "delivered", address, None, now_ms).await,
        MessageFate::Dead { why } => finish(connection, id, "dead", None, Some(why), now_ms).await,
    }
}

/// The first whole millisecond that is not before `moment`: a try is never too early.
fn first_whole_millisecond(moment: jiff::Timestamp) -> i64 {
    let ms = moment.as_millisecond();
    if moment > crate::clock::from_milliseconds(ms) { ms + 1 } else { ms }
}

async fn again(connection: &mut Connection, id: &MessageId, due_ms: i64) -> Result<(), StoreError> {
    let done = sqlx::query(sql::OUTBOX_AGAIN)
        .bind(id.as_str())
        .bind(due_ms)
        .execute(connection)
        .await
        .map_err(unavailable)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

async fn finish(
    connection: &mut Connection,
    id: &MessageId,
    state: &'static str,
    address: Option<MessageAddress>,
    why: Option<String>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (request, delivery): (Option<String>, String) = sqlx::query_as(sql::OUTBOX_WAITING)
        .bind(id.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(unavailable)?
        .ok_or(StoreError::Conflict)?;
    let delivery = rows::delivery(&delivery, id.as_str())?;
    let (channel, ts) = address.map(|address| (address.channel, address.ts)).unzip();
    if let (Delivery::Card { .. }, Some(request), Some(channel), Some(ts)) =
        (&delivery, &request, &channel, &ts)
    {
        sqlx::query(sql::CARD_PUT)
            .bind(request)
            .bind(channel)
            .bind(ts)
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
    }
    let done = sqlx::query(sql::OUTBOX_SETTLE)
        .bind(id.as_str())
        .bind(state)
        .bind(json(&without_address(delivery))?)
        .bind(now_ms)
        .bind(channel)
        .bind(ts)
        .bind(why)
        .execute(connection)
        .await
        .map_err(unavailable)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

fn without_address(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Respond { channel, user, .. } => {
            Delivery::Respond { response_url: String::new(), channel, user }
        }
        kept @ (Delivery::Card { .. }
        | Delivery::CardUpdate
        | Delivery::CardCopy { .. }
        | Delivery::Thread
        | Delivery::File
        | Delivery::Ephemeral { .. }) => kept,
    }
}
