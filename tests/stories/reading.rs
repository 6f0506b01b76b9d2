//! What can be asked without changing anything.

use crate::world::{ALICE, World};

#[tokio::test]
async fn a_dataset_is_shown() {
    let world = World::start().await;
    insta::assert_snapshot!("shown_dataset", world.is_told(ALICE, "/ckan show road-accidents-2018").await);
}

#[tokio::test]
async fn help_says_what_one_may_do() {
    let world = World::start().await;
    insta::assert_snapshot!("help", world.is_told(ALICE, "/ckan help").await);
}

#[tokio::test]
async fn open_requests_are_listed_and_shown_and_cancelled_by_their_reference() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "public-transport-access-nodes").await;
    let reference = card.text.rsplit("Request ").next().unwrap().split(' ').next().unwrap().to_owned();
    world.types(ALICE, "/ckan request list").await;
    world.told(ALICE, "National Public Transport Access Nodes").await;
    world.types(ALICE, &format!("/ckan request show {}", reference.to_lowercase())).await;
    world.told(ALICE, "Publisher asked").await;
    world.types(ALICE, &format!("/ckan request cancel {reference}")).await;
    world.thread(&card, "cancelled").await;
    assert_eq!(world.ckan.state("public-transport-access-nodes").await, "active");
}

#[tokio::test]
async fn an_unknown_word_gets_a_suggestion() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan withdrwa road-accidents-2019").await, @"There is no command withdrwa. Did you mean /ckan withdraw?");
}
