//! The requests of a file that is only read, beside a bot that may be running on it.
//!
//! Guarantees that nothing is written, created or migrated, that no lock keeps the bot out, and that only one page is in
//! memory. Leaves what is made of them to its callers.

use jiff::Timestamp;
use sqlx::SqlitePool;

use super::OpenError;
use super::reader;
use super::writer::unavailable;
use crate::approval::Request;
use crate::store::rows::RequestRow;
use crate::store::{StoreError, sql};

/// How many requests are in memory at once.
const PAGE: i64 = 200;

/// The requests in one SQLite file, only read.
pub struct SqliteRequestReader {
    pool: SqlitePool,
}

/// How far somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    created_ms: i64,
    id: String,
}

/// Requests, oldest first.
#[derive(Debug)]
pub struct RequestPage {
    /// Those that can be read.
    pub requests: Vec<Request>,
    /// How many cannot.
    pub unreadable: usize,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

impl Cursor {
    /// Before everything that was made at this moment or later.
    pub fn since(moment: Timestamp) -> Self {
        Self { created_ms: moment.as_millisecond(), id: String::new() }
    }
}

impl SqliteRequestReader {
    /// Opens the file at `url`; one that is not there is refused, not made.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Ok(Self { pool: reader::only_read(url).await? })
    }

    /// The requests behind this place.
    ///
    /// # Errors
    /// Where the database does not answer. A request that no version of this program wrote is only counted.
    pub async fn page(&self, after: &Cursor) -> Result<RequestPage, StoreError> {
        let rows: Vec<RequestRow> = sqlx::query_as(sql::REQUESTS_AFTER)
            .bind(after.created_ms)
            .bind(&after.id)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        let next = rows.last().map(|row| {
            let (created_ms, id) = row.place();
            Cursor { created_ms, id: id.to_owned() }
        });
        let found = rows.len();
        let requests: Vec<Request> = rows.into_iter().filter_map(|row| row.request().ok()).collect();
        Ok(RequestPage { unreadable: found - requests.len(), requests, next })
    }
}
