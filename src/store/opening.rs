//! Which adapter an address is for.
//!
//! Guarantees that `database_url` alone decides. Leaves what the address may be to `config`.

use std::sync::Arc;

use super::Store;
use super::past::PastRequests;
use super::postgres::{self, PostgresAuditReader, PostgresStore};
use super::sqlite::{self, SqliteAuditReader, SqliteStore};
use crate::audit::AuditSource;
use crate::clock::SharedClock;

/// Why a store could not be opened, in words for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file could not.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// A server's database could not.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
}

/// Opens the store at this address, creating and migrating it where needed.
pub async fn open(
    url: &str,
    password: Option<&str>,
    clock: SharedClock,
) -> Result<Arc<dyn Store>, OpenError> {
    if is_sqlite(url) {
        return Ok(Arc::new(SqliteStore::open(url, clock).await?));
    }
    Ok(Arc::new(PostgresStore::open(url, password, clock).await?))
}

/// Opens the audit of the store at this address, only for reading.
pub async fn open_audit(url: &str, password: Option<&str>) -> Result<Box<dyn AuditSource>, OpenError> {
    if is_sqlite(url) {
        return Ok(Box::new(SqliteAuditReader::open(url).await?));
    }
    Ok(Box::new(PostgresAuditReader::open(url, password).await?))
}

/// Opens the requests of the store at this address, only for reading.
pub async fn open_past(url: &str, password: Option<&str>) -> Result<Box<dyn PastRequests>, OpenError> {
    if is_sqlite(url) {
        return Ok(Box::new(SqliteAuditReader::open(url).await?));
    }
    Ok(Box::new(PostgresAuditReader::open(url, password).await?))
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}
