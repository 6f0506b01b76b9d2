//! The audit of a file that is only read, beside a bot that may be running on it.
//!
//! Guarantees that nothing is written, created or migrated, and that no lock keeps the bot out. Leaves verifying to
//! `audit::verify`.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::OpenError;
use super::open::path;
use super::writer::unavailable;
use crate::audit::{AuditSource, ChainHead, Link};
use crate::store::rows::{AuditRow, HeadRow, no_head};
use crate::store::{StoreError, sql};

/// The audit in one SQLite file, only read.
pub struct SqliteAuditReader {
    pool: SqlitePool,
}

impl SqliteAuditReader {
    /// Opens the file at `url`; one that is not there is refused, not made.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Ok(Self { pool: only_read(url).await? })
    }
}

/// One connection to the file at `url` that cannot write.
pub(super) async fn only_read(url: &str) -> Result<SqlitePool, OpenError> {
    let path = path(url)?;
    let options =
        SqliteConnectOptions::new().filename(&path).read_only(true).busy_timeout(Duration::from_secs(5));
    SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(|source| OpenError::Database { path, source })
}

#[async_trait]
impl AuditSource for SqliteAuditReader {
    async fn head(&self) -> Result<ChainHead, StoreError> {
        head(&self.pool).await
    }

    async fn links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        links(&self.pool, after_seq, limit).await
    }
}

pub(super) async fn head(pool: &SqlitePool) -> Result<ChainHead, StoreError> {
    let row: Option<HeadRow> =
        sqlx::query_as(sql::AUDIT_HEAD).fetch_optional(pool).await.map_err(unavailable)?;
    row.map(ChainHead::from).ok_or_else(no_head)
}

pub(super) async fn links(pool: &SqlitePool, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
    let rows: Vec<AuditRow> = sqlx::query_as(sql::AUDIT_AFTER)
        .bind(after_seq)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(unavailable)?;
    Ok(rows.into_iter().map(Link::from).collect())
}
