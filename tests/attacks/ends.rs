//! Votes after every kind of end.

use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;
use serde_json::json;

use crate::attacker::SLUG;
use crate::file::File;
use crate::world::{ALICE, BOB, CARA, Wanted, World, button_value};

impl World {
    /// Everybody presses everything, and nothing comes of it.
    async fn is_over(&self, card: &Message, words: &str) {
        self.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
        let ckan = self.ckan.control.as_ref().unwrap();
        let (writes, before) = (ckan.writes().await.len(), self.judged().await.len());
        let state = "SELECT state || ' ' || version FROM request";
        let was = File::of(self).await.texts(state).await;
        let value = button_value(card);
        for user in [ALICE, BOB, CARA] {
            for button in ["approve", "deny", "cancel"] {
                self.control.forge_click(user, &card.channel, &card.ts, button, &value).await.unwrap();
                self.told(user, words).await;
            }
        }
        assert_eq!(File::of(self).await.texts(state).await, was);
        let judged = self.judged().await.split_off(before);
        assert_eq!(judged.len(), 9, "{judged:?}");
        assert!(judged.iter().all(|line| line.contains(" decision_refused ")), "{judged:?}");
        assert_eq!(ckan.writes().await.len(), writes);
    }

    /// As an end that takes more than a click to get to.
    async fn ends_by_hand(&self, state: &'static str) {
        File::of(self).await.forge(state).await;
    }
}

#[tokio::test]
async fn s5_nothing_follows_a_denial() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.thread(&card, "denied it").await;
    world.is_over(&card, "is denied already").await;
    world.ckan_saw(0).await;
}

#[tokio::test]
async fn s5_nothing_follows_a_cancelling() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    world.is_over(&card, "was cancelled").await;
    world.ckan_saw(0).await;
}

#[tokio::test]
async fn s5_s16_nothing_follows_once_the_time_is_over() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.clock.advance_ms(61 * 60_000);
    world.thread(&card, "has run out").await;
    world.is_quiet().await;
    world.clock.advance_ms(-61 * 60_000);
    world.is_over(&card, "has run out of time").await;
    world.ckan_saw(0).await;
}

#[tokio::test]
async fn s5_s16_nothing_follows_once_ckan_has_moved() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let ckan = world.ckan.control.as_ref().unwrap();
    ckan.change(SLUG, json!({"title": "Something else"})).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "CKAN has changed").await;
    world.is_over(&card, "CKAN had changed").await;
    let sent = ckan.requests().await.iter().filter(|request| request.action == "package_delete").count();
    assert_eq!(sent, 0);
}

#[tokio::test]
async fn s5_nothing_follows_a_success() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.goes_on(&card).await;
    world.is_over(&card, "is done already").await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s5_nothing_follows_what_was_not_applied() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let ckan = world.ckan.control.as_ref().unwrap();
    ckan.fault(Fault::times("package_delete", FaultKind::LoseRequest, 1)).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Not carried out").await;
    world.is_over(&card, "could not be carried out").await;
    assert_eq!(world.ckan.state(SLUG).await, "active");
}

#[tokio::test]
async fn s5_nothing_is_decided_or_done_again_while_nobody_knows_the_outcome() {
    let environment = "write_deadline = \"300s\"\nrequest_timeout = \"1s\"".to_owned();
    let world = World::with(Wanted { environment, ..Wanted::default() }).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let ckan = world.ckan.control.as_ref().unwrap();
    ckan.fault(Fault::times("package_delete", FaultKind::LoseRequest, 1)).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "I do not know yet").await;
    world.is_over(&card, "being carried out").await;
    let sent = ckan.requests().await.iter().filter(|request| request.action == "package_delete").count();
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn s5_nothing_follows_a_part_of_it() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world
        .ends_by_hand(
            "UPDATE request SET state = 'partly', version = version + 1, \
             body = json_set(body, '$.state', 'partly', '$.version', version + 1)",
        )
        .await;
    world.is_over(&card, "is partly done already").await;
    world.ckan_saw(0).await;
}
