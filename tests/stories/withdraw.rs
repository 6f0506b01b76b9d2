//! A dataset goes and comes back.

use serde_json::json;

use crate::world::{ALICE, BOB, Restores, World, blocks, said};

#[tokio::test]
async fn a_dataset_is_withdrawn_by_two_people_and_restored_by_two() {
    let world = World::start().await;
    let before = world.ckan.action("package_show", json!({"id": "road-accidents-2019"})).await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    if world.ckan.offers_restore() {
        insta::assert_snapshot!(said(&card.text), @"
        Withdraw “Road Safety Data 2019” from production
        Title: Road Safety Data 2019
        Slug: road-accidents-2019
        UUID: 98b48282-0a09-5590-954a-9818be2884bc
        Publisher: Department for Transport
        State: active
        Resources: 3
        Last change: 12 June 2025, 14:03 UTC
        Harvested by: nobody, published by hand
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Ticket: 51234
        What will happen
        - It disappears from the site, the search and the API for everybody but sysadmins.
        - CKAN keeps it with its resources and files.
        Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Request ‹ref› · plan ‹digest› · policy ‹digest›
        ");
    } else {
        insta::assert_snapshot!(world.ckan.said(&card.text), @r#"
        Withdraw “Road Safety Data 2019” from production
        Title: Road Safety Data 2019
        Slug: road-accidents-2019
        UUID: 98b48282-0a09-5590-954a-9818be2884bc
        Publisher: Department for Transport
        State: active
        Resources: 3
        Last change: 12 June 2025, 14:03 UTC
        Harvested by: nobody, published by hand
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Ticket: 51234
        What will happen
        - It disappears from the site, the search and the API for everybody but sysadmins.
        - CKAN keeps it with its resources and files.
        Mind
        - This is CKAN ‹version›: a restore erases resources that were removed from the dataset earlier, if there are any, so no button offers it. It is asked for with /ckan restore road-accidents-2019 --to active --erase-removed-resources --env production --reason "…".
        Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Request ‹ref› · plan ‹digest› · policy ‹digest›
        "#);
    }
    let told = world.told(ALICE, "is posted").await;
    insta::assert_snapshot!(told, @"Your request ‹ref› is posted in the channel. Nothing happens until a second engineer approves it. You can cancel it there or with /ckan request cancel ‹ref›.");
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");

    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
    assert_eq!(world.ckan.state("road-accidents-2019").await, "deleted");
    let card = world.card_says(&card, "Done and verified").await;
    assert!(!blocks(&card).contains("\"approve\""), "no button stays on a settled card");

    // The way back needs a second person too.
    let back = world.asks_for_it_back(ALICE, &done, "road-accidents-2019", "active").await;
    match world.ckan.restores() {
        Restores::OverTheApi => {
            insta::assert_snapshot!(said(&back.text), @"
            Restore “Road Safety Data 2019” on production
            Title: Road Safety Data 2019
            Slug: road-accidents-2019
            UUID: 98b48282-0a09-5590-954a-9818be2884bc
            Publisher: Department for Transport
            State: withdrawn
            Resources: 3
            Last change: 12 June 2025, 14:03 UTC
            Harvested by: nobody, published by hand
            Comes back as: active
            Environment: production
            Asked by: <@U0ALICE>
            Reason: It was the wrong one
            Ticket: 51234
            What will happen
            - Everybody can find and read it again, as it was.
            Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
            Request ‹ref› · plan ‹digest› · policy ‹digest›
            ");
        }
        Restores::InTheDatabase => {
            insta::assert_snapshot!(said(&back.text), @"
            Restore “Road Safety Data 2019” on production
            Title: Road Safety Data 2019
            Slug: road-accidents-2019
            UUID: 98b48282-0a09-5590-954a-9818be2884bc
            Publisher: Department for Transport
            State: withdrawn
            Resources: 3
            Last change: 12 June 2025, 14:03 UTC
            Harvested by: nobody, published by hand
            Comes back as: active
            Way: CKAN's database, then its command line brings the search index up to date
            Environment: production
            Asked by: <@U0ALICE>
            Reason: It was the wrong one
            Ticket: 51234
            What will happen
            - Everybody can find and read it again, as it was.
            Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
            Request ‹ref› · plan ‹digest› · policy ‹digest›
            ");
        }
        Restores::WithALoss => {
            insta::assert_snapshot!(world.ckan.said(&back.text), @"
            Restore “Road Safety Data 2019” on production
            Title: Road Safety Data 2019
            Slug: road-accidents-2019
            UUID: 98b48282-0a09-5590-954a-9818be2884bc
            Publisher: Department for Transport
            State: withdrawn
            Resources: 3
            Last change: 12 June 2025, 14:03 UTC
            Harvested by: nobody, published by hand
            Comes back as: active
            Environment: production
            Asked by: <@U0ALICE>
            Reason: It was the wrong one
            Ticket: 51234
            What will happen
            - Everybody can find and read it again, as it was.
            Cannot be undone
            - CKAN erases resources that were removed from the dataset earlier, if there are any. The bot cannot see them.
            Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
            Request ‹ref› · plan ‹digest› · policy ‹digest›
            ");
        }
    }
    world.presses(ALICE, &back, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "deleted");
    world.presses(BOB, &back, "approve").await;
    let restored = world.thread(&back, "Done and verified").await;
    insta::assert_snapshot!(world.ckan.restored(&restored.text), @"
    Done and verified: Restore “Road Safety Data 2019” on production.
    What I saw
    - ‹witness› has it as “active” again.
    - The search finds it.
    - A visitor who is not signed in can read it.
    - It has all its 3 resources.
    - Its publisher is Department for Transport.
    ");

    let after = world.ckan.action("package_show", json!({"id": "road-accidents-2019"})).await;
    for kept in [
        "state",
        "title",
        "author",
        "author_email",
        "maintainer",
        "owner_org",
        "tags",
        "extras",
        "groups",
        "private",
    ] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(after["resources"].as_array().map(Vec::len), before["resources"].as_array().map(Vec::len));
    assert_eq!(
        world.audit().await,
        [
            "U0ALICE requested pending",
            "U0BOB approved approved",
            "bot claimed running",
            "bot settled succeeded",
            "U0ALICE requested pending",
            "U0ALICE decision_refused own_request",
            "U0BOB approved approved",
            "bot claimed running",
            "bot settled succeeded",
        ]
    );
}

#[tokio::test]
async fn a_draft_comes_back_as_a_draft() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "cycling-traffic-index").await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state("cycling-traffic-index").await, "deleted");
    let back = world.asks_for_it_back(BOB, &done, "cycling-traffic-index", "draft").await;
    world.presses(ALICE, &back, "approve").await;
    world.thread(&back, "Done and verified").await;
    assert_eq!(world.ckan.state("cycling-traffic-index").await, "draft");
}

#[tokio::test]
async fn a_harvested_dataset_says_what_its_harvester_will_do() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "river-levels-readings").await;
    if world.ckan.offers_restore() {
        insta::assert_snapshot!(said(&card.text), @"
        Withdraw “River Level Readings” from production
        Title: River Level Readings
        Slug: river-levels-readings
        UUID: ce7c9de9-06ac-5fa3-83b3-c1fd32e75c4d
        Publisher: Environment Agency
        State: active
        Resources: 2
        Last change: 20 August 2025, 03:14 UTC
        Harvested by: Environment Agency Catalogue (ckan)
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Ticket: 51234
        What will happen
        - It disappears from the site, the search and the API for everybody but sysadmins.
        - CKAN keeps it with its resources and files.
        Mind
        - The harvester “Environment Agency Catalogue (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs only when somebody starts it.
        Safer: To keep it away for good, have the publisher remove it from what “Environment Agency Catalogue (ckan)” harvests.
        Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Request ‹ref› · plan ‹digest› · policy ‹digest›
        ");
    } else {
        insta::assert_snapshot!(world.ckan.said(&card.text), @r#"
        Withdraw “River Level Readings” from production
        Title: River Level Readings
        Slug: river-levels-readings
        UUID: ce7c9de9-06ac-5fa3-83b3-c1fd32e75c4d
        Publisher: Environment Agency
        State: active
        Resources: 2
        Last change: 20 August 2025, 03:14 UTC
        Harvested by: Environment Agency Catalogue (ckan)
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Ticket: 51234
        What will happen
        - It disappears from the site, the search and the API for everybody but sysadmins.
        - CKAN keeps it with its resources and files.
        Mind
        - The harvester “Environment Agency Catalogue (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs only when somebody starts it.
        - This is CKAN ‹version›: a restore erases resources that were removed from the dataset earlier, if there are any, so no button offers it. It is asked for with /ckan restore river-levels-readings --to active --erase-removed-resources --env production --reason "…".
        Safer: To keep it away for good, have the publisher remove it from what “Environment Agency Catalogue (ckan)” harvests.
        Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Request ‹ref› · plan ‹digest› · policy ‹digest›
        "#);
    }
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    assert_eq!(world.ckan.state("river-levels-readings").await, "active");
}

#[tokio::test]
async fn invariant_3_nothing_runs_where_ckan_moved_since_the_request() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "house-price-index").await;
    world
        .ckan
        .action("package_patch", json!({"id": "house-price-index", "title": "UK House Price Index"}))
        .await;
    world.presses(BOB, &card, "approve").await;
    let stale = world.thread(&card, "CKAN has changed").await.text;
    assert!(stale.contains("nothing was done. Ask again to see the new plan"), "{stale}");
    assert!(stale.contains("Title: was “House Price Index”, is now “UK House Price Index”"), "{stale}");
    assert_eq!(world.ckan.state("house-price-index").await, "active");
    world.card_says(&card, "CKAN had changed").await;
}

#[tokio::test]
async fn one_that_somebody_withdrew_meanwhile_is_not_withdrawn_again() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "leeds-car-parks").await;
    world.ckan.action("package_delete", json!({"id": "leeds-car-parks"})).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "already withdrawn").await;
    if let Some(writes) = world.ckan.writes("leeds-car-parks").await {
        assert_eq!(writes, 1, "only the other person's");
    }
    world.ckan.action("package_patch", json!({"id": "leeds-car-parks", "state": "active"})).await;
}
