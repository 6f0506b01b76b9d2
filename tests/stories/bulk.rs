//! Many datasets go under one request, and come back.

use sandbox::slack::Message;
use serde_json::json;

use crate::world::{ALICE, BOB, Restores, World, blocks, said};

/// Three of the seed's datasets, published by hand.
const MANY: [&str; 3] = ["road-accidents-2019", "road-accidents-2018", "house-price-index"];

/// Of a withdrawal, where a restore over the API loses something.
const NO_BUTTON: &str = "- On this CKAN, older than 2.12, a restore over the API erases resources that were removed from a dataset earlier, so no button offers it for all of them: each has to be restored by itself.\n";
/// Of a restore, where it is done in the database.
const IN_THE_DATABASE: &str =
    "Way: CKAN's database, then its API ties it to its publisher, which brings the search index up to date\n";

/// The text of a card without the line in which CKANs differ, which has to be there exactly where it is true.
fn card_said(world: &World, card: &Message) -> String {
    let text = said(&card.text);
    let restores = world.ckan.restores();
    let withdraws = text.starts_with("Withdraw");
    assert_eq!(text.contains(NO_BUTTON), withdraws && restores == Restores::WithALoss, "{text}");
    assert_eq!(text.contains(IN_THE_DATABASE), !withdraws && restores == Restores::InTheDatabase, "{text}");
    text.replace(NO_BUTTON, "").replace("Mind\nWaiting", "Waiting").replace(IN_THE_DATABASE, "")
}

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
    insta::assert_snapshot!(card_said(&world, &card), @"
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
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    assert_eq!(states(&world, &MANY).await, ["active"; 3]);
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.reviews(BOB, &card, None).await;
    let stage = world.thread(&card, "Going on").await;
    insta::assert_snapshot!(said(&stage.text), @"The first one is withdrawn and verified. Going on with the other 2.");
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Withdraw 3 datasets from production.
    What I saw
    - All 3 are withdrawn.
    - The search does not find any of them any more.
    - CKAN's own record of the first ones, and of each one whose answer was unclear, has it as withdrawn, and a visitor who is not signed in cannot read it.
    ");
    let table = world.thread(&card, "Results").await;
    insta::assert_snapshot!(said(&table.text), @"
    Results
    Dataset · Result
    road-accidents-2019 · done
    road-accidents-2018 · done
    house-price-index · done
    ");
    assert_eq!(states(&world, &MANY).await, ["deleted"; 3]);
    for slug in MANY {
        assert_eq!(world.ckan.writes(slug).await.unwrap_or(1), 1, "{slug}");
    }
    let card = world.card_says(&card, "Done and verified").await;
    assert!(!blocks(&card).contains("\"approve\""), "no button stays on a settled card");
    if world.ckan.restores() == Restores::WithALoss {
        // A sandbox CKAN before 2.12, where nothing reaches a database: it ends here, as the card had said.
        assert!(!blocks(&done).contains("\"undo\""), "no button offers what loses something");
        return;
    }

    // Somebody restores one of them meanwhile: it is left alone.
    world.ckan.action("package_patch", json!({"id": MANY[1], "state": "active"})).await;
    world.presses(ALICE, &done, "undo").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let why = json!({"reason": {"reason": "They were the wrong ones"}});
    world.control.submit(ALICE, &form.view_id, &why).await.unwrap();
    let back = world.card("Restore 2 datasets").await;
    insta::assert_snapshot!(card_said(&world, &back), @"
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
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.reviews(BOB, &back, None).await;
    let restored = world.thread(&back, "Done and verified").await;
    insta::assert_snapshot!(said(&restored.text), @"
    Done and verified: Restore 2 datasets on production.
    What I saw
    - Both are restored.
    - The search has all of them again, each in the state and with the publisher that it had.
    - CKAN's own record of the first ones, and of each one whose answer was unclear, has their resources and groups as well.
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

async fn asks_for(world: &World, user: &str, slugs: &[&str]) {
    world.types(user, &format!("/ckan withdraw {} --reason \"Publisher asked\"", slugs.join(" "))).await;
}

#[tokio::test]
async fn hazard_2_one_that_was_renamed_between_request_and_approval_stops_the_whole_list() {
    let world = World::start().await;
    asks_for(&world, ALICE, &MANY).await;
    let card = world.card("Withdraw 3 datasets").await;
    world.ckan.action("package_patch", json!({"id": MANY[1], "name": "another-slug"})).await;
    world.reviews(BOB, &card, None).await;
    let stale = world.thread(&card, "CKAN has changed").await;
    assert!(
        stale.text.contains("road-accidents-2018: was “as it was shown”, is now “It was changed"),
        "{}",
        stale.text
    );
    assert_eq!(world.ckan.state(MANY[0]).await, "active");
    assert_eq!(world.ckan.state(MANY[2]).await, "active");
    assert_eq!(world.ckan.state("another-slug").await, "active");
}

#[tokio::test]
async fn hazard_3_a_harvest_source_among_datasets_is_refused_or_left_out() {
    let world = World::start().await;
    asks_for(&world, ALICE, &[MANY[0], "leeds-data-mill"]).await;
    let told = world.told(ALICE, "harvest source").await;
    insta::assert_snapshot!(told, @"leeds-data-mill is not a dataset but, for example, a harvest source: withdrawing it would switch its harvester off. Leave it out.");
    world.types(ALICE, "/ckan withdraw --list").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let list =
        format!("{}\nleeds-data-mill\nno-such-dataset\n{}\nNot a slug!\n{}", MANY[0], MANY[1], MANY[0]);
    let filled = json!({"list": {"list": list}, "reason": {"reason": "Publisher asked"}});
    world.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
    let card = world.card("Withdraw 2 datasets").await;
    insta::assert_snapshot!(card_said(&world, &card), @"
    Withdraw 2 datasets from production
    Datasets: 2
    The first of them: road-accidents-2019, road-accidents-2018
    Harvested: 0; published by hand: 2
    Unreadable, left out: 1: line 5
    Unknown, left out: 1: no-such-dataset
    Named twice, left out: 1: road-accidents-2019
    Not datasets, left out: 1: leeds-data-mill
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Publisher asked
    What will happen
    - They disappear from the site, the search and the API for everybody but sysadmins.
    - CKAN keeps them with their resources and files.
    - First one is withdrawn and verified, then five, then the rest; too many failures stop it.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.reviews(BOB, &card, None).await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state("leeds-data-mill").await, "active");
}

#[tokio::test]
async fn hazard_6_ckans_own_bulk_actions_are_never_used() {
    let world = World::start().await;
    asks_for(&world, ALICE, &MANY).await;
    let card = world.card("Withdraw 3 datasets").await;
    world.reviews(BOB, &card, None).await;
    world.thread(&card, "Done and verified").await;
    let sent = world.ckan.called().await;
    assert!(sent.iter().all(|action| !action.starts_with("bulk_update")), "{sent:?}");
    assert_eq!(sent.iter().filter(|action| *action == "package_delete").count(), 3);
}

#[tokio::test]
async fn hazard_14_two_requests_never_touch_one_dataset_at_the_same_time() {
    let world = World::start().await;
    asks_for(&world, ALICE, &MANY).await;
    let card = world.card("Withdraw 3 datasets").await;
    asks_for(&world, BOB, &[MANY[2]]).await;
    world.told(BOB, "open request for the same thing").await;
    asks_for(&world, BOB, &["school-census-2023", MANY[0]]).await;
    world.told(BOB, "open request for the same thing").await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    asks_for(&world, BOB, &["school-census-2023", MANY[0]]).await;
    world.told(BOB, "is posted").await;
}

#[tokio::test]
async fn hazard_21_no_title_in_the_table_of_results_is_a_formula() {
    let world = World::start().await;
    let title = "=HYPERLINK(\"http://evil.example\",\"Roads\")";
    world.ckan.action("package_patch", json!({"id": MANY[0], "title": title})).await;
    asks_for(&world, ALICE, &MANY).await;
    let card = world.card("Withdraw 3 datasets").await;
    let list = world.file(&card, "list.csv").await;
    insta::assert_snapshot!(list.replace("\r\n", "\n"), @r#"
    name,id,title
    road-accidents-2019,98b48282-0a09-5590-954a-9818be2884bc,"'=HYPERLINK(""http://evil.example"",""Roads"")"
    road-accidents-2018,25e116a3-0918-5821-9b91-d1e38ebb8a20,Road Safety Data 2018
    house-price-index,f6899a70-2159-5c0a-a5bd-79866524b7a0,House Price Index
    "#);
    world.reviews(BOB, &card, None).await;
    let file = world.file(&card, "results.csv").await;
    insta::assert_snapshot!(file.replace("\r\n", "\n"), @r#"
    name,id,title,result,note
    road-accidents-2019,98b48282-0a09-5590-954a-9818be2884bc,"'=HYPERLINK(""http://evil.example"",""Roads"")",done,
    road-accidents-2018,25e116a3-0918-5821-9b91-d1e38ebb8a20,Road Safety Data 2018,done,
    house-price-index,f6899a70-2159-5c0a-a5bd-79866524b7a0,House Price Index,done,
    "#);
}

#[tokio::test]
async fn what_is_typed_must_all_be_there_and_what_is_left_must_be_something() {
    let world = World::start().await;
    let mut said = vec![];
    for text in [
        "withdraw road-accidents-2019 house-price-index --reason Publisher asked",
        "withdraw road-accidents-2019 --publisher department-for-transport --reason x",
        "withdraw --publisher no-such-publisher --reason x",
        "withdraw --publisher \"A B\" --reason x",
        "withdraw business-counts-2015 business-counts-2015 --reason x",
    ] {
        said.push(world.is_told(ALICE, &format!("/ckan {text}")).await);
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    asked is too much. Put the whole reason into quotation marks: --reason "why".
    Name either datasets or a publisher with --publisher, not both in one request.
    There is no publisher no-such-publisher on production. Check it against the address of the publisher's page, and the environment.
    That is no publisher's slug. Type it as it stands at the end of the address of the publisher's page, or give its UUID.
    There is nothing to withdraw: named twice (1: business-counts-2015); already withdrawn (1: business-counts-2015).
    "#);
}

#[tokio::test]
async fn all_datasets_of_a_publisher_are_withdrawn_and_no_other() {
    let world = World::start().await;
    world
        .types(ALICE, "/ckan withdraw --publisher department-for-transport --reason \"It was closed\"")
        .await;
    let card = world.card("Withdraw").await;
    insta::assert_snapshot!(card_said(&world, &card), @"
    Withdraw 5 datasets from production
    Datasets: 5
    Publisher: Department for Transport
    The first of them: road-accidents-2018, public-transport-access-nodes, bus-and-coach-timetables, road-accidents-2019, road-traffic-counts
    Harvested: 0; published by hand: 5
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It was closed
    What will happen
    - They disappear from the site, the search and the API for everybody but sysadmins.
    - CKAN keeps them with their resources and files.
    - First one is withdrawn and verified, then five, then the rest; too many failures stop it.
    Mind
    - Only what the search finds is among them: drafts and datasets that are missing in the search are not.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.reviews(BOB, &card, None).await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(states(&world, &MANY).await, ["deleted", "deleted", "active"]);
}
