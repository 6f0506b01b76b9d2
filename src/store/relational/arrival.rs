//! What a delivery that was not new clashed with.
//!
//! Guarantees that a replay is told from a second copy. Leaves keeping deliveries to the adapter.

use super::{Connection, unavailable};
use crate::store::{Receipt, StoreError, sql};

/// Why nothing was kept of a delivery with this signature and this name of its act.
pub(super) async fn clash(
    connection: &mut Connection,
    signature: &str,
    dedupe: &str,
) -> Result<Result<Receipt, StoreError>, StoreError> {
    let by_signature: Option<bool> = sqlx::query_scalar(sql::INBOUND_CLASH)
        .bind(signature)
        .bind(dedupe)
        .fetch_optional(connection)
        .await
        .map_err(unavailable)?;
    Ok(match by_signature {
        Some(true) => Ok(Receipt::Replayed),
        Some(false) => Ok(Receipt::Duplicate),
        // Only the id was there before: the caller's ids are not unique.
        None => Err(StoreError::Conflict),
    })
}
