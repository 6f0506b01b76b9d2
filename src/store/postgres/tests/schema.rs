//! The schema: that it agrees with the code and with SQLite's, and that it defends itself.

use sqlx::error::DatabaseError;
use sqlx::{Executor as _, Row as _, SqlSafeStr as _};

use super::*;
use crate::approval::State;
use crate::ids::{PersonId, UserId};
use crate::store::conformance::samples::{at, insert, request, yes};
use crate::store::{Asker, sql};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");

fn migrations() -> String {
    let mut files: Vec<_> = std::fs::read_dir(MIGRATIONS).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn every_migration_is_in_the_program() {
    let files = std::fs::read_dir(MIGRATIONS).unwrap().count();
    assert_eq!(open::MIGRATIONS.iter().count(), files, "touch src/store/postgres/open.rs and build again");
}

#[test]
fn the_names_of_the_states_are_the_ones_of_the_rule() {
    let words = migrations().split_whitespace().collect::<Vec<_>>().join(" ");
    let all = format!("CHECK (state IN ({}))", sql::quoted(State::ALL.into_iter()));
    assert_eq!(words.matches(&all).count(), 1, "{all}");
    assert_eq!(words.matches(&format!("WHERE {};", sql::open())).count(), 2, "{}", sql::open());
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let on_server = OnServer::new().await;
    let _store = on_server.open().await.unwrap();
    let mut session = on_server.session().await;
    for (name, statement) in sql::ALL {
        let prepared = session.prepare(AssertSqlSafe(*statement).into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
    let asker = Asker { person: PersonId::new("alice"), users: vec![UserId::new("UALICE")] };
    for filter in [
        Filter { states: vec![State::Pending], expired_by: Some(at(0)), ..Filter::default() },
        Filter { reference: Some("ABCDEF".to_owned()), ..Filter::default() },
        Filter { target: Some(("production".to_owned(), uuid::Uuid::nil())), ..Filter::default() },
        Filter { any_target: Some(("production".to_owned(), vec![uuid::Uuid::nil()])), ..Filter::default() },
        Filter { requested_by: Some(asker), ..Filter::default() },
    ] {
        let query = sql::requests::<sqlx::Postgres>(&filter).unwrap().into_string();
        let prepared = session.prepare(AssertSqlSafe(query.clone()).into_sql_str()).await;
        assert!(prepared.is_ok(), "{query}: {:?}", prepared.err());
    }
}

/// What one is copied into the other by.
#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let on_server = OnServer::new().await;
    let _store = on_server.open().await.unwrap();
    let server: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' AND table_name <> 'acting'",
    )
    .fetch_all(&mut on_server.session().await)
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let _file =
        crate::store::sqlite::SqliteStore::open(&url, Arc::new(MovableClock::default())).await.unwrap();
    let mut file = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let rows = sqlx::query(
        "SELECT t.name AS t, c.name AS c FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\'",
    )
    .fetch_all(&mut file)
    .await
    .unwrap();
    let mut lite: Vec<(String, String)> = rows.iter().map(|row| (row.get("t"), row.get("c"))).collect();
    let mut server = server;
    lite.sort();
    server.sort();
    assert_eq!(server, lite);
}

#[tokio::test]
async fn the_database_defends_what_must_not_change() {
    let on_server = OnServer::new().await;
    let store = Arc::new(on_server.leading().await);
    let held: Arc<dyn Store> = store.clone();
    let first = insert(&held, request("01R1")).await;
    let second = Request { version: 2, votes: vec![yes("bob")], ..first };
    store.commit(Commit { update: Some(second), ..Commit::default() }).await.unwrap();
    let entry = crate::audit::Entry::new(at(0), crate::audit::Actor::Bot, crate::audit::Act::Service);
    store.commit(Commit { entries: vec![entry], ..Commit::default() }).await.unwrap();
    for forbidden in [
        "UPDATE audit SET entry = '{}'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO audit (seq, previous, hash, entry) VALUES (1, '', '', '')",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "INSERT INTO audit_head (id, seq, hash) VALUES (2, 0, '')",
        "UPDATE vote SET approve = false",
        "DELETE FROM vote",
        "TRUNCATE vote",
        "UPDATE request SET state = 'approved'",
        "UPDATE request SET version = version + 2",
        "UPDATE request SET version = version + 1, requester = 'bob'",
        "UPDATE request SET version = version + 1, state = 'done'",
        "DELETE FROM request",
        "TRUNCATE request CASCADE",
        "INSERT INTO vote (request, ordinal, requester, requester_user, person, user_id, approve, voted_at) \
         VALUES ('01R1', 1, 'somebody', 'UNOBODY', 'alice', 'UALICE', true, 0)",
        "INSERT INTO vote (request, ordinal, requester, requester_user, person, user_id, approve, voted_at) \
         VALUES ('01R1', 1, 'alice', 'UALICE', 'cara', 'UCARA', false, 0)",
    ] {
        let refused = on_server.tamper(forbidden).await;
        let code =
            refused.as_ref().err().and_then(sqlx::Error::as_database_error).and_then(DatabaseError::code);
        // An integrity constraint, and no misspelt statement.
        assert!(code.is_some_and(|code| code.starts_with("23")), "{forbidden}: {refused:?}");
    }
}
