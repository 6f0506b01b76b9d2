//! The suite on a real PostgreSQL, and what is PostgreSQL's own.
//!
//! Each test has a database of its own on the server that `CKAN_CHATOPS_TEST_POSTGRES` names, as a role that may make
//! databases. `./test postgres` starts one. Without it every test fails and says so.

mod copying;
mod opening;
mod schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::*;
use crate::clock::MovableClock;
use crate::store::conformance::{Fixture, store_suite};

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of the server, without a database's name.
fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting, no secret of the program's")]
    std::env::var("CKAN_CHATOPS_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "CKAN_CHATOPS_TEST_POSTGRES names no PostgreSQL server; `./test rust` starts one and runs these tests"
        )
    })
}

async fn execute(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}

/// A database of its own.
struct OnServer {
    url: String,
}

impl OnServer {
    async fn new() -> Self {
        let name = format!("t{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        execute(&format!("{}/postgres", server()), format!("CREATE DATABASE {name}")).await.unwrap();
        Self { url: format!("{}/{name}", server()) }
    }

    /// Somebody else at the same database.
    async fn session(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    async fn tamper(&self, statement: &str) -> Result<(), sqlx::Error> {
        execute(&self.url, statement.to_owned()).await
    }

    async fn open(&self) -> Result<PostgresStore, OpenError> {
        PostgresStore::open(&self.url, None, Arc::new(MovableClock::default())).await
    }

    /// A store whose process acts.
    async fn leading(&self) -> PostgresStore {
        let store = self.open().await.unwrap();
        assert!(store.try_lead().await.unwrap());
        store
    }
}

async fn fixture() -> Fixture {
    let on_server = OnServer::new().await;
    let store = Arc::new(on_server.leading().await);
    Fixture { store, _keeps: Box::new(on_server) }
}

store_suite!(fixture);
