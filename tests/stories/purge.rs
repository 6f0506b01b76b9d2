//! A withdrawn dataset is removed for good.

use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CARA, Wanted, World, said};

async fn confirms(world: &World, user: &str, card: &sandbox::slack::Message, typed: &str) {
    world.presses(user, card, "approve").await;
    let form = world.control.wait_modal(user).await.unwrap();
    let filled = json!({"confirmation": {"confirmation": typed}});
    world.control.submit(user, &form.view_id, &filled).await.unwrap();
}

#[tokio::test]
async fn hazard_11_a_purge_needs_two_people_who_type_the_slug_and_a_copy() {
    let archive = tempfile::tempdir().unwrap();
    let top = format!("archive_dir = \"{}\"", archive.path().display());
    let world = World::with(Wanted { top, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let slug = "school-census-2023";
    insta::assert_snapshot!(
        world.is_told(ALICE, &format!("/ckan purge {slug} --reason \"It was never to be kept\" --ticket 51237")).await,
        @"“School Census 2023” (school-census-2023) is not withdrawn, and only what is withdrawn can be purged. To take it off the site, type /ckan withdraw school-census-2023: that can be undone."
    );
    world.ckan.action("package_delete", json!({ "id": slug })).await;
    world
        .types(ALICE, &format!("/ckan purge {slug} --reason \"It was never to be kept\" --ticket 51237"))
        .await;
    let card = world.card(slug).await;
    let told = said(&card.text);
    for line in [
        "- A copy of what CKAN says of it is kept beside the bot first; without the copy nothing is purged.",
        "Safer: Leave it withdrawn: nobody but sysadmins sees it, and it can be restored at any time.",
        "Waiting for approval: 0 of 2 · can approve: <@U0BOB>, <@U0CARA> · runs out",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    confirms(&world, BOB, &card, "school-census").await;
    world.told(BOB, "school-census-2023").await;
    confirms(&world, BOB, &card, slug).await;
    world.card_says(&card, "1 of 2").await;
    assert_eq!(world.ckan.state(slug).await, "deleted");
    confirms(&world, CARA, &card, slug).await;
    let done = world.thread(&card, "Done and verified").await;
    for line in [
        "- CKAN does not know its UUID any more.",
        "- The search does not find it.",
        "- A copy of what CKAN said of it is kept as production-",
    ] {
        assert!(done.text.contains(line), "{line} is not in {}", done.text);
    }
    assert!(["gone", ""].contains(&world.ckan.state(slug).await.as_str()));
    let copy = std::fs::read_dir(archive.path()).unwrap().next().unwrap().unwrap().path();
    let copy: Value = serde_json::from_slice(&std::fs::read(copy).unwrap()).unwrap();
    assert_eq!((&copy["name"], copy["resources"].as_array().unwrap().len()), (&json!(slug), 2));
}
