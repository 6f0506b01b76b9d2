//! Accounts, pending and deleted ones included, which the API does not list.
//!
//! Guarantees that no password, key or hash is ever selected, and that an address does not show in `Debug`. Leaves
//! who may see an address to its callers.

use std::fmt;

use sqlx::FromRow;

use super::ReadRole;
use crate::ckan::CallError;

/// An account.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// CKAN's id.
    pub id: String,
    /// The log-in name.
    pub name: String,
    /// The name for people; may be empty.
    pub full_name: String,
    /// `active`, `pending` (invited, never logged in) or `deleted`.
    pub state: String,
    /// True for a sysadmin, deleted ones included.
    pub sysadmin: bool,
    /// The whole address: not for a log or a channel.
    pub email: Option<String>,
}

impl fmt::Debug for UserRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("state", &self.state)
            .field("sysadmin", &self.sysadmin)
            .finish_non_exhaustive()
    }
}

impl ReadRole {
    /// Every account with this address, whatever its capitals: CKAN before 2.12 tells them apart.
    pub async fn users_with_email(&self, email: &str) -> Result<Vec<UserRow>, CallError> {
        let query = sqlx::query_as::<_, UserRow>(
            "SELECT id, name, coalesce(fullname, '') AS full_name, state, coalesce(sysadmin, false) AS sysadmin, email \
             FROM \"user\" WHERE lower(email) = lower($1) ORDER BY state, name, id",
        );
        self.users(query.bind(email)).await
    }

    /// The accounts of this id or log-in name, at most two.
    pub async fn users_called(&self, key: &str) -> Result<Vec<UserRow>, CallError> {
        let query = sqlx::query_as::<_, UserRow>(
            "SELECT id, name, coalesce(fullname, '') AS full_name, state, coalesce(sysadmin, false) AS sysadmin, email \
             FROM \"user\" WHERE id = $1 OR name = $1 ORDER BY state, name, id",
        );
        self.users(query.bind(key)).await
    }

    async fn users(
        &self,
        query: sqlx::query::QueryAs<'_, sqlx::Postgres, UserRow, sqlx::postgres::PgArguments>,
    ) -> Result<Vec<UserRow>, CallError> {
        let mut transaction = self.begin("SELECT user").await?;
        let rows = transaction.all(query).await?;
        transaction.finish().await?;
        Ok(rows)
    }

    /// How many sysadmins can log in.
    pub async fn active_sysadmins(&self) -> Result<i64, CallError> {
        let mut transaction = self.begin("SELECT count user").await?;
        let count = transaction
            .optional(sqlx::query_scalar::<_, i64>(
                "SELECT count(*) FROM \"user\" WHERE sysadmin AND state = 'active'",
            ))
            .await?;
        transaction.finish().await?;
        Ok(count.unwrap_or(0))
    }
}
