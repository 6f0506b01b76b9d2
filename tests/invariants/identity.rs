//! Invariant 2 and its threats: who somebody is, by ids only.

use serde_json::json;

use crate::world::{ALICE, BOB, CARA, CHANNEL, GUEST, Wanted, World, button_value};

/// The registry of people in which each has these accounts.
fn registry(people: &[(&str, &[&str])]) -> String {
    let entry = |(name, ids): &(&str, &[&str])| format!("[[people]]\nname = {name:?}\nslack_ids = {ids:?}\n");
    people.iter().map(entry).collect()
}

#[tokio::test]
async fn s8_the_name_of_an_engineer_opens_nothing() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.control.person(CARA, &json!({"name": "bob", "real_name": "Bob Brown"})).await.unwrap();
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "not on the list of people who may approve").await;
    world.types(CARA, "/ckan withdraw road-accidents-2018 --reason x").await;
    world.told(CARA, "not on the list of people who may ask").await;
    assert_eq!(
        world.audit().await[1..],
        ["U0CARA decision_refused not_an_approver", "U0CARA request_refused not_a_requester"]
    );
}

#[tokio::test]
async fn s12_the_second_account_of_the_person_who_asked_is_refused() {
    let people = registry(&[("Alice Ahmed", &[ALICE, CARA]), ("Bob Brown", &[BOB])]);
    let world = World::with(Wanted { top: people, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "asked for this yourself").await;
    world.presses(CARA, &card, "deny").await;
    world.told(CARA, "asked for this yourself").await;
    assert_eq!(world.audit().await.last().unwrap(), "Alice Ahmed decision_refused own_request");
    // What one account asked for, the other may take back.
    world.presses(CARA, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
}

#[tokio::test]
async fn s12_two_accounts_of_one_person_have_one_vote() {
    let people = registry(&[("Alice Ahmed", &[ALICE]), ("Bob Brown", &[BOB, CARA]), ("Gus Guest", &[GUEST])]);
    let world = World::with(Wanted { top: people, approvals: 2, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA, GUEST]).await.unwrap();
    // Bob's two accounts are not the two people that it takes.
    world.types(ALICE, "/ckan withdraw road-accidents-2019 --reason x").await;
    world.told(ALICE, "only one could give it").await;
    world.control.person(GUEST, &json!({"is_restricted": false})).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    assert!(card.text.contains("can approve: <@U0BOB>, <@U0GUEST> "), "{}", card.text);
    world.reviews(BOB, &card, None).await;
    world.thread(&card, "1 more needed").await;
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "in already").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
}

#[tokio::test]
async fn s13_bots_and_people_of_another_workspace_are_refused_even_in_the_group() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    for (fields, words) in [
        (json!({"is_bot": true}), "Bots and apps"),
        (json!({"is_bot": false, "is_ultra_restricted": true}), "guest"),
        (json!({"is_ultra_restricted": false, "is_stranger": true}), "another workspace"),
        (json!({"is_stranger": false, "team_id": "T0009"}), "another workspace"),
    ] {
        world.control.person(BOB, &fields).await.unwrap();
        let value = button_value(&card);
        world.control.forge_click(BOB, CHANNEL, &card.ts, "approve", &value).await.unwrap();
        world.told(BOB, words).await;
    }
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
}

#[tokio::test]
async fn s24_nothing_but_a_signed_post_changes_anything() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let before = crate::file::File::of(&world).await.number("SELECT count(*) FROM inbound").await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let value = button_value(&card);
    for path in ["/slack/commands", "/slack/interactions", "/slack/events", "/approve", "/"] {
        for method in [reqwest::Method::GET, reqwest::Method::HEAD, reqwest::Method::PUT] {
            let address = format!("{}{path}?action=approve&value={value}&user=U0BOB", world.bot_url());
            let answer = http.request(method, address).send().await.unwrap();
            assert!(matches!(answer.status().as_u16(), 404 | 405), "{path}: {}", answer.status());
        }
    }
    let after = crate::file::File::of(&world).await.number("SELECT count(*) FROM inbound").await;
    assert_eq!(before, after);
    assert_eq!(world.audit().await.len(), 1);
}
