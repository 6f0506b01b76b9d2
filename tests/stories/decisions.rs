//! Votes, their ends, and their races.

use serde_json::json;

use crate::world::{ALICE, BOB, CARA, Wanted, World, blocks, button_value, said};

#[tokio::test]
async fn a_denial_asks_for_its_reason_and_ends_it() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "hospital-waiting-times").await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world
        .control
        .submit(
            BOB,
            &form.view_id,
            &json!({"reason": {"reason": "The publisher has not <!channel> confirmed"}}),
        )
        .await
        .unwrap();
    let denied = world.thread(&card, "denied").await;
    insta::assert_snapshot!(said(&denied.text), @"
    <@U0BOB> denied it: The publisher has not &lt;!channel&gt; confirmed
    Nothing was done.
    ");
    world.presses_again_in_vain(&card).await;
    assert_eq!(world.ckan.state("hospital-waiting-times").await, "active");
}

impl World {
    async fn presses_again_in_vain(&self, card: &sandbox::slack::Message) {
        let settled = self.card_says(card, "Denied").await;
        assert!(!blocks(&settled).contains("\"approve\""));
        let value = button_value(card);
        self.control.forge_click(BOB, &card.channel, &card.ts, "approve", &value).await.unwrap();
        insta::assert_snapshot!(self.told(BOB, "denied already").await, @"This request is denied already. Decided by <@U0BOB> on ‹moment›. Your click changed nothing.");
    }
}

#[tokio::test]
async fn approving_twice_runs_once() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "school-performance-tables").await;
    let (first, second) =
        tokio::join!(world.control.click(BOB, &card, "approve"), world.control.click(BOB, &card, "approve"));
    assert_eq!((first.unwrap().status, second.unwrap().status), (200, 200));
    world.thread(&card, "Done and verified").await;
    // By then it may be approved, under way or done: each has its own words.
    world.told(BOB, "This request is").await;
    assert_eq!(world.ckan.state("school-performance-tables").await, "deleted");
    if let Some(writes) = world.ckan.writes("school-performance-tables").await {
        assert_eq!(writes, 1);
    }
    let claims = world.audit().await.iter().filter(|line| line.contains("claimed")).count();
    assert_eq!(claims, 1);
}

#[tokio::test]
async fn of_two_approvers_at_the_same_moment_one_decides_and_the_other_is_told() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, "apprenticeship-starts").await;
    let (one, other) =
        tokio::join!(world.control.click(BOB, &card, "approve"), world.control.click(CARA, &card, "approve"));
    assert_eq!((one.unwrap().status, other.unwrap().status), (200, 200));
    world.thread(&card, "Done and verified").await;
    let acts = world.audit().await;
    assert_eq!(acts.iter().filter(|line| line.ends_with("approved approved")).count(), 1, "{acts:?}");
    assert_eq!(acts.iter().filter(|line| line.contains("claimed")).count(), 1);
}

#[tokio::test]
async fn two_needed_approvals_are_two_people() {
    let world = World::with(Wanted { approvals: 2, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, "historic-landfill-sites").await;
    world.reviews(BOB, &card, None).await;
    let counted = world.thread(&card, "1 more needed").await;
    insta::assert_snapshot!(said(&counted.text), @"<@U0BOB> approved. 1 more needed.");
    world.presses(BOB, &card, "approve").await;
    world.told(BOB, "in already").await;
    assert_eq!(world.ckan.state("historic-landfill-sites").await, "active");
    world.reviews(CARA, &card, None).await;
    world.thread(&card, "Done and verified").await;
}

#[tokio::test]
async fn only_the_person_who_asked_cancels() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "air-quality-monitoring-sites").await;
    world.presses(BOB, &card, "cancel").await;
    insta::assert_snapshot!(world.next_private(BOB).await, @"Only the person who asked can cancel. Press Deny instead to say no.");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn a_request_that_nobody_decides_runs_out() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "leeds-spend-over-500").await;
    world.clock.advance_ms(3_600_000);
    let expired = world.thread(&card, "run out").await;
    insta::assert_snapshot!(said(&expired.text), @"<@U0ALICE>: nobody approved this in time, so it has run out. Nothing was done. Ask again if it is still wanted.");
    world.card_says(&card, "Ran out of time").await;
    assert_eq!(world.ckan.state("leeds-spend-over-500").await, "active");
}
