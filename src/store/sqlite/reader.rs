//! The audit and the requests of a file that is only read, beside a bot that may be running on it.
//!
//! Guarantees that nothing is written, created or migrated, and that no lock keeps the bot out. Leaves verifying to
//! `audit::verify`.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::OpenError;
use super::open::path;
use super::reading;
use crate::audit::{AuditSource, ChainHead, Link};
use crate::store::StoreError;
use crate::store::past::{Cursor, PastRequests, RequestPage};

/// The audit and the requests in one SQLite file, only read.
pub struct SqliteAuditReader {
    pool: SqlitePool,
}

impl SqliteAuditReader {
    /// Opens the file at `url`; one that is not there is refused, not made.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let path = path(url)?;
        let options =
            SqliteConnectOptions::new().filename(&path).read_only(true).busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|source| OpenError::Database { path, source })?;
        Ok(Self { pool })
    }
}

#[async_trait]
impl AuditSource for SqliteAuditReader {
    async fn head(&self) -> Result<ChainHead, StoreError> {
        reading::head(&self.pool).await
    }

    async fn links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        reading::links(&self.pool, after_seq, limit).await
    }
}

#[async_trait]
impl PastRequests for SqliteAuditReader {
    async fn requests_after(&self, place: &Cursor, limit: u32) -> Result<RequestPage, StoreError> {
        reading::requests_after(&self.pool, place, limit).await
    }
}
