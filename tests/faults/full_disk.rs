//! The disk is full: people are told that nothing was kept, nothing is done, and nothing is said twice; with space
//! again it goes on where it was.

use sandbox::ckan::{Fault, FaultKind};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::process::Command;

use ckan_chatops::sentences::notices::NOT_RECORDED;

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, in_channel, slack_agrees};
use crate::process::{Process, audit_verify, ran_on_a_full_disk, world_of_a_process};
use crate::world::{ALICE, BOB, CHANNEL, World};

impl Process {
    /// Nothing more of it gets onto the disk.
    async fn fills_its_disk(&self) {
        self.limits_its_files("0:").await;
    }

    async fn has_space_again(&self) {
        self.limits_its_files("unlimited:").await;
    }

    async fn limits_its_files(&self, limit: &str) {
        let limit = format!("--fsize={limit}");
        let limited = Command::new("prlimit").args(["--pid", &self.id(), &limit]).status().await;
        assert!(limited.expect("prlimit, of util-linux").success());
    }

    async fn logs(&self, words: &str, times: usize) {
        eventually(words, async || self.log().matches(words).count() >= times).await;
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_so_and_not_done() {
    let (world, bot) = world_of_a_process().await;
    eventually("it is ready", async || bot.page("/readyz").await.0 == 200).await;
    let waiting = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    world.types(ALICE, "/ckan withdraw leeds-car-parks").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();

    bot.fills_its_disk().await;
    let command = world.control.command(ALICE, CHANNEL, "/ckan withdraw leeds-car-parks --reason x").await;
    let answer = command.unwrap();
    assert_eq!((answer.status, answer.timed_out), (200, false));
    world.told(ALICE, "").await;
    insta::assert_snapshot!(
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()["text"].as_str().unwrap(),
        @"I could not write your command down, so I did nothing with it. Try again in a minute; if this stays, the bot's disk or database needs a look."
    );
    let click = world.control.click(BOB, &waiting, "approve").await.unwrap();
    assert_eq!((click.status, click.timed_out), (503, false), "Slack shows that the button failed");
    let reason = json!({"reason": {"reason": "Publisher asked"}});
    let sent = world.control.submit(ALICE, &form.view_id, &reason).await.unwrap();
    assert_eq!(sent.errors.unwrap()["reason"], NOT_RECORDED, "the form stays open with what was filled in");
    eventually("it is not ready", async || bot.page("/readyz").await.0 == 503).await;
    let (_, report) = bot.page("/readyz").await;
    insta::assert_snapshot!(report.lines().next().unwrap(), @"store: cannot be written; nothing is done until it can");
    assert_eq!(bot.page("/healthz").await.0, 200, "a restart would not help");
    ckan_was_changed(&world, SLUG, 0).await;
    assert_eq!(world.audit().await, ["U0ALICE requested pending"]);

    bot.has_space_again().await;
    eventually("it is ready again", async || bot.page("/readyz").await.0 == 200).await;
    world.control.submit(ALICE, &form.view_id, &reason).await.unwrap();
    let other = world.card("leeds-car-parks").await;
    world.presses(ALICE, &other, "cancel").await;
    world.thread(&other, "cancelled").await;
    world.presses(BOB, &waiting, "approve").await;
    world.thread(&waiting, "Done and verified").await;
    world.card_says(&waiting, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
    let (code, said) = audit_verify(&world).await;
    assert_eq!(code, Some(0), "{said}");
}

/// Approved, CKAN has done it and answers in a while, and by then the disk is full.
async fn is_done_on_a_disk_that_fills(world: &World, bot: &Process) -> sandbox::slack::Message {
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    ckan(world).fault(Fault::once("package_delete", FaultKind::SlowAnswer { ms: 1_500 })).await;
    world.presses(BOB, &card, "approve").await;
    eventually("CKAN acts", async || !ckan(world).writes().await.is_empty()).await;
    // By then it has noted what it has said.
    world.card_says(&card, "Being carried out").await;
    bot.fills_its_disk().await;
    bot.logs("what came of a request waits for the store", 2).await;
    card
}

#[tokio::test]
async fn an_outcome_waits_for_space_and_is_told_once() {
    let (world, bot) = world_of_a_process().await;
    let card = is_done_on_a_disk_that_fills(&world, &bot).await;
    assert_eq!(world.audit().await.last().unwrap(), "bot claimed running");
    assert!(!in_channel(&world).await.iter().any(|message| message.text.contains("Done")));
    bot.has_space_again().await;
    world.ends_as_done_once(&card).await;
}

#[tokio::test]
async fn an_outcome_that_died_with_a_full_disk_is_found_out() {
    let (world, bot) = world_of_a_process().await;
    let card = is_done_on_a_disk_that_fills(&world, &bot).await;
    let _bot = world.kills_and_starts(bot).await;
    world.thread(&card, "I was interrupted").await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
    assert_eq!(audit_verify(&world).await.0, Some(0));
}

#[tokio::test]
async fn a_message_that_cannot_be_noted_is_not_posted_again_and_again() {
    let (world, bot) = world_of_a_process().await;
    let slow_down =
        json!({"method": "chat.postMessage", "fault": "ratelimited", "times": 1, "retry_after": 2});
    world.control.post::<serde_json::Value>("fault", &slow_down).await.unwrap();
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason \"Publisher asked\"")).await;
    world.control.wait_call(|call| call.http == 429).await.unwrap();
    eventually("the first try is noted", async || tries(&world).await > 0).await;
    bot.fills_its_disk().await;
    bot.logs("a message's fate waits for the store", 4).await;
    assert_eq!(in_channel(&world).await.len(), 1, "the card, and nothing before it is noted");
    bot.has_space_again().await;
    let card = world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    world.presses(BOB, &card, "approve").await;
    world.ends_as_done_once(&card).await;
}

/// Failed tries of all messages, as the database has them.
async fn tries(world: &World) -> i64 {
    let options = SqliteConnectOptions::new().filename(world.database()).read_only(true);
    let mut file = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query_scalar("SELECT COALESCE(SUM(tries), 0) FROM outbox").fetch_one(&mut file).await.unwrap()
}

#[tokio::test]
async fn it_does_not_start_on_a_full_disk_and_says_why() {
    let mut world = World::start().await;
    world.stop_bot().await;
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let file = file.unwrap().path();
        if file != world.config_file() {
            std::fs::remove_file(file).unwrap();
        }
    }
    let refused = ran_on_a_full_disk(&world, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    let said = said.replace(&world.database().display().to_string(), "ckan-chatops.db");
    insta::assert_snapshot!(said, @"ckan-chatops: the database cannot be used: `ckan-chatops.db` could not be opened as an SQLite database: error returned from database: (code: 778) disk I/O error");
    let bot = Process::start(&world).await;
    world.asks_to_withdraw(ALICE, SLUG).await;
    drop(bot);
}
