//! Forms: what is missing is asked for, and everything else is filled in already.

use serde_json::json;

use crate::world::{ALICE, World, said};

#[tokio::test]
async fn a_change_without_its_reason_opens_a_form_that_is_filled_in() {
    let world = World::start().await;
    world.types(ALICE, "/ckan withdraw leeds-bin-collections --ticket 51234").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let shown = form.view.to_string();
    assert!(
        shown.contains("leeds-bin-collections") && shown.contains("\"initial_value\":\"51234\""),
        "{shown}"
    );
    let wrong = world
        .control
        .submit(
            ALICE,
            &form.view_id,
            &json!({"reason": {"reason": "Publisher asked"}, "ticket": {"ticket": "abc"}}),
        )
        .await
        .unwrap();
    let errors = wrong.errors.unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    insta::assert_snapshot!(errors["ticket"].as_str().unwrap(), @"abc is not a ticket number. A ticket number looks like 51234.");
    world
        .control
        .submit(
            ALICE,
            &form.view_id,
            &json!({"reason": {"reason": "Publisher asked"}, "ticket": {"ticket": "#51234"}}),
        )
        .await
        .unwrap();
    let card = world.card("leeds-bin-collections").await;
    assert!(card.text.contains("Publisher asked") && card.text.contains("51234"), "{}", said(&card.text));
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn s23_closing_a_form_decides_nothing() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "population-estimates-2021").await;
    world.presses(crate::world::BOB, &card, "deny").await;
    let form = world.control.wait_modal(crate::world::BOB).await.unwrap();
    world.control.close(crate::world::BOB, &form.view_id).await.unwrap();
    world.card_says(&card, "Waiting for approval").await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}
