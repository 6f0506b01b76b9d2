//! Opening the database: where it is, and that its schema is this program's.
//!
//! Guarantees that every session waits for a lock and for an answer only so long, keeps its commits through a crash of
//! the server, and speaks UTC. Leaves roles and backups to `docs/`.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection, PgPool};

use super::lead::Lead;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections for questions and commits.
const CONNECTIONS: u32 = 8;
/// How long somebody waits for one of them.
const WAIT: Duration = Duration::from_secs(5);

/// Why the store could not be opened, in words for whoever starts the program. No text here has the address, which
/// may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address of a PostgreSQL database.
    #[error(
        "database_url is not the address of a PostgreSQL database; write `postgres://role@host:5432/database`"
    )]
    Address,
    /// Another process acts on it, and this one has to be alone.
    #[error("the database is in use by another process of this program; stop that one first")]
    InUse,
    /// A newer version of this program wrote it, or somebody changed the schema.
    #[error(
        "the schema of the database is not one this version knows; use the version that wrote it, or a newer one"
    )]
    Schema,
    /// PostgreSQL refused, or cannot be reached.
    #[error("the PostgreSQL database could not be opened")]
    Database(#[source] sqlx::Error),
}

/// What an open database consists of.
pub(super) struct Opened {
    pub(super) pool: PgPool,
    pub(super) lead: Lead,
}

/// Opens the database at `url`, migrating it where needed.
pub(super) async fn open(url: &str, password: Option<&str>) -> Result<Opened, OpenError> {
    let options = options(url, password)?;
    // Of several processes one migrates, by a lock of sqlx's, and the others find it done.
    let mut migrating = connect(&options).await?;
    MIGRATIONS.run(&mut migrating).await.map_err(|error| match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            OpenError::Database(source)
        }
        _ => OpenError::Schema,
    })?;
    let lead = Lead::new(options.clone());
    let pool =
        PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT).connect_lazy_with(options);
    Ok(Opened { pool, lead })
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    options.connect().await.map_err(OpenError::Database)
}

/// A session of its own.
pub(in crate::store) async fn session(url: &str, password: Option<&str>) -> Result<PgConnection, OpenError> {
    connect(&options(url, password)?).await
}

/// How every session is.
pub(super) fn options(url: &str, password: Option<&str>) -> Result<PgConnectOptions, OpenError> {
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(OpenError::Address);
    }
    let mut options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Address)?;
    if let Some(password) = password {
        options = options.password(password);
    }
    Ok(options.application_name("ckan-chatops").options([
        ("synchronous_commit", "on"),
        ("statement_timeout", "15s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("timezone", "UTC"),
    ]))
}
