//! Lists, accounts and the registry that change between the request, the click and the form.

use serde_json::json;

use crate::attacker::SLUG;
use crate::world::{ALICE, BOB, CARA, Wanted, World, button_value};

#[tokio::test]
async fn s9_s13_who_lost_the_right_since_is_refused_each_by_their_own_rule() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    world.control.usergroup("S0ENG", &[ALICE, CARA]).await.unwrap();
    world.presses(BOB, &card, "approve").await;
    world.told(BOB, "not on the list").await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused not_an_approver by access");
    for (fields, name) in [
        (json!({"deleted": true}), "deactivated"),
        (json!({"deleted": false, "is_restricted": true}), "guest"),
        (json!({"is_restricted": false, "team_id": "T0009"}), "other_team"),
    ] {
        world.control.person(CARA, &fields).await.unwrap();
        world.control.forge_click(CARA, &card.channel, &card.ts, "approve", &value).await.unwrap();
        world.counts("SELECT count(*) FROM inbound WHERE state = 'received'", 0).await;
        assert_eq!(world.last_of(CARA).await, format!("U0CARA decision_refused {name} by {name}"));
    }
    // A group that was switched off has no members, and nobody guesses.
    world.control.person(CARA, &json!({"team_id": "T0001"})).await.unwrap();
    world
        .control
        .post::<serde_json::Value>("usergroup", &json!({"id": "S0ENG", "disabled": true}))
        .await
        .unwrap();
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "could not tell me who you are").await;
    world.ckan_saw(0).await;
    world
        .control
        .post::<serde_json::Value>("usergroup", &json!({"id": "S0ENG", "disabled": false}))
        .await
        .unwrap();
    world.presses(CARA, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s9_s23_who_left_while_the_form_was_open_is_refused_when_it_is_sent() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.person(BOB, &json!({"is_restricted": true})).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.told(BOB, "guest").await;
    assert!(world.last_of(BOB).await.ends_with("guest by guest"));
    world.control.person(BOB, &json!({"is_restricted": false})).await.unwrap();
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s12_two_accounts_that_became_one_person_at_a_restart_cannot_approve_for_each_other() {
    let registry = |people: &[(&str, &[&str])]| {
        let entry =
            |(name, ids): &(&str, &[&str])| format!("[[people]]\nname = {name:?}\nslack_ids = {ids:?}\n");
        people.iter().map(entry).collect::<String>()
    };
    let before = registry(&[("Alice", &[ALICE]), ("Bob", &[BOB]), ("Cara", &[CARA])]);
    let mut world = World::with(Wanted { top: before.clone(), ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    world.is_quiet().await;
    // Somebody noticed that Cara's account is Alice's second one.
    let after = registry(&[("Alice", &[ALICE, CARA]), ("Bob", &[BOB])]);
    let bot = world.restarts_with(&before, &after).await;
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "asked for this yourself").await;
    assert_eq!(world.last_of(CARA).await, "U0CARA decision_refused own_request by own_request");
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
    bot.stop().await.unwrap();
}
