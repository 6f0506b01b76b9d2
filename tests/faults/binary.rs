//! The binary as a service manager meets it: start, state, end.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use sandbox::ckan::{Fault, FaultKind};

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, sent, slack_agrees};
use crate::process::{Process, audit_verify, ran, world_of_a_process};
use crate::world::{ALICE, BOB, Wanted, World};

async fn becomes_ready(bot: &Process) {
    eventually("it is ready", async || bot.page("/readyz").await.0 == 200).await;
}

#[tokio::test]
async fn it_starts_says_how_it_is_and_ends_well_on_sigterm() {
    let (world, bot) = world_of_a_process().await;
    assert_eq!(bot.page("/healthz").await, (200, "ok\n".to_owned()));
    becomes_ready(&bot).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;

    let (code, said) = audit_verify(&world).await;
    assert_eq!(code, Some(0), "while it runs: {said}");
    insta::assert_snapshot!(said.split(',').next().unwrap(), @"The audit holds: 4 entries");

    // Connections that others keep open must not keep it alive: an idle one, and one with half a request.
    let address = bot.url().trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let mut half = TcpStream::connect(&address).await.unwrap();
    half.write_all(b"POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nhalf")
        .await
        .unwrap();
    let asked = Instant::now();
    assert_eq!(bot.terminate().await.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(audit_verify(&world).await.0, Some(0), "after its end");
}

#[tokio::test]
async fn a_ckan_that_does_not_answer_delays_no_end_and_nothing_is_lost() {
    let slow = "request_timeout = \"60s\"\nwrite_deadline = \"120s\"".to_owned();
    let mut world = World::with(Wanted { environment: slow, ..Wanted::default() }).await;
    world.stop_bot().await;
    ckan(&world).fault(Fault::times("*", FaultKind::Slow { ms: 60_000 }, 50)).await;
    let bot = Process::start(&world).await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason x")).await;
    eventually("it asks CKAN", async || sent(ckan(&world), "package_show").await > 0).await;
    let asked = Instant::now();
    assert_eq!(bot.terminate().await.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    ckan(&world).clear_faults().await;
    let bot = Process::start(&world).await;
    let card = world.card(SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
    drop(bot);
}

#[tokio::test]
async fn a_second_process_on_the_same_database_is_refused_in_words() {
    let (world, bot) = world_of_a_process().await;
    let second = ran(&world, &["serve"]).await;
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let said = said.replace(&world.database().display().to_string(), "ckan-chatops.db");
    insta::assert_snapshot!(said, @"ckan-chatops: the database cannot be used: the database `ckan-chatops.db` is in use by another process; stop that one first");
    world.asks_to_withdraw(ALICE, SLUG).await;
    drop(bot);
}

#[tokio::test]
async fn a_doubtful_configuration_does_not_start_and_names_the_line() {
    let mut world = World::start().await;
    world.stop_bot().await;
    let text = std::fs::read_to_string(world.config_file()).unwrap();
    std::fs::write(world.config_file(), text.replace("approvals = 1", "approvals = 0")).unwrap();
    let refused = ran(&world, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    let said = said.replace(&world.config_file().display().to_string(), "ckan-chatops.toml");
    insta::assert_snapshot!(said, @"ckan-chatops.toml:13: approvals is 0, but at least one other person has to approve; write approvals = 1");
}

#[tokio::test]
async fn a_changed_byte_in_the_audit_is_found_and_named_and_so_is_a_missing_file() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    world.stop_bot().await;
    assert_eq!(audit_verify(&world).await.0, Some(0));

    let url = format!("sqlite://{}", world.database().display());
    let mut file = SqliteConnection::connect(&url).await.unwrap();
    // Who can write the file can also take its guards away.
    let guards: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'",
    )
    .fetch_all(&mut file)
    .await
    .unwrap();
    assert!(!guards.is_empty());
    for guard in guards {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP TRIGGER {guard}"))).execute(&mut file).await.unwrap();
    }
    let changed = sqlx::query("UPDATE audit SET entry = replace(entry, 'U0BOB', 'U0B0B') WHERE seq = 2")
        .execute(&mut file)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    file.close().await.unwrap();
    let (code, said) = audit_verify(&world).await;
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said, @"ckan-chatops: entry 2 is not what was written");

    std::fs::remove_file(world.database()).unwrap();
    let (code, said) = audit_verify(&world).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("could not be opened"), "{said}");
    assert!(!world.database().exists(), "to look is not to create");
}
