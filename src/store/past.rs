//! Past requests of a store that is only read, beside a bot that may be running on it.
//!
//! Guarantees that every request from a moment on comes once, oldest first, page by page. Leaves what is made of them to
//! its callers, and how a store is only read to the adapters.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use super::rows::RequestRow;
use crate::approval::Request;

/// How far somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(super) created_ms: i64,
    pub(super) id: String,
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

/// What holds past requests.
#[async_trait]
pub trait PastRequests: Send + Sync {
    /// The requests behind this place, at most so many.
    ///
    /// # Errors
    /// Where the database does not answer. A request that no version of this program wrote is only counted.
    async fn requests_after(&self, place: &Cursor, limit: u32) -> Result<RequestPage, StoreError>;
}

impl Cursor {
    /// Before everything that was made at this moment or later.
    pub fn since(moment: Timestamp) -> Self {
        Self { created_ms: moment.as_millisecond(), id: String::new() }
    }
}

impl RequestPage {
    pub(super) fn of(rows: Vec<RequestRow>) -> Self {
        let next = rows.last().map(|row| {
            let (created_ms, id) = row.place();
            Cursor { created_ms, id: id.to_owned() }
        });
        let found = rows.len();
        let requests: Vec<Request> = rows.into_iter().filter_map(|row| row.request().ok()).collect();
        Self { unreadable: found - requests.len(), requests, next }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sqlx::{ConnectOptions as _, Connection as _};

    use super::*;
    use crate::approval::plan;
    use crate::approval::request::sample;
    use crate::clock::MovableClock;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Commit, Store as _};
    use crate::store::{OpenError, open_past};

    #[tokio::test]
    async fn requests_are_read_page_by_page_from_a_moment_on_beside_a_bot_that_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bot.db");
        let url = format!("sqlite://{}", path.display());
        assert!(matches!(open_past(&url, None).await, Err(OpenError::Sqlite(_))));
        assert!(!path.exists(), "nothing is made");
        let store = SqliteStore::open(&url, Arc::new(MovableClock::default())).await.unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        // Two of one moment are told apart by their ids.
        for (id, second) in [("01A", 10), ("01B", 20), ("01D", 30), ("01C", 30), ("01E", 40), ("01F", 50)] {
            let mut plan = plan::sample();
            plan.targets.clear();
            let insert = Some(sample(id, plan, at(second)));
            store.commit(Commit { insert, ..Commit::default() }).await.unwrap();
        }
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let mut other = options.connect().await.unwrap();
        sqlx::query("UPDATE request SET body = '{}', version = 2 WHERE id = '01E'")
            .execute(&mut other)
            .await
            .unwrap();
        other.close().await.unwrap();

        let reader = open_past(&url, None).await.unwrap();
        let mut pages = vec![];
        let mut next = Some(Cursor::since(at(20)));
        while let Some(after) = next {
            let page = reader.requests_after(&after, 2).await.unwrap();
            let ids: Vec<String> = page.requests.iter().map(|request| request.id.to_string()).collect();
            pages.push((ids.join(" "), page.unreadable));
            next = page.next;
        }
        let expected = [("01B 01C", 0), ("01D", 1), ("01F", 0), ("", 0)];
        assert_eq!(pages, expected.map(|(ids, unreadable)| (ids.to_owned(), unreadable)));
        store.close().await.unwrap();
    }
}
