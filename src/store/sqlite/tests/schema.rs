//! The schema: that it agrees with the code, that it stays fast, and that it defends itself.

use sqlx::Row as _;

use super::*;
use crate::approval::{ItemState, State};
use crate::ids::{PersonId, UserId};
use crate::store::conformance::samples::{at, insert, request, yes};
use crate::store::{Asker, Delivery, sql};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");

/// Tables that grow with use, or other names for them.
const GROWING: [&str; 13] = [
    "item",
    "own",
    "touched",
    "inbound",
    "request",
    "request_target",
    "vote",
    "audit",
    "outbox",
    "message",
    "earlier",
    "card",
    "watch",
];

/// Every migration's text, one after the other.
fn migrations() -> String {
    let mut files: Vec<_> = std::fs::read_dir(MIGRATIONS).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

async fn plan(file: &mut SqliteConnection, statement: &str) -> Vec<String> {
    sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
        .fetch_all(file)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"))
        .iter()
        .map(|row| row.get("detail"))
        .collect()
}

fn reads_everything(step: &str) -> bool {
    GROWING.iter().any(|table| step == format!("SCAN {table}"))
}

#[tokio::test]
async fn the_names_of_the_states_are_the_ones_of_the_rule() {
    let migrations = migrations();
    let words = migrations.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut items: Vec<&str> = ItemState::ALL.iter().map(|state| state.name()).collect();
    items.sort_unstable();
    let listed = "'waiting', 'sent', 'done', 'failed', 'unknown', 'skipped'";
    let mut named: Vec<&str> = listed.split(", ").map(|name| name.trim_matches('\'')).collect();
    named.sort_unstable();
    assert_eq!(items, named);
    assert!(words.contains(&format!("CHECK (state IN ({listed}))")));
    let request: String = sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = 'request'")
        .fetch_one(&mut OnDisk::new().await.file().await)
        .await
        .unwrap();
    let request = request.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = format!("CHECK (state IN ({}))", sql::quoted(State::ALL.into_iter()));
    assert_eq!(request.matches(&all).count(), 1, "{all}");
    assert_eq!(words.matches(&format!("WHERE {};", sql::open())).count(), 2, "{}", sql::open());
}

#[test]
fn every_migration_is_in_the_program() {
    let files = std::fs::read_dir(MIGRATIONS).unwrap().count();
    assert_eq!(open::MIGRATIONS.iter().count(), files, "touch src/store/sqlite/open.rs and build again");
}

#[tokio::test]
async fn every_column_says_what_it_is() {
    let on_disk = OnDisk::new().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\'",
    )
    .fetch_all(&mut on_disk.file().await)
    .await
    .unwrap();
    assert!(columns.contains(&("card".to_owned(), "ts".to_owned())));
    let migrations = migrations();
    for (table, column) in columns {
        let definition = migrations.split_once(&format!("CREATE TABLE {table} (")).unwrap().1;
        let added = format!("ALTER TABLE {table} ADD COLUMN {column} ");
        let line = definition.lines().find(|line| line.split_whitespace().next() == Some(&column));
        let line = line.or_else(|| migrations.lines().find(|line| line.starts_with(&added))).unwrap();
        assert!(line.contains(" -- "), "{table}.{column}");
    }
}

#[tokio::test]
async fn every_statement_fits_the_schema_and_none_reads_a_whole_table() {
    let on_disk = OnDisk::new().await;
    let mut file = on_disk.file().await;
    for (name, statement) in sql::ALL {
        for step in plan(&mut file, statement).await {
            assert!(!reads_everything(&step), "{name}: {step}");
        }
    }
}

#[tokio::test]
async fn questions_about_open_requests_do_not_read_finished_ones() {
    let on_disk = OnDisk::new().await;
    let mut file = on_disk.file().await;
    let open = vec![State::Pending, State::Approved];
    let asker = Asker { person: PersonId::new("alice"), users: vec![UserId::new("UALICE")] };
    for (filter, index) in [
        (Filter { states: open.clone(), ..Filter::default() }, "request_open_age"),
        (Filter { states: vec![State::Running, State::Unknown], ..Filter::default() }, "request_open_age"),
        (Filter { states: open.clone(), expired_by: Some(at(0)), ..Filter::default() }, "request_open_"),
        (Filter { reference: Some("ABCDEF".to_owned()), ..Filter::default() }, "request_reference"),
        (
            Filter { target: Some(("production".to_owned(), uuid::Uuid::nil())), ..Filter::default() },
            "request_target_target",
        ),
        (
            Filter {
                any_target: Some(("production".to_owned(), vec![uuid::Uuid::nil(), uuid::Uuid::max()])),
                ..Filter::default()
            },
            "request_target_target",
        ),
        (Filter { requested_by: Some(asker.clone()), ..Filter::default() }, "request_requester "),
        (Filter { requested_by: Some(asker), states: open, ..Filter::default() }, "request_requester_user "),
        (Filter::default(), "request_age"),
    ] {
        let query = sql::requests::<sqlx::Sqlite>(&filter).unwrap().into_string();
        let steps = plan(&mut file, &query).await;
        assert!(steps.iter().any(|step| step.contains(index)), "{filter:?}: {steps:#?}");
        assert!(!steps.iter().any(|step| reads_everything(step)), "{filter:?}: {steps:#?}");
    }
}

#[tokio::test]
async fn the_outbox_looks_at_waiting_messages_only() {
    let on_disk = OnDisk::new().await;
    let mut file = on_disk.file().await;
    for statement in [sql::OUTBOX_DUE, sql::OUTBOX_NEXT, sql::OUTBOX_COUNTS] {
        let steps = plan(&mut file, statement).await;
        for step in steps.iter().filter(|step| step.starts_with("SCAN") || step.starts_with("SEARCH")) {
            let index = ["outbox_waiting", "outbox_lane", "outbox_dead", "CONSTANT ROW"];
            assert!(index.iter().any(|index| step.contains(index)), "{statement}: {steps:#?}");
        }
    }
}

#[tokio::test]
async fn the_file_defends_what_must_not_change() {
    let on_disk = OnDisk::new().await;
    let first = insert(&on_disk.store, request("01R1")).await;
    let second = Request { version: 2, votes: vec![yes("bob")], ..first };
    on_disk.store.commit(Commit { update: Some(second), ..Commit::default() }).await.unwrap();
    for forbidden in [
        "UPDATE audit SET entry = '{}'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit (seq, previous, hash, entry) VALUES (1, '', '', '')",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, seq, hash) VALUES (2, 0, '')",
        "UPDATE vote SET approve = 0",
        "DELETE FROM vote",
        "UPDATE request SET state = 'approved'",
        "UPDATE request SET version = version + 2",
        "UPDATE request SET version = version + 1, requester = 'bob'",
        "UPDATE request SET version = version + 1, state = 'done'",
        "DELETE FROM request",
        "INSERT INTO vote (request, ordinal, requester, requester_user, person, user_id, approve, voted_at) \
         VALUES ('01R1', 1, 'somebody', 'UNOBODY', 'alice', 'UALICE', 1, 0)",
        "INSERT INTO vote (request, ordinal, requester, requester_user, person, user_id, approve, voted_at) \
         VALUES ('01R1', 1, 'alice', 'UALICE', 'cara', 'UCARA', 0, 0)",
    ] {
        assert!(on_disk.tamper(forbidden).await.is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn a_settled_message_keeps_no_response_address() {
    let on_disk = OnDisk::new().await;
    let secret = "https://hooks.slack.com/commands/T1/2/secret";
    for (id, fate) in [
        ("01M1", MessageFate::Delivered(None)),
        ("01M2", MessageFate::Dead { why: "expired_url".to_owned() }),
    ] {
        let delivery = Delivery::Respond {
            response_url: secret.to_owned(),
            channel: "C1".to_owned(),
            user: "U1".to_owned(),
        };
        let sent = Outgoing { delivery, ..crate::store::conformance::samples::message(id, id, 0) };
        on_disk.store.commit(Commit { messages: vec![sent.clone()], ..Commit::default() }).await.unwrap();
        on_disk.store.settle_message(&sent.id, fate).await.unwrap();
    }
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT delivery FROM outbox").fetch_all(&mut on_disk.file().await).await.unwrap();
    assert_eq!(kept, [r#"{"kind":"respond","response_url":"","channel":"C1","user":"U1"}"#; 2]);
}
