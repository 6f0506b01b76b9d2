//! What people do, on any CKAN. Each story uses datasets of its own and leaves them as they were.

use ckan_chatops::ckan::Dataset;
use ckan_chatops::operations::dataset_show::DatasetShow;
use ckan_chatops::operations::{Registry, Sighting};
use ckan_chatops::sentences::text::Text;
use serde_json::json;

use crate::world::{Op, Sandbox, World, accepting, only, parsed, refusal, these, told};

#[tokio::test]
async fn a_dataset_is_withdrawn_seen_to_be_gone_and_given_back() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let before = Dataset::show(&world.site, "road-accidents-2019").await.unwrap();

    let plan = withdraw.plan(these("road-accidents-2019")).await.unwrap();
    assert!(matches!(withdraw.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
    withdraw.execute(&plan).await.unwrap();
    insta::assert_debug_snapshot!(withdraw.probe(&plan).await.unwrap(), @r#"
    Happened(
        [
            "CKAN has it as withdrawn.",
            "The search does not find it any more.",
            "A visitor who is not signed in cannot read it any more.",
        ],
    )
    "#);

    let inverse = withdraw.inverse(&plan).unwrap();
    assert_eq!((inverse.label, inverse.operation), ("Restore", "dataset restore"));
    insta::assert_snapshot!(inverse.arguments, @r#"{"erase_removed_resources":false,"groups":[],"target":"98b48282-0a09-5590-954a-9818be2884bc","to":"active"}"#);
    let back = restore.plan(accepting(&plan)).await.unwrap();
    assert!(matches!(restore.probe(&back).await.unwrap(), Sighting::NotHappened(_)));
    restore.execute(&back).await.unwrap();
    insta::assert_debug_snapshot!(restore.probe(&back).await.unwrap(), @r#"
    Happened(
        [
            "CKAN has it as “active” again.",
            "The search finds it.",
            "A visitor who is not signed in can read it.",
            "It has all its 3 resources.",
            "Its publisher is Department for Transport.",
        ],
    )
    "#);

    let after = Dataset::show(&world.site, "road-accidents-2019").await.unwrap();
    assert_eq!(Dataset { modified: before.modified.clone(), ..after }, before);
    let again = restore.inverse(&back).unwrap();
    assert_eq!((again.label, again.operation), ("Withdraw again", "dataset withdraw"));
    assert_eq!(again.arguments["targets"], json!([before.id]));
}

#[tokio::test]
async fn a_draft_comes_back_as_a_draft() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);

    let plan = withdraw.plan(these("cycling-traffic-index")).await.unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.starts_with("It is a draft")));
    withdraw.execute(&plan).await.unwrap();
    assert!(matches!(withdraw.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    let back = restore.plan(accepting(&plan)).await.unwrap();
    restore.execute(&back).await.unwrap();
    insta::assert_debug_snapshot!(restore.probe(&back).await.unwrap(), @r#"
    Happened(
        [
            "CKAN has it as “draft” again.",
            "It has its resource.",
            "Its publisher is Department for Transport.",
        ],
    )
    "#);
    assert_eq!(Dataset::show(&world.site, "cycling-traffic-index").await.unwrap().state.as_str(), "draft");
}

#[tokio::test]
async fn a_private_dataset_comes_back_private() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);

    let plan = withdraw.plan(these("ambulance-response-times")).await.unwrap();
    withdraw.execute(&plan).await.unwrap();
    assert!(matches!(withdraw.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    let back = restore.plan(accepting(&plan)).await.unwrap();
    restore.execute(&back).await.unwrap();
    assert!(matches!(restore.probe(&back).await.unwrap(), Sighting::Happened(_)));
    let after = Dataset::show(&world.site, "ambulance-response-times").await.unwrap();
    assert!(after.private && after.state.as_str() == "active");
}

#[tokio::test]
async fn a_harvested_dataset_names_its_harvester_even_when_withdrawn() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);

    let plan = withdraw.plan(these("bathing-water-quality")).await.unwrap();
    let told = told(&plan);
    assert!(told.contains("Harvested by: Environment Agency Catalogue (ckan)"), "{told}");
    assert!(told.contains("! The harvester “Environment Agency Catalogue (ckan)” brings it back"), "{told}");
    withdraw.execute(&plan).await.unwrap();
    let back = restore.plan(accepting(&plan)).await.unwrap();
    assert!(back.facts["Harvested by"] == "Environment Agency Catalogue (ckan)");
    restore.execute(&back).await.unwrap();
    assert!(matches!(restore.probe(&back).await.unwrap(), Sighting::Happened(_)));
}

#[tokio::test]
async fn an_address_and_a_uuid_name_the_same_dataset() {
    let world = World::enter().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let plan = withdraw.plan(these("road-traffic-counts")).await.unwrap();
    let id = plan.targets[0].id.to_string();
    assert_eq!(withdraw.plan(these(&id)).await.unwrap(), plan);
    let pasted =
        withdraw.plan(these("https://elsewhere.example.org/dataset/edit/road-traffic-counts")).await.unwrap();
    assert_eq!(pasted.digest(), plan.digest());
    assert_eq!(
        pasted.warnings[0],
        "The address that was pasted is on elsewhere.example.org, which the bot does not know as production: make \
         sure that this is the dataset that is meant."
    );
}

#[tokio::test]
async fn the_plans_are_told_as_reviewed() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let plan = withdraw.plan(these("road-accidents-2019")).await.unwrap();
    insta::assert_snapshot!(told(&plan), @r#"
    Withdraw “Road Safety Data 2019” from production
    Title: Road Safety Data 2019
    Slug: road-accidents-2019
    UUID: 98b48282-0a09-5590-954a-9818be2884bc
    Publisher: Department for Transport
    State: active
    Resources: 3
    Last change: 12 June 2025, 14:03 UTC
    Harvested by: nobody, published by hand
    + It disappears from the site, the search and the API for everybody but sysadmins.
    + CKAN keeps it with its resources and files.
    "#);
    insta::assert_debug_snapshot!(plan.facts, @r#"
    {
        "A restore": "loses nothing",
        "Groups": "none",
        "Harvested by": "nobody, published by hand",
        "Last change": "12 June 2025, 14:03:41.562817 UTC",
        "Publisher": "Department for Transport",
        "Resources": "3",
        "Slug": "road-accidents-2019",
        "State": "active",
        "Title": "Road Safety Data 2019",
    }
    "#);
    let plan = withdraw.plan(these("bathing-water-quality")).await.unwrap();
    insta::assert_snapshot!(told(&plan), @r#"
    Withdraw “Bathing Water Quality” from production
    Title: Bathing Water Quality
    Slug: bathing-water-quality
    UUID: 2c63b677-2d16-5f21-8b6e-6178abef29f6
    Publisher: Environment Agency
    State: active
    Resources: 1
    Last change: 20 August 2025, 03:14 UTC
    Harvested by: Environment Agency Catalogue (ckan)
    + It disappears from the site, the search and the API for everybody but sysadmins.
    + CKAN keeps it with its resources and files.
    ! The harvester “Environment Agency Catalogue (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs only when somebody starts it.
    ? To keep it away for good, have the publisher remove it from what “Environment Agency Catalogue (ckan)” harvests.
    "#);
    let back = restore.plan(only("business-counts-2015")).await.unwrap();
    insta::assert_snapshot!(told(&back), @r#"
    Restore “Business Counts 2015” on production
    Title: Business Counts 2015
    Slug: business-counts-2015
    UUID: 57ca6f52-78d6-5026-810c-6e51d7007021
    Publisher: Office for National Statistics
    State: withdrawn
    Resources: 1
    Last change: 18 March 2024, 17:02 UTC
    Harvested by: nobody, published by hand
    Comes back as: active
    + Everybody can find and read it again, as it was.
    ! Nobody told the bot which state it had before, so it comes back as active. If it was a draft, cancel and ask again with --to draft.
    "#);
}

#[tokio::test]
async fn a_dataset_that_changed_moves_the_digest_and_the_change_can_be_told() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let seen = withdraw.plan(these("road-accidents-2018")).await.unwrap();
    assert_eq!(withdraw.plan(these("road-accidents-2018")).await.unwrap().digest(), seen.digest());
    world.control.change("road-accidents-2018", json!({"title": "Road Safety Data 2018, revised"})).await;
    let now = withdraw.plan(these("road-accidents-2018")).await.unwrap();
    assert_ne!(now.digest(), seen.digest());
    let facts: Vec<String> = now.changes_since(&seen).into_iter().map(|change| change.fact).collect();
    assert_eq!(facts, ["Last change", "Title"]);
}

#[tokio::test]
async fn before_2_12_a_restore_that_may_erase_resources_must_be_asked_for() {
    let world = Sandbox::of_version("2.10.7").await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let plan = withdraw.plan(these("school-census-2023")).await.unwrap();
    insta::assert_snapshot!(plan.warnings.join("\n"), @r#"This is CKAN 2.10.7: a restore erases resources that were removed from the dataset earlier, if there are any, so no button offers it. It is asked for with `/ckan restore school-census-2023 --to active --erase-removed-resources --env production --reason "…"`."#);
    withdraw.execute(&plan).await.unwrap();

    assert_eq!(withdraw.inverse(&plan), None, "a button could not ask for it in so many words");
    let unasked = restore.plan(only("school-census-2023")).await;
    insta::assert_snapshot!(refusal(unasked), @"This is CKAN 2.10.7: a restore over its API erases resources that were removed from “School Census 2023” earlier, and the bot cannot see whether there are any. If they may go, add --erase-removed-resources. If not, restore it in the database: set `state` of the row `2ff3e9ea-c83a-57eb-a7ef-2cce746d9406` in the table `package`, and then run `ckan search-index rebuild 2ff3e9ea-c83a-57eb-a7ef-2cce746d9406`.");
    assert_eq!(world.writes().await, ["package_delete"]);

    // The command that the plan told, as far as it is the operation's own.
    let (_, command) = plan.warnings[0].split_once("`/ckan restore ").unwrap();
    let (own, _) = command.split_once(" --env production --reason \"…\"`").unwrap();
    let words: Vec<&str> = own.split(' ').collect();
    let arguments = parsed("dataset restore", &words).unwrap();
    let back = restore.plan(arguments).await.unwrap();
    insta::assert_snapshot!(back.irreversible.join("\n"), @"CKAN erases resources that were removed from the dataset earlier, if there are any. The bot cannot see them.");
    restore.execute(&back).await.unwrap();
    insta::assert_debug_snapshot!(restore.probe(&back).await.unwrap(), @r#"
    Happened(
        [
            "CKAN has it as “active” again.",
            "The search finds it.",
            "A visitor who is not signed in can read it.",
            "It has all its 2 resources.",
            "Its publisher is Department for Education.",
        ],
    )
    "#);
}

#[tokio::test]
async fn on_2_12_a_restore_keeps_authors_and_removed_resources() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let before = world.control.dataset("school-census-2023").await.unwrap();
    assert!(before.resources.iter().any(|resource| resource.state == "deleted"), "the seed has one");

    let plan = withdraw.plan(these("school-census-2023")).await.unwrap();
    withdraw.execute(&plan).await.unwrap();
    let back = restore.plan(withdraw.inverse(&plan).unwrap().arguments).await.unwrap();
    restore.execute(&back).await.unwrap();
    assert!(matches!(restore.probe(&back).await.unwrap(), Sighting::Happened(_)));

    let mut after = world.control.dataset("school-census-2023").await.unwrap();
    after.metadata_modified.clone_from(&before.metadata_modified);
    assert_eq!(after, before);
    let purged: Vec<String> =
        world.control.writes().await.into_iter().flat_map(|write| write.would_purge).collect();
    assert!(purged.is_empty(), "a real CKAN would have erased {purged:?}");
}

#[tokio::test]
async fn show_answers_the_same_facts() {
    let world = World::enter().await;
    let mut said = Vec::new();
    for target in ["flood-warning-areas", "river-levels-readings", "business-counts-2015", "leeds-data-mill"]
    {
        let answer = DatasetShow::describe(&world.site, &target.parse().unwrap()).await.unwrap();
        said.push(answer.title);
        said.extend(answer.shown.iter().map(|(label, value)| format!("{label}: {}", value.notation())));
        said.extend(answer.lines.iter().map(Text::notation));
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    “Flood Warning Areas” on production
    Title: Flood Warning Areas
    Slug: flood-warning-areas
    UUID: 7230ff05-ad2c-51fb-ae5b-5cf48175a8c8
    Publisher: Environment Agency
    State: active
    Resources: 2
    Last change: 30 April 2025, 13:27 UTC
    Harvested by: nobody, published by hand
    “River Level Readings” on production
    Title: River Level Readings
    Slug: river-levels-readings
    UUID: ce7c9de9-06ac-5fa3-83b3-c1fd32e75c4d
    Publisher: Environment Agency
    State: active
    Resources: 2
    Last change: 20 August 2025, 03:14 UTC
    Harvested by: Environment Agency Catalogue (ckan)
    If it were withdrawn: The harvester “Environment Agency Catalogue (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs only when somebody starts it.
    “Business Counts 2015” on production
    Title: Business Counts 2015
    Slug: business-counts-2015
    UUID: 57ca6f52-78d6-5026-810c-6e51d7007021
    Publisher: Office for National Statistics
    State: withdrawn
    Resources: 1
    Last change: 18 March 2024, 17:02 UTC
    Harvested by: nobody, published by hand
    It is withdrawn. To bring it back, type /ckan restore business-counts-2015.
    “Leeds Data Mill” on production
    Title: Leeds Data Mill
    Slug: leeds-data-mill
    UUID: 5b585301-04ed-52ae-863b-2f93f1ea7368
    Publisher: Leeds City Council
    State: active
    Resources: 0
    Last change: 23 May 2023, 09:44 UTC
    Harvested by: nobody, published by hand
    It is a harvest source, not a dataset.
    "#);
}
