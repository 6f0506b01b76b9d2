//! Deliveries again, late, and in another order.

use serde_json::json;

use crate::attacker::{SLUG, click, elsewhere, submission};
use crate::file::File;
use crate::world::{ALICE, BOB, CARA, World, button_value};

#[tokio::test]
async fn s4_every_delivery_of_a_whole_story_again_changes_nothing() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "cannot decide").await;
    world.goes_on(&card).await;
    world.is_quiet().await;
    let (before, all) = (world.judged().await, world.control.deliveries().await.unwrap());
    for delivery in all {
        assert_eq!(world.control.replay(delivery.n).await.unwrap().status, 401, "byte for byte");
        // The same act under a signature of its own is Slack's second copy, and answered as if it were the first.
        assert_eq!(world.resigned(&delivery.path, &delivery.request).await, 200);
    }
    world.is_quiet().await;
    assert_eq!(world.judged().await, before);
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s4_a_press_before_the_card_has_an_address_is_one_vote_at_most() {
    let world = World::start().await;
    // Slack takes the card and its answer is lost: it is shown, and the bot does not know where.
    world.control.fault("chat.postMessage", "lose_response", 1).await.unwrap();
    let lost = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &lost, "approve").await;
    // It was posted anew, and that card is the request's; Slack shows that the lost one is ours, so it is too.
    let other = |message: &sandbox::slack::Message| {
        message.bot && message.thread_ts.is_none() && message.ephemeral_for.is_none() && message.ts != lost.ts
    };
    let card = world.control.wait_message(BOB, other).await.unwrap();
    world.thread(&card, "Done and verified").await;
    world.card_says(&card, "Done and verified").await;
    world.card_says(&lost, "Done and verified").await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s5_a_no_after_the_deciding_yes_is_too_late_and_says_who_was_first() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    // Her form is open when he approves.
    world.presses(CARA, &card, "deny").await;
    let form = world.control.wait_modal(CARA).await.unwrap();
    world.goes_on(&card).await;
    world.control.submit(CARA, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    let told = world.told(CARA, "is done already").await;
    assert!(told.contains("Decided by <@U0BOB>"), "{told}");
    assert_eq!(world.last_of(CARA).await, "U0CARA decision_refused already_decided by already_decided");
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s23_a_form_without_the_press_that_opened_it_decides_nothing() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let why = json!({"reason": "No"});
    let request = world.request_id().await;
    let of_command = File::of(&world).await.texts("SELECT id FROM inbound").await.remove(0);
    for about in ["", "*", "01ARZ3NDEKTSV4RRFFQ69G5FAV", &request, &of_command] {
        for form in ["deny", "review", "undo", "ask"] {
            assert_eq!(world.sends(&submission(BOB, form, about, &why)).await, 200, "{form} {about}");
            world.told(BOB, "too old to be used").await;
        }
    }
    // And the opening press that comes afterwards opens a form, and no more.
    assert_eq!(world.sends(&click(BOB, &card, "deny", &button_value(&card))).await, 200);
    world.is_quiet().await;
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
}

#[tokio::test]
async fn s6_s23_a_press_that_was_refused_as_a_copy_opens_no_form_afterwards_either() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let copy = elsewhere(&card, None, Some("1700000000.000001"));
    assert_eq!(world.sends(&click(BOB, &copy, "deny", &button_value(&card))).await, 200);
    world.told(BOB, "not on a message that I posted").await;
    // He learns what only the store knows: the press's id.
    let ids = "SELECT id FROM inbound ORDER BY position DESC LIMIT 1";
    let about = File::of(&world).await.texts(ids).await.remove(0);
    assert_eq!(world.sends(&submission(BOB, "deny", &about, &json!({"reason": "No"}))).await, 200);
    world.told(BOB, "not on a message that I posted").await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}
