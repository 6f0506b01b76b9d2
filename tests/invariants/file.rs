//! The bot's SQLite file, read and damaged by somebody else's connection.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::world::World;

/// Another process at the bot's file.
pub struct File(SqliteConnection);

/// Everything that a decision changes, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Whole {
    pub states: String,
    pub versions: i64,
    pub votes: i64,
    pub entries: i64,
    pub messages: i64,
    pub finished: i64,
}

impl File {
    pub async fn of(world: &World) -> Self {
        Self::at(&world.database()).await
    }

    pub async fn at(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(std::time::Duration::from_secs(5))
            // As the bot has it: a second writer that checkpoints would move the log under its feet.
            .pragma("wal_autocheckpoint", "0");
        Self(SqliteConnection::connect_with(&options).await.expect("the bot's file"))
    }

    /// Makes every such statement on this table fail, whoever sends it.
    pub async fn forbid(&mut self, what: &str, table: &str, when: &str) {
        let trigger = format!(
            "CREATE TRIGGER sabotage BEFORE {what} ON {table} {when} BEGIN SELECT RAISE(ABORT, 'sabotage'); END"
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut self.0).await.expect("a trigger");
    }

    pub async fn allow(&mut self) {
        sqlx::query("DROP TRIGGER sabotage").execute(&mut self.0).await.expect("the trigger");
    }

    pub async fn whole(&mut self) -> Whole {
        sqlx::query_as(
            "SELECT (SELECT coalesce(group_concat(state), '') FROM request) AS states, \
                    (SELECT coalesce(sum(version), 0) FROM request) AS versions, \
                    (SELECT count(*) FROM vote) AS votes, \
                    (SELECT count(*) FROM audit) AS entries, \
                    (SELECT count(*) FROM outbox) AS messages, \
                    (SELECT count(*) FROM inbound WHERE state = 'finished') AS finished",
        )
        .fetch_one(&mut self.0)
        .await
        .unwrap()
    }

    /// As an operator would, while the bot runs.
    pub async fn back_up(&mut self, copy: &Path) {
        let copy = copy.to_str().expect("a plain path");
        sqlx::query("VACUUM INTO $1").bind(copy).execute(&mut self.0).await.expect("a copy");
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, question: &'static str) -> Vec<String> {
        sqlx::query_scalar(question).fetch_all(&mut self.0).await.unwrap()
    }

    pub async fn number(&mut self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&mut self.0).await.unwrap()
    }
}

/// Waits until nobody has the file open: whoever closes it last puts its log away, and two that close it at the same
/// moment leave that to the next.
pub async fn is_put_away(path: &Path) {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let gone = async {
        while Path::new(&log).exists() {
            let mut file = File::at(path).await;
            // Who has never read it has no log to put away.
            file.number("SELECT count(*) FROM audit").await;
            file.0.close().await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("the file is closed");
}
