//! Moving the whole memory from a file to a server.
//!
//! Guarantees that nobody else works on either meanwhile, that the target is empty before and has every row
//! afterwards or none, and that the audit holds on both sides with the same last hash. The source is only read. Leaves
//! it to whoever moves to write the new address into the configuration.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, Postgres, QueryBuilder, Row as _, SqliteConnection,
};

use super::postgres::{self, PostgresStore};
use super::sqlite::{self, SqliteStore};
use super::{Store as _, StoreError};
use crate::audit::{ChainHead, VerifyError, verify_store};
use crate::clock::SystemClock;

/// The tables, each after those it refers to.
const TABLES: [&str; 10] = [
    "inbound",
    "request",
    "request_target",
    "vote",
    "audit",
    "outbox",
    "card",
    "watch",
    "item",
    "audit_head",
];

/// Rows in one statement.
const AT_ONCE: usize = 200;

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Rows of each table, in the order in which they were moved.
    pub rows: Vec<(&'static str, u64)>,
    /// Where the audit ends, on both sides.
    pub head: ChainHead,
}

/// Why nothing was moved; after [`CopyError::Target`] and [`CopyError::Differs`] the target is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Not from a file to a server.
    #[error("only a file is copied, and only to a server: write --from sqlite://… and --to postgres://…")]
    Direction,
    /// The file cannot be used.
    #[error("the file cannot be used: {0}")]
    Source(#[from] sqlite::OpenError),
    /// The server's database cannot be used.
    #[error("the target cannot be used: {0}")]
    Target(#[from] postgres::OpenError),
    /// Somebody has used the target before.
    #[error("the target is not empty; give a database of its own that nobody has used")]
    NotEmpty,
    /// The source's audit is not whole.
    #[error("the audit of the file does not hold, so nothing was copied: {0}")]
    SourceAudit(#[source] VerifyError),
    /// The target's audit is not whole.
    #[error("the audit of the target does not hold; do not use it: {0}")]
    TargetAudit(#[source] VerifyError),
    /// What arrived is not what was sent.
    #[error("the target has not what the file has; do not use it")]
    Differs,
    /// Reading or writing failed half-way; the target has nothing of it.
    #[error("copying failed half-way, so nothing of it is in the target")]
    Database(#[from] sqlx::Error),
    /// A store would not close.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies everything in the file at `from` into the empty database at `to`.
pub async fn copy(from: &str, to: &str, password: Option<&str>) -> Result<Copied, CopyError> {
    if !from.starts_with("sqlite:") || to.starts_with("sqlite:") {
        return Err(CopyError::Direction);
    }
    let source = SqliteStore::open(from, Arc::new(SystemClock)).await?;
    let target = PostgresStore::open(to, password, Arc::new(SystemClock)).await?;
    if !target.try_lead().await? {
        return Err(CopyError::Target(postgres::OpenError::InUse));
    }
    let copied = between(&source, from, &target, to, password).await;
    target.close().await?;
    source.close().await?;
    copied
}

async fn between(
    source: &SqliteStore,
    from: &str,
    target: &PostgresStore,
    to: &str,
    password: Option<&str>,
) -> Result<Copied, CopyError> {
    let head = verify_store(source).await.map_err(CopyError::SourceAudit)?;
    let mut file = SqliteConnection::connect(from).await?;
    let mut server = postgres::connect(to, password).await?;
    let mut transaction = server.begin_with(postgres::BEGIN).await?;
    let mut rows = vec![];
    for table in TABLES {
        rows.push((table, copy_table(table, &mut file, &mut transaction).await?));
    }
    transaction.commit().await?;
    let arrived = verify_store(target).await.map_err(CopyError::TargetAudit)?;
    if arrived != head {
        return Err(CopyError::Differs);
    }
    Ok(Copied { rows, head })
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
}

async fn columns(table: &str, server: &mut PgConnection) -> Result<Vec<(String, Kind)>, sqlx::Error> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(server)
    .await?;
    let kind = |name: &str| match name {
        "bigint" => Kind::Number,
        "boolean" => Kind::Flag,
        _ => Kind::Text,
    };
    Ok(columns.into_iter().map(|(name, of)| (name, kind(&of))).collect())
}

async fn copy_table(
    table: &'static str,
    file: &mut SqliteConnection,
    server: &mut PgConnection,
) -> Result<u64, CopyError> {
    let columns = columns(table, server).await?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let is_head = table == "audit_head";
    let there: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")))
        .fetch_one(&mut *server)
        .await?;
    if there != i64::from(is_head) {
        return Err(CopyError::NotEmpty);
    }
    let question = format!("SELECT {} FROM {table} ORDER BY rowid", names.join(", "));
    let mut rows = sqlx::query(AssertSqlSafe(question)).fetch(file);
    let mut copied = 0;
    loop {
        let mut some = Vec::with_capacity(AT_ONCE);
        while some.len() < AT_ONCE
            && let Some(row) = rows.try_next().await?
        {
            some.push(row);
        }
        if some.is_empty() {
            break;
        }
        copied += if is_head {
            advance(&some, server).await?
        } else {
            insert(table, &columns, &some, server).await?
        };
    }
    if names.contains(&"position") && table != "item" {
        // The next one comes after those that were copied.
        let last = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'position'), COALESCE(MAX(position), 0) + 1, false) FROM {table}"
        );
        sqlx::query(AssertSqlSafe(last)).execute(&mut *server).await?;
    }
    let arrived: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(server).await?;
    if u64::try_from(arrived) != Ok(copied) {
        return Err(CopyError::Differs);
    }
    Ok(copied)
}

/// The one row of the audit's end is there from the beginning.
async fn advance(rows: &[SqliteRow], server: &mut PgConnection) -> Result<u64, CopyError> {
    let [row] = rows else { return Err(CopyError::Differs) };
    let (seq, hash): (i64, String) = (row.try_get("seq")?, row.try_get("hash")?);
    let query: Query<'_, Postgres, PgArguments> =
        sqlx::query("UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1 AND seq = 0");
    Ok(query.bind(seq).bind(hash).execute(server).await?.rows_affected())
}

async fn insert(
    table: &str,
    columns: &[(String, Kind)],
    rows: &[SqliteRow],
    server: &mut PgConnection,
) -> Result<u64, CopyError> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut query = QueryBuilder::<Postgres>::new(format!(
        "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE VALUES ",
        names.join(", ")
    ));
    for (number, row) in rows.iter().enumerate() {
        query.push(if number == 0 { "(" } else { ", (" });
        for (place, (_, kind)) in columns.iter().enumerate() {
            if place > 0 {
                query.push(", ");
            }
            match kind {
                Kind::Text => query.push_bind(row.try_get::<Option<String>, _>(place)?),
                Kind::Number => query.push_bind(row.try_get::<Option<i64>, _>(place)?),
                Kind::Flag => query.push_bind(row.try_get::<Option<bool>, _>(place)?),
            };
        }
        query.push(")");
    }
    Ok(query.build().execute(server).await?.rows_affected())
}
