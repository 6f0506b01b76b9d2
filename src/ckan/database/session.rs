//! Connections to the database, and one transaction on one of them.
//!
//! Guarantees that a transaction whose end nobody saw never goes back among the idle connections, that nothing waits
//! for longer than its limits, and that a failure counts as *unknown* only if `COMMIT` had gone out. Leaves the
//! meaning of a failure to [`super::failure`].

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgQueryResult, PgRow};
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{ConnectOptions, FromRow, PgPool, Postgres};

use super::AddressError;
use super::failure::{self, Moment};
use crate::ckan::{CallError, Cause};

/// A bot that waits for a second look while a first one runs needs no more.
const CONNECTIONS: u32 = 2;

/// For a connection, its log-in included.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Left alone so long, a connection is closed: CKAN's role has a limit on them.
const CLOSE_AFTER: Duration = Duration::from_mins(1);

// The lock is short: whoever waits for a row of CKAN's makes CKAN's own requests queue up behind it.
const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '20s'; \
                             SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";
const BEGIN_WRITING: &str = "BEGIN READ WRITE; SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '3s'; \
                             SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Longer than any `statement_timeout` above: only a connection that hangs gets so far.
const ANSWER_WITHIN: Duration = Duration::from_secs(75);

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Looking; PostgreSQL itself refuses a change.
    Reading,
    /// Changing.
    Writing,
}

/// Connections of one role.
pub(super) struct Session {
    pool: PgPool,
}

impl Session {
    /// Connects to nothing yet.
    pub(super) fn new(address: &str) -> Result<Self, AddressError> {
        let options = PgConnectOptions::from_str(address).map_err(|_| AddressError)?;
        let options = options.application_name("ckan-chatops").disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_WITHIN)
            .idle_timeout(CLOSE_AFTER)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    pub(super) async fn begin(&self, action: &'static str, work: Work) -> Result<Transaction, CallError> {
        let connection =
            self.pool.acquire().await.map_err(|error| failure::of(action, &error, Moment::Connecting))?;
        let mut transaction = Transaction { connection, action, ended: false };
        let begin = match work {
            Work::Reading => BEGIN_READING,
            Work::Writing => BEGIN_WRITING,
        };
        transaction.plain(begin, Moment::Working).await?;
        Ok(transaction)
    }
}

/// One transaction. Dropped before its end, its connection is closed, which makes PostgreSQL roll it back.
pub(super) struct Transaction {
    connection: PoolConnection<Postgres>,
    action: &'static str,
    ended: bool,
}

type Arguments = sqlx::postgres::PgArguments;

impl Transaction {
    /// Every row.
    pub(super) async fn all<T>(
        &mut self,
        query: QueryAs<'_, Postgres, T, Arguments>,
    ) -> Result<Vec<T>, CallError>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let answer = tokio::time::timeout(ANSWER_WITHIN, query.fetch_all(&mut *self.connection)).await;
        self.judge(answer, Moment::Working)
    }

    /// The value of the first row, if there is one.
    pub(super) async fn optional<T>(
        &mut self,
        query: QueryScalar<'_, Postgres, T, Arguments>,
    ) -> Result<Option<T>, CallError>
    where
        T: Send + Unpin,
        (T,): for<'r> FromRow<'r, PgRow>,
    {
        let answer = tokio::time::timeout(ANSWER_WITHIN, query.fetch_optional(&mut *self.connection)).await;
        self.judge(answer, Moment::Working)
    }

    /// How many rows it changed.
    pub(super) async fn change(&mut self, query: Query<'_, Postgres, Arguments>) -> Result<u64, CallError> {
        let answer = tokio::time::timeout(ANSWER_WITHIN, query.execute(&mut *self.connection)).await;
        self.judge(answer, Moment::Working).map(|result: PgQueryResult| result.rows_affected())
    }

    /// The refusal to go on, where the rows are not the expected ones: the transaction is given up.
    pub(super) fn changed_meanwhile(&self) -> CallError {
        CallError::nothing_done(self.action, Cause::DatabaseChanged)
    }

    /// Commits. What was only read is let go the same way.
    pub(super) async fn finish(mut self) -> Result<(), CallError> {
        self.plain("COMMIT", Moment::Committing).await?;
        self.ended = true;
        tracing::debug!(database.action = self.action, "asked CKAN's database");
        Ok(())
    }

    async fn plain(&mut self, statement: &'static str, moment: Moment) -> Result<(), CallError> {
        let execution = sqlx::raw_sql(statement).execute(&mut *self.connection);
        let answer = tokio::time::timeout(ANSWER_WITHIN, execution).await;
        self.judge(answer, moment).map(|_| ())
    }

    fn judge<T>(
        &self,
        answer: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
        moment: Moment,
    ) -> Result<T, CallError> {
        let error = match answer {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => failure::of(self.action, &error, moment),
            Err(_) => failure::silence(self.action, moment),
        };
        tracing::debug!(database.action = self.action, cause = ?error.cause, "asked CKAN's database in vain");
        Err(error)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
