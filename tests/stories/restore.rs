//! A dataset comes back that the bot did not take away.

use serde_json::json;

use crate::world::{ALICE, BOB, Restores, World};

#[tokio::test]
async fn what_somebody_else_withdrew_is_restored_by_two_people() {
    let world = World::start().await;
    world.ckan.action("package_delete", json!({"id": "school-census-2023"})).await;
    let wish = "/ckan restore school-census-2023 --reason \"Withdrawn by mistake\" --ticket 51235";
    world.types(ALICE, wish).await;
    if world.ckan.restores() == Restores::WithALoss {
        // Here it has to be said, and known, that something may be lost.
        let refused = world.next_private(ALICE).await;
        insta::assert_snapshot!(world.ckan.said(&refused), @"This is CKAN ‹version›: a restore over its API erases resources that were removed from “School Census 2023” earlier, and the bot cannot see whether there are any. If they may go, add --erase-removed-resources. If not, restore it in the database: set state of the row 2ff3e9ea-c83a-57eb-a7ef-2cce746d9406 in the table package, and then run ckan search-index rebuild 2ff3e9ea-c83a-57eb-a7ef-2cce746d9406.");
        world.types(ALICE, &format!("{wish} --to active --erase-removed-resources")).await;
    }
    let card = world.card("school-census-2023").await;
    assert_eq!(world.ckan.state("school-census-2023").await, "deleted");
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(world.ckan.restored(&done.text), @"
    Done and verified: Restore “School Census 2023” on production.
    What I saw
    - ‹witness› has it as “active” again.
    - The search finds it.
    - A visitor who is not signed in can read it.
    - It has all its 2 resources.
    - Its publisher is Department for Education.
    ");
    assert_eq!(world.ckan.state("school-census-2023").await, "active");
}
