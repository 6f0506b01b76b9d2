//! The suite on a file, and what is SQLite's own.

mod damage;
mod opening;
mod schema;

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::*;
use crate::clock::MovableClock;
use crate::store::conformance::{Fixture, store_suite};

/// A store on a file of its own.
struct OnDisk {
    directory: TempDir,
    store: Arc<dyn Store>,
    sqlite: Arc<SqliteStore>,
}

impl OnDisk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Arc::new(open(&directory.path().join("t.db")).await.unwrap());
        Self { directory, store: Arc::clone(&sqlite) as Arc<dyn Store>, sqlite }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("t.db")
    }

    /// Somebody else at the same file.
    async fn file(&self) -> SqliteConnection {
        SqliteConnection::connect(&url(&self.path())).await.unwrap()
    }

    async fn tamper(&self, statements: &str) -> Result<(), sqlx::Error> {
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&mut self.file().await).await.map(drop)
    }
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

async fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&url(path), Arc::new(MovableClock::default())).await
}

async fn fixture() -> Fixture {
    let on_disk = OnDisk::new().await;
    Fixture { store: Arc::clone(&on_disk.store), _keeps: Box::new(on_disk) }
}

store_suite!(fixture);
