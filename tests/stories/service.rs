//! The service itself: restarts, health.

use std::time::Duration;

use crate::world::{ALICE, BOB, World};

#[tokio::test]
async fn a_waiting_request_outlives_a_restart() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "bathing-water-quality").await;
    world.told(ALICE, "is posted").await;
    world.stop_bot().await;
    world.start_bot().await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state("bathing-water-quality").await, "deleted");
}

#[tokio::test]
async fn it_is_ready_once_slack_and_ckan_know_it() {
    let world = World::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| http.get(format!("{}{path}", world.bot_url())).send().await.unwrap();
    assert_eq!(get("/healthz").await.status(), 200);
    let report = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let answer = get("/readyz").await;
            let ready = answer.status() == 200;
            let report = answer.text().await.unwrap();
            if ready && report.contains("ckan.production: good") {
                return report;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("ready in time");
    insta::assert_snapshot!(report, @"
    store: good
    messages: 0 waiting, 0 given up
    ckan.production: good
    slack: good
    slack.channel: good
    ");
}
