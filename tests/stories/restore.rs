//! A dataset comes back that the bot did not take away.

use serde_json::json;

use crate::world::{ALICE, BOB, World, said};

#[tokio::test]
async fn what_somebody_else_withdrew_is_restored_by_two_people() {
    let world = World::start().await;
    world.ckan.action("package_delete", json!({"id": "school-census-2023"})).await;
    world
        .types(ALICE, "/ckan restore school-census-2023 --reason \"Withdrawn by mistake\" --ticket 51235")
        .await;
    let card = world.card("school-census-2023").await;
    assert_eq!(world.ckan.state("school-census-2023").await, "deleted");
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Restore “School Census 2023” on production.
    What I saw
    - CKAN has it as “active” again.
    - The search finds it.
    - A visitor who is not signed in can read it.
    - It has all its 2 resources.
    - Its publisher is Department for Education.
    ");
    assert_eq!(world.ckan.state("school-census-2023").await, "active");
}
