//! A channel that others see.

use std::time::Duration;

use serde_json::json;

use crate::attacker::SLUG;
use crate::world::{ALICE, BOB, CHANNEL, OUTSIDER, World, button_value};

#[tokio::test]
async fn s14_in_a_channel_that_is_shared_or_about_to_be_nothing_is_asked_or_decided() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    for shared in ["is_ext_shared", "is_pending_ext_shared", "is_org_shared"] {
        world.control.channel(CHANNEL, &json!({shared: true})).await.unwrap();
        world.types(ALICE, "/ckan withdraw house-price-index --reason x").await;
        let told = world.told(ALICE, "shared with another organisation").await;
        assert!(told.contains("Nothing was done."), "{told}");
        assert_eq!(world.last_of(ALICE).await, "U0ALICE request_refused shared_channel by shared_channel");
        for (user, button) in [(BOB, "approve"), (BOB, "deny"), (ALICE, "cancel")] {
            world.presses(user, &card, button).await;
            world.told(user, "shared with another organisation").await;
            let line = format!("{user} decision_refused shared_channel by shared_channel");
            assert_eq!(world.last_of(user).await, line);
        }
        // Whoever would be refused anyway is told why.
        let value = button_value(&card);
        world.control.forge_click(OUTSIDER, CHANNEL, &card.ts, "approve", &value).await.unwrap();
        world.told(OUTSIDER, "another workspace").await;
        world.control.channel(CHANNEL, &json!({shared: false})).await.unwrap();
    }
    // A form that was opened before.
    world.control.channel(CHANNEL, &json!({"is_ext_shared": true})).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.told(BOB, "shared with another organisation").await;
    world.ckan_saw(0).await;
    // Reading is private, and taking back stops something: both go on.
    world.types(BOB, "/ckan request list").await;
    world.told(BOB, "Road Safety Data 2019").await;
    world.types(ALICE, &format!("/ckan request cancel {}", &button_value(&card)[20..])).await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn s14_where_slack_cannot_say_who_sees_the_channel_the_answer_is_no() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    for fault in ["http_500", "error:channel_not_found", "error:missing_scope"] {
        world.control.fault("conversations.info", fault, 1).await.unwrap();
        world.presses(BOB, &card, "approve").await;
        world.told(BOB, "who sees the channel").await;
        assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused cannot_identify by cannot_identify");
    }
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s14_a_bot_that_starts_on_a_shared_channel_says_so_and_is_not_ready() {
    let mut world = World::start().await;
    world.stop_bot().await;
    world.control.channel(CHANNEL, &json!({"is_ext_shared": true})).await.unwrap();
    world.start_bot().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let report = async {
        loop {
            let answer = http.get(format!("{}/readyz", world.bot_url())).send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            if text.contains("slack.channel: shared with another organisation") {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), report).await.expect("it says so"), 503);
}
