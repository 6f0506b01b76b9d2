//! Rows that no version of this program wrote, in lists.
//!
//! Guarantees that one such row hides no other: a list goes on without it and is as long as was asked for. Each is
//! said to the log once, by its place and never its content, and counted. Leaves a row that is asked for by its key
//! to the caller, as an error.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;

/// Those met so far, by table and key.
#[derive(Debug, Default)]
pub(super) struct Unreadable(Mutex<HashSet<(&'static str, String)>>);

impl Unreadable {
    /// What `read` makes of the first `limit` readable rows that `fetch` finds in `table`.
    pub(super) async fn without<Row, Thing, Fetched>(
        &self,
        table: &'static str,
        limit: u32,
        read: impl Fn(Row) -> Result<Thing, StoreError>,
        fetch: impl Fn(u32) -> Fetched,
    ) -> Result<Vec<Thing>, StoreError>
    where
        Fetched: Future<Output = Result<Vec<Row>, StoreError>>,
    {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut passed_over = 0;
        loop {
            let asked = limit.saturating_add(passed_over);
            let rows = fetch(asked).await?;
            let found = rows.len();
            let mut things = Vec::with_capacity(found.min(wanted));
            let mut unreadable = 0_u32;
            for row in rows {
                match read(row) {
                    Ok(thing) if things.len() < wanted => things.push(thing),
                    Ok(_) => break,
                    Err(StoreError::Inconsistent { table, column, row }) => {
                        unreadable = unreadable.saturating_add(1);
                        self.meet(table, column, row);
                    }
                    Err(other) => return Err(other),
                }
            }
            let is_all = u32::try_from(found).is_ok_and(|found| found < asked);
            if things.len() == wanted || is_all || unreadable <= passed_over {
                return Ok(things);
            }
            tracing::debug!(table, unreadable, "asked for more, as some rows cannot be read");
            passed_over = unreadable;
        }
    }

    fn meet(&self, table: &'static str, column: &'static str, row: String) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if met.contains(&(table, row.clone())) {
            return;
        }
        tracing::error!(
            table,
            column,
            row,
            "a row cannot be read; it is passed over until somebody mends it"
        );
        metrics::counter!("ckan_chatops_unreadable_rows_total", "table" => table).increment(1);
        met.insert((table, row));
    }
}
