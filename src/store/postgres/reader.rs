//! The audit and the requests of a database that is only read, beside a bot that may be running on it.
//!
//! Guarantees that nothing is written or migrated, and that no lock keeps the bot out. Leaves verifying to
//! `audit::verify`.

use async_trait::async_trait;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::open::{OpenError, options};
use super::reading;
use crate::audit::{AuditSource, ChainHead, Link};
use crate::store::StoreError;
use crate::store::past::{Cursor, PastRequests, RequestPage};

/// The audit and the requests in one PostgreSQL database, only read.
pub struct PostgresAuditReader {
    pool: PgPool,
}

impl PostgresAuditReader {
    /// Opens the database at `url`; one that is empty is not filled.
    pub async fn open(url: &str, password: Option<&str>) -> Result<Self, OpenError> {
        let options = options(url, password)?.options([("default_transaction_read_only", "on")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(OpenError::Database)?;
        Ok(Self { pool })
    }
}

#[async_trait]
impl AuditSource for PostgresAuditReader {
    async fn head(&self) -> Result<ChainHead, StoreError> {
        reading::head(&self.pool).await
    }

    async fn links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        reading::links(&self.pool, after_seq, limit).await
    }
}

#[async_trait]
impl PastRequests for PostgresAuditReader {
    async fn requests_after(&self, place: &Cursor, limit: u32) -> Result<RequestPage, StoreError> {
        reading::requests_after(&self.pool, place, limit).await
    }
}
