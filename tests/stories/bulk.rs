//! Many datasets go under one request, and come back.

use serde_json::json;

use crate::world::{ALICE, BOB, World, blocks, said};

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
    insta::assert_snapshot!(said(&card.text), @"
    Withdraw 3 datasets from production
    Datasets: 3
    The first of them: road-accidents-2019, road-accidents-2018, house-price-index
    Harvested: 0; published by hand: 3
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Publisher asked
    Ticket: 51234
    What will happen
    - They disappear from the site, the search and the API for everybody but sysadmins.
    - CKAN keeps them with their resources and files.
    - First one is withdrawn and verified, then five, then the rest; too many failures stop it.
    Waiting for approval: 0 of 1 by somebody other than <@U0ALICE>. Runs out ‹moment›.
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    assert_eq!(states(&world, &MANY).await, ["active"; 3]);
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    let stage = world.thread(&card, "Going on").await;
    insta::assert_snapshot!(said(&stage.text), @"The first one is withdrawn and verified. Going on with the other 2.");
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Withdraw 3 datasets from production.
    What I saw
    - All 3 are withdrawn.
    - The search does not find any of them any more.
    - CKAN's own record of the first six, and of each one whose answer was unclear, has it as withdrawn, and a visitor who is not signed in cannot read it.
    ");
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
    insta::assert_snapshot!(said(&back.text), @"
    Restore 2 datasets on production
    Datasets: 2
    The first of them: road-accidents-2019, house-price-index
    Come back as: active, as they were
    Restored meanwhile, left out: 1: road-accidents-2018
    Environment: production
    Asked by: <@U0ALICE>
    Reason: They were the wrong ones
    Ticket: 51234
    What will happen
    - Each comes back in its previous state, with its publisher, resources and groups.
    - First one is restored and verified, then five, then the rest; too many failures stop it.
    Waiting for approval: 0 of 1 by somebody other than <@U0ALICE>. Runs out ‹moment›.
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(BOB, &back, "approve").await;
    let restored = world.thread(&back, "Done and verified").await;
    insta::assert_snapshot!(said(&restored.text), @"
    Done and verified: Restore 2 datasets on production.
    What I saw
    - Both are restored.
    - The search has all of them again, each in the state and with the publisher that it had.
    - CKAN's own record of the first six, and of each one whose answer was unclear, has their resources and groups as well.
    ");
    assert_eq!(states(&world, &MANY).await, ["active"; 3]);
    let acts = world.audit().await;
    insta::assert_snapshot!(acts.join("\n"), @"
    U0ALICE requested pending
    U0ALICE decision_refused own_request
    U0BOB approved approved
    bot claimed running
    bot settled succeeded
    U0ALICE requested pending
    U0BOB approved approved
    bot claimed running
    bot settled succeeded
    ");
}
