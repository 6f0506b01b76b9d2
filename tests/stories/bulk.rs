//! Many datasets go under one request, and come back.

use serde_json::json;

use crate::world::{ALICE, BOB, CARA, World, blocks, said};

/// Eight of the seed's datasets that are active and published by hand or harvested.
const MANY: [&str; 3] = ["road-accidents-2019", "road-accidents-2018", "house-price-index"];

async fn states(world: &World, slugs: &[&str]) -> Vec<String> {
    let mut states = vec![];
    for slug in slugs {
        states.push(world.ckan.state(slug).await);
    }
    states
}

#[tokio::test]
async fn datasets_are_withdrawn_together_by_two_people_and_restored_together_by_two() {
    let world = World::start().await;
    world
        .types(
            ALICE,
            &format!("/ckan withdraw {} --reason \"Publisher asked\" --ticket 51234", MANY.join(" ")),
        )
        .await;
    let card = world.card("Withdraw 3 datasets").await;
    insta::assert_snapshot!(said(&card.text), @"");
    assert_eq!(states(&world, &MANY).await, ["active"; 3]);
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    let stage = world.thread(&card, "Going on").await;
    insta::assert_snapshot!(said(&stage.text), @"");
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"");
    assert_eq!(states(&world, &MANY).await, ["deleted"; 3]);
    for slug in MANY {
        assert_eq!(world.ckan.writes(slug).await.unwrap_or(1), 1, "{slug}");
    }
    let card = world.card_says(&card, "Done and verified").await;
    assert!(!blocks(&card).contains("\"approve\""), "no button stays on a settled card");

    // Somebody restores one of them meanwhile: it is left alone.
    world.ckan.action("package_patch", json!({"id": MANY[1], "state": "active"})).await;
    world.presses(ALICE, &done, "undo").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let why = json!({"reason": {"reason": "They were the wrong ones"}});
    world.control.submit(ALICE, &form.view_id, &why).await.unwrap();
    let back = world.card("Restore 2 datasets").await;
    insta::assert_snapshot!(said(&back.text), @"");
    world.presses(BOB, &back, "approve").await;
    let restored = world.thread(&back, "Done and verified").await;
    insta::assert_snapshot!(said(&restored.text), @"");
    assert_eq!(states(&world, &MANY).await, ["active"; 3]);
    let acts = world.audit().await;
    insta::assert_snapshot!(acts.join("\n"), @"");
}
