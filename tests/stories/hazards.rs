//! What CKAN does that would fool a tool which believes its answers.

use serde_json::json;

use crate::world::{ALICE, BOB, World, said};

#[tokio::test]
async fn hazard_7_a_500_after_the_commit_is_not_failure() {
    let world = World::start().await;
    // That this CKAN really answers so is seen on a dataset of nobody's request.
    world.ckan.answers_500_after_deleting("apprenticeship-starts").await;
    let (status, _) = world.ckan.answer("package_delete", json!({"id": "apprenticeship-starts"})).await;
    let is_mended = world.ckan.lab.is_some() && !world.ckan.is("2.10");
    assert_eq!(status, if is_mended { 200 } else { 500 });
    assert_eq!(world.ckan.state("apprenticeship-starts").await, "deleted");

    let card = world.asks_to_withdraw(ALICE, "historic-landfill-sites").await;
    world.ckan.answers_500_after_deleting("historic-landfill-sites").await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Withdraw “Historic Landfill Sites” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
    assert_eq!(world.ckan.state("historic-landfill-sites").await, "deleted");
    if let Some(writes) = world.ckan.writes("historic-landfill-sites").await {
        assert_eq!(writes, 1, "it is not withdrawn a second time");
    }
    assert_eq!(world.audit().await.last().unwrap(), "bot settled succeeded");
}
