//! Who may not, what cannot be, and what is said.

use serde_json::json;

use crate::world::{ALICE, BOB, CARA, CHANNEL, GUEST, OUTSIDER, World, button_value};

#[tokio::test]
async fn invariant_2_only_another_engineer_of_ours_may_approve() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "flood-warning-areas").await;
    world.presses(ALICE, &card, "approve").await;
    insta::assert_snapshot!(world.told(ALICE, "cannot decide").await, @"You asked for this yourself, so you cannot decide on it. A second engineer has to. If you changed your mind, press Cancel.");
    world.presses(GUEST, &card, "approve").await;
    insta::assert_snapshot!(world.next_private(GUEST).await, @"You are a guest in this workspace, and guests cannot ask or decide here. Nothing was done. An engineer of the data.gov.uk team has to do it.");
    world.presses(OUTSIDER, &card, "approve").await;
    insta::assert_snapshot!(world.next_private(OUTSIDER).await, @"Your account belongs to another workspace, so you cannot ask or decide here. Nothing was done. An engineer of the data.gov.uk team has to do it.");
    world.presses(CARA, &card, "approve").await;
    insta::assert_snapshot!(world.next_private(CARA).await, @"You are not on the list of people who may approve or deny this. Nothing was done. Ask an engineer on the list, or have yourself added to its approvers in the bot's configuration.");
    assert_eq!(world.ckan.state("flood-warning-areas").await, "active");
    assert_eq!(
        world.audit().await[1..],
        [
            "U0ALICE decision_refused own_request",
            "U0GUEST decision_refused guest",
            "U0OUT decision_refused other_team",
            "U0CARA decision_refused not_an_approver",
        ]
    );
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn s13_somebody_deactivated_between_request_and_click_is_refused() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "consumer-price-index").await;
    world.control.person(BOB, &json!({"deleted": true})).await.unwrap();
    world.presses(BOB, &card, "approve").await;
    insta::assert_snapshot!(world.next_private(BOB).await, @"Your Slack account is deactivated, so this was refused. Nothing was done.");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn s9_somebody_who_left_the_group_since_is_refused() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "gp-practice-prescribing").await;
    assert!(card.text.contains("can approve: <@U0BOB>"), "{}", card.text);
    world.control.usergroup("S0ENG", &[ALICE]).await.unwrap();
    world.presses(BOB, &card, "approve").await;
    world.told(BOB, "not on the list of people who may approve").await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn invariant_2_where_slack_cannot_say_who_somebody_is_the_answer_is_no() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2018").await;
    for method in ["users.info", "usergroups.users.list"] {
        world.control.fault(method, "http_500", 1).await.unwrap();
        world.presses(BOB, &card, "approve").await;
        world.told(BOB, "could not tell me who you are").await;
    }
    assert_eq!(world.ckan.state("road-accidents-2018").await, "active");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn what_cannot_be_withdrawn_is_refused_privately_each_in_its_own_words() {
    let world = World::start().await;
    let mut said = vec![];
    for (text, words) in [
        ("/ckan withdraw no-such-dataset --reason x", "no-such-dataset"),
        ("/ckan withdraw business-counts-2015 --reason x", "already withdrawn"),
        ("/ckan withdraw environment-agency-catalogue --reason x", "harvest"),
        ("/ckan withdraw road-accidents-2019 --reason Publisher asked", "too much"),
        ("/ckan withdraw Road-Accidents-2019, --reason x", "small letters"),
    ] {
        world.types(ALICE, text).await;
        said.push(world.told(ALICE, words).await);
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    There is no dataset with the slug no-such-dataset on production. Check it against the address of the dataset's page, and the environment.
    “Business Counts 2015” (business-counts-2015) is already withdrawn; it last changed on 18 March 2024, 17:02 UTC. To bring it back, type /ckan restore business-counts-2015.
    “Environment Agency Catalogue” (environment-agency-catalogue) is a harvest source, not a dataset: withdrawing it would switch its harvester off. Give the slug, UUID or address of a dataset.
    asked is too much. Put the whole reason into quotation marks: --reason "why".
    Slugs are in small letters. If this is the dataset you mean, type road-accidents-2019.
    "#);
    let seen = world.control.state(BOB).await.unwrap().messages;
    assert!(
        !seen.iter().any(|message| message.bot && message.ephemeral_for.is_none()),
        "nothing in the channel"
    );
}

#[tokio::test]
async fn somebody_who_may_not_ask_is_told_so() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_told(CARA, "/ckan withdraw road-traffic-counts --reason x").await, @"You are not on the list of people who may ask for this. Nothing was done. Ask an engineer on the list, or have yourself added to its requesters in the bot's configuration.");
    insta::assert_snapshot!(world.is_told(GUEST, "/ckan withdraw road-traffic-counts --reason x").await, @"You are a guest in this workspace, and guests cannot ask or decide here. Nothing was done. An engineer of the data.gov.uk team has to do it.");
}

#[tokio::test]
async fn s6_a_copied_button_does_nothing() {
    let world = World::start().await;
    let one = world.asks_to_withdraw(ALICE, "road-traffic-counts").await;
    let other = world.asks_to_withdraw(ALICE, "bus-and-coach-timetables").await;
    let value = button_value(&one);
    world.control.forge_click(BOB, CHANNEL, &other.ts, "approve", &value).await.unwrap();
    insta::assert_snapshot!(world.next_private(BOB).await, @"This button is not on a message that I posted for this request, so I ignored it. Nothing was done. Use the buttons on the card itself.");
    world.control.forge_click(BOB, CHANNEL, &other.ts, "approve", "01UNKNOWN").await.unwrap();
    world.told(BOB, "belongs to no request").await;
    assert_eq!(world.ckan.state("road-traffic-counts").await, "active");
    assert_eq!(world.ckan.state("bus-and-coach-timetables").await, "active");
    world.presses(ALICE, &one, "cancel").await;
    world.presses(ALICE, &other, "cancel").await;
    world.thread(&other, "cancelled").await;
}
