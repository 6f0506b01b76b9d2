//! Two processes on one PostgreSQL: either takes any click, one acts, and the other goes on where it ends.
//!
//! The server is the one that `CKAN_CHATOPS_TEST_POSTGRES` names; `./test rust` starts one. Without it these fail and
//! say so.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use futures_util::future::join_all;
use sandbox::slack::{Message, sign};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::evidence::{SLUG, ckan, eventually};
use crate::process::Process;
use crate::world::{ALICE, BOB, CARA, Wanted, World, button_value};

struct Replicas {
    world: World,
    database: String,
    first: Process,
    second: Process,
}

impl Replicas {
    async fn start(approvals: u8) -> Self {
        let database = new_database().await;
        let wanted = Wanted { approvals, database_url: Some(database.clone()), ..Wanted::default() };
        let mut world = World::with(wanted).await;
        world.stop_bot().await;
        let first = Process::start(&world).await;
        eventually("the first one acts", async || first.log().contains("acting on what is kept")).await;
        let second = Process::start(&world).await;
        world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
        Self { world, database, first, second }
    }

    async fn number(&self, question: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.database).await.unwrap();
        sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
    }

    /// A press as Slack would send it, to this process.
    async fn presses(&self, at: &str, user: &str, card: &Message, button: &str) {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let payload = json!({
            "type": "block_actions", "team": {"id": "T0001"}, "api_app_id": "A0001",
            "trigger_id": format!("13345224609.{}.crowd", NUMBER.fetch_add(1, Ordering::Relaxed)),
            "user": {"id": user, "team_id": "T0001"},
            "container": {"type": "message", "channel_id": card.channel, "message_ts": card.ts},
            "channel": {"id": card.channel},
            "actions": [{"type": "button", "action_id": button, "block_id": "b", "value": button_value(card)}],
        });
        let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let secret = self.world.secret("SLACK_SIGNING_SECRET").unwrap();
        let answer = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(format!("{at}/slack/interactions"))
            .header("x-slack-request-timestamp", now)
            .header("x-slack-signature", sign::signature(&secret, now, body.as_bytes()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
}

async fn new_database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("CKAN_CHATOPS_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("CKAN_CHATOPS_TEST_POSTGRES names no PostgreSQL server; `./test rust` starts one")
    });
    let name = format!("r{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
    format!("{server}/{name}")
}

const FINISHED: &str = "SELECT count(*) FROM inbound WHERE state = 'finished'";
const VOTES: &str = "SELECT count(*) FROM vote";
const CLAIMS: &str = "SELECT count(*) FROM audit WHERE entry LIKE '%\"act\":\"claimed\"%'";
const REFUSED: &str = "SELECT count(*) FROM audit WHERE entry LIKE '%\"act\":\"decision_refused\"%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_fifty_clicks_of_three_people_on_two_processes_are_one_vote_and_one_execution() {
    let replicas = Replicas::start(1).await;
    let card = replicas.world.asks_to_withdraw(ALICE, SLUG).await;
    let urls = [replicas.first.url(), replicas.second.url()];
    let before = replicas.number(FINISHED).await;
    let presses = (0..50).map(|number| {
        let user = [ALICE, BOB, CARA][number % 3];
        replicas.presses(urls[number % 2], user, &card, "approve")
    });
    join_all(presses).await;
    eventually("all are acted on", async || replicas.number(FINISHED).await == before + 50).await;
    replicas.world.thread(&card, "Done and verified").await;
    assert_eq!(replicas.number(VOTES).await, 1);
    assert_eq!(replicas.number(CLAIMS).await, 1);
    assert_eq!(replicas.number(REFUSED).await, 49, "each with an answer of its own");
    assert_eq!(ckan(&replicas.world).writes().await.len(), 1);
}

#[tokio::test]
async fn s5_two_approvals_through_two_processes_and_nothing_before_the_second() {
    let replicas = Replicas::start(2).await;
    // Typed to the one that only takes.
    let card = replicas.world.asks_to_withdraw(ALICE, SLUG).await;
    replicas.world.reviews(BOB, &card, None).await;
    eventually("his vote counts", async || replicas.number(VOTES).await == 1).await;
    assert!(ckan(&replicas.world).writes().await.is_empty());
    replicas.world.slack.set_app_url(replicas.first.url());
    replicas.world.reviews(CARA, &card, None).await;
    replicas.world.thread(&card, "Done and verified").await;
    assert_eq!(ckan(&replicas.world).writes().await.len(), 1);
}

#[tokio::test]
async fn invariant_6_what_one_process_took_the_other_does_when_it_is_killed() {
    let replicas = Replicas::start(1).await;
    let card = replicas.world.asks_to_withdraw(ALICE, SLUG).await;
    let waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
    eventually("all is told", async || replicas.number(waiting).await == 0).await;
    let turn = replicas.number("SELECT term FROM acting").await;
    let Replicas { world, database, first, second } = replicas;
    assert!(!second.log().contains("acting on what is kept"));
    first.kill().await;
    // Nobody acts for a moment; what is pressed then is kept.
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    assert!(second.log().contains("acting on what is kept"));
    assert_eq!(ckan(&world).writes().await.len(), 1);
    let third = Process::start(&world).await;
    assert_eq!(second.terminate().await.code(), Some(0));
    let back = world.asks_to_withdraw(ALICE, "house-price-index").await;
    world.presses(CARA, &back, "approve").await;
    world.thread(&back, "Done and verified").await;
    let mut connection = PgConnection::connect(&database).await.unwrap();
    let last: i64 = sqlx::query_scalar("SELECT term FROM acting").fetch_one(&mut connection).await.unwrap();
    assert_eq!(last, turn + 2, "each had its turn");
    assert_eq!(third.terminate().await.code(), Some(0));
}
