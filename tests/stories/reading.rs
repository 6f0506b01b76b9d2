//! What can be asked without changing anything.

use crate::world::{ALICE, World};

#[tokio::test]
async fn a_dataset_is_shown() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan show road-accidents-2018").await, @"
    “Road Safety Data 2018” on production
    Title: Road Safety Data 2018
    Slug: road-accidents-2018
    UUID: 25e116a3-0918-5821-9b91-d1e38ebb8a20
    Publisher: Department for Transport
    State: active
    Resources: 2
    Last change: 1 July 2024, 10:22 UTC
    Harvested by: nobody, published by hand
    ");
}

#[tokio::test]
async fn help_says_what_one_may_do() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan help").await, @r#"
    What you can ask for

    /ckan dataset withdraw or /ckan withdraw: Take datasets off the site; they can be restored.

    /ckan dataset restore or /ckan restore: Give a withdrawn dataset back as it was.

    /ckan dataset purge or /ckan purge: Remove a withdrawn dataset for good; nothing gives it back.

    /ckan harvest reharvest or /ckan reharvest: Harvest one source now, and tell how it goes until it is done.

    /ckan harvest stop or /ckan stop: Stop the running harvest of one source; what it has imported stays.

    /ckan harvest restart: Stop the running harvest of one source and harvest it anew.

    /ckan harvest abort: End one stuck harvest job by its UUID, where stopping its source's harvest does not help.

    /ckan harvest restart-worker: Restart the gather or the fetch worker.

    /ckan harvest purge-queues: Empty the harvest queues and end every harvest that is in them.

    /ckan index dataset or /ckan reindex: Have CKAN index one dataset anew, where the site does not show it as it is.

    /ckan index publisher: Have CKAN index each dataset of a publisher anew, such as after it was renamed.

    /ckan index missing: Have CKAN index what the search index lacks; what is in it stays.

    /ckan index refresh: Have CKAN index everything anew; the site keeps its search meanwhile.

    /ckan index rebuild: Empty the search index and build it again: the site has no search meanwhile.

    /ckan user email or /ckan email: Give a user another e-mail address; it is masked in the channel.

    Changes need --reason "why" (you are asked for it if you leave it out) and the approval of somebody else. --ticket names the ticket.

    /ckan dataset show or /ckan show: Show what CKAN says of one dataset.

    /ckan harvest list or /ckan harvests: List the harvest sources, those that are being harvested first.

    /ckan harvest status: Show how one harvest source is doing: its last harvests, their counts and errors.

    /ckan harvest jobs: List the harvests that wait or run.

    /ckan harvest workers: Show how the harvest workers are doing and what waits for them.

    /ckan site show or /ckan version: Show which CKAN this is and how the bot reaches it.

    /ckan index check: Compare the search index with the database.

    /ckan user find: Find users by a part of their name or e-mail address.

    /ckan user show: Show what CKAN says of one user; the address is masked.

    /ckan request list or /ckan list or /ckan requests: List the open requests, or the latest ones.

    /ckan request show: Show one request and what has become of it.

    /ckan request cancel or /ckan cancel: Take back your own request, as long as it is not carried out.

    /ckan help: Show what you can ask for, or how one command is written.

    You may also approve or deny the requests of others, with the buttons on their cards.

    /ckan help and a command shows how it is written, for example /ckan help show.
    "#);
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
    let told = world.told(ALICE, "is cancelled").await;
    insta::assert_snapshot!(told, @"Request ‹ref› is cancelled. Nothing was done.");
    assert_eq!(world.ckan.state("public-transport-access-nodes").await, "active");
}

#[tokio::test]
async fn an_unknown_word_gets_a_suggestion() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan withdrwa road-accidents-2019").await, @"There is no command withdrwa. Did you mean /ckan withdraw?");
}

#[tokio::test]
async fn a_site_is_shown_with_its_version_and_the_ways_to_it() {
    let world = World::start().await;
    let told = world.is_told(ALICE, "/ckan site show").await;
    assert!(told.starts_with("CKAN on production\nCKAN: 2."), "{told}");
    assert!(told.contains("\nTunnel: not configured"), "{told}");
    if world.ckan.lab.is_none() {
        let told = told.replace(&world.ckan.url, "‹address›").replace(&world.ckan.version, "‹version›");
        insta::assert_snapshot!(told, @"
        CKAN on production
        CKAN: ‹version›
        ckanext-harvest: 1.6 or newer
        Calls itself: ‹address›
        The bot's account: chatops
        Command line: configured
        Database: not configured
        Services: gather, fetch
        Tunnel: not configured
        ");
    }
}
