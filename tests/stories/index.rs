//! The search index is compared, mended, refreshed, and emptied and built again, by CKAN's own command line.

use std::time::Duration;

use sandbox::ckan::{CommandFault, CommandFaultKind, IndexDisturbance, programs};
use sandbox::slack::Message;
use serde_json::json;

use crate::world::{ALICE, BOB, CARA, Wanted, World};

/// A world whose bot is told, in the sandbox, how to see whether the CSW sync runs; with a third engineer.
async fn with_three_engineers() -> World {
    let csw = if std::env::var("CKAN_CHATOPS_LAB_URL").is_ok() {
        String::new()
    } else {
        let program = programs::built_program().display().to_string();
        let status = programs::argv(&[program], "{ckan}", &[programs::SERVICE_OPTION, "csw", "status"]);
        format!("services = {{ csw = {{ status = {} }} }}\n", json!(status))
    };
    let world = World::with(Wanted {
        environment: format!("write_deadline = \"5s\"\nrequest_timeout = \"5s\"\n{csw}"),
        ..Wanted::default()
    })
    .await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    world
}

/// A text without what differs between a CKAN with a database of the bot's and one without: private ones count there.
/// Nor does the lab know of a CSW sync.
fn plain(world: &World, text: &str) -> String {
    let counts = regex::Regex::new(
        r"(in the database: |in the index: |meanwhile: |has all |The index has |database's )\d+",
    )
    .unwrap();
    let text = world.ckan.said(text).replace("Active, private ones too, in", "Public, in");
    let text = text.replace("active datasets", "public datasets");
    let lines =
        text.lines().filter(|line| !line.contains("has not been told how to see whether the CSW sync"));
    counts.replace_all(&lines.collect::<Vec<_>>().join("\n"), "$1‹n›").into_owned()
}

/// Takes a dataset's document out of the index, as a crash of Solr would.
async fn lose(world: &World, slug: &str) {
    match (&world.ckan.control, &world.ckan.lab) {
        (Some(control), _) => {
            control.disturb_index(IndexDisturbance::Lose(vec![slug.to_owned()])).await;
        }
        (None, Some(lab)) => {
            let id = world.ckan.action("package_show", json!({"id": slug})).await["id"].clone();
            let cleared = std::process::Command::new(lab.word("COMMAND"))
                .args(["search-index", "clear", id.as_str().unwrap()])
                .output()
                .unwrap();
            assert!(cleared.status.success());
        }
        _ => unreachable!("a CKAN is one or the other"),
    }
    assert!(!is_found(world, slug).await);
}

async fn is_found(world: &World, slug: &str) -> bool {
    let question = json!({"fq": format!("name:\"{slug}\""), "rows": 0, "include_private": true});
    world.ckan.action("package_search", question).await["count"] == 1
}

async fn asks(world: &World, text: &str, words: &str) -> Message {
    world.types(ALICE, &format!("/ckan {text} --reason \"Asked by the team\" --ticket 51234")).await;
    world.card(words).await
}

/// The texts of a done operation, with what differs between CKANs taken out.
async fn done(world: &World, card: &Message) -> String {
    // A real command takes seconds to start, and there are three of them.
    let patient = world.control.clone().with_patience(Duration::from_mins(1));
    let is_done = |message: &Message| {
        message.thread_ts.as_deref() == Some(&card.ts) && message.text.contains("Done and verified")
    };
    plain(world, &patient.wait_message(BOB, is_done).await.unwrap().text)
}

async fn reviews(world: &World, user: &str, card: &Message, typed: &str) {
    world.presses(user, card, "approve").await;
    let form = world.control.wait_modal(user).await.unwrap();
    let values = json!({"confirmation": {"confirmation": typed}});
    world.control.submit(user, &form.view_id, &values).await.unwrap();
}

#[tokio::test]
async fn what_is_missing_is_named_and_added() {
    let world = with_three_engineers().await;
    lose(&world, "leeds-bin-collections").await;
    let told = world.is_told(ALICE, "/ckan index check").await;
    insta::assert_snapshot!(plain(&world, &told), @"
    The search index of production
    Public, in the database: ‹n›
    Public, in the index: ‹n›
    Last indexed: ‹moment›

    The index has ‹n› of the database's ‹n› public datasets and sources.

    CKAN's own check names 1 as not indexed: leeds-bin-collections.

    /ckan index missing adds what is missing.
    ");
    let card = asks(&world, "index missing", "lacks").await;
    insta::assert_snapshot!(plain(&world, &card.text), @"
    Index what the search index of production lacks
    Public, in the database: ‹n›
    Public, in the index: ‹n›
    Missing: 1 (leeds-bin-collections)
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Asked by the team
    Ticket: 51234
    What will happen
    - CKAN indexes what the index lacks, and every draft; what is in the index stays.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(BOB, &card, "approve").await;
    insta::assert_snapshot!(done(&world, &card).await, @"
    Done and verified: Index what the search index of production lacks.
    What I saw
    - The index has all ‹n› public datasets and sources of the database.
    - CKAN's own check finds nothing missing.
    ");
    assert!(is_found(&world, "leeds-bin-collections").await);
    world.types(ALICE, "/ckan index missing --reason Again").await;
    insta::assert_snapshot!(plain(&world, &world.told(ALICE, "Nothing is missing").await), @"Nothing is missing. The index has all ‹n› public datasets and sources of the database. If one dataset is not shown as it is, /ckan reindex and its slug.");
}

#[tokio::test]
async fn one_dataset_is_indexed_anew() {
    let world = with_three_engineers().await;
    lose(&world, "population-estimates-2021").await;
    let card = asks(&world, "reindex population-estimates-2021", "anew").await;
    assert!(card.text.contains("In the index: no"), "{}", card.text);
    world.presses(BOB, &card, "approve").await;
    insta::assert_snapshot!(done(&world, &card).await, @"
    Done and verified: Index “Population Estimates 2021” on production anew.
    What I saw
    - The search finds it, and its document is newer than this request.
    ");
    assert!(is_found(&world, "population-estimates-2021").await);
    // Once more, where it is there already: only a newer document counts.
    let again = "leeds-spend-over-500";
    let card = asks(&world, &format!("index dataset {again} --env production"), again).await;
    assert!(card.text.contains("In the index: yes"), "{}", card.text);
    world.presses(BOB, &card, "approve").await;
    done(&world, &card).await;
}

#[tokio::test]
async fn hazard_3_each_dataset_of_a_publisher_is_indexed_by_its_own_id() {
    let world = with_three_engineers().await;
    let slug = "office-for-national-statistics";
    lose(&world, "house-price-index").await;
    let card = asks(&world, &format!("index publisher {slug}"), "anew").await;
    insta::assert_snapshot!(plain(&world, &card.text), @"
    Index the datasets of “Office for National Statistics” on production anew
    Publisher: Office for National Statistics
    Slug: office-for-national-statistics
    UUID: 2d684924-aa45-54f7-a843-da1f329cc825
    Datasets: 3
    In the index: 2
    Takes about: 7 seconds
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Asked by the team
    Ticket: 51234
    What will happen
    - CKAN builds the document of each of its datasets in the index anew, one after the other. The datasets themselves stay as they are.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(BOB, &card, "approve").await;
    insta::assert_snapshot!(done(&world, &card).await, @"
    Done and verified: Index the datasets of “Office for National Statistics” on production anew.
    What I saw
    - The documents of all 3 datasets are newer than this request.
    ");
    assert!(is_found(&world, "house-price-index").await);
    if let Some(control) = &world.ckan.control {
        let commands = control.commands().await;
        let rebuilds: Vec<String> = commands.iter().map(|run| run.argv.join(" ")).collect();
        assert!(rebuilds.len() > 1, "{rebuilds:?}");
        assert!(
            rebuilds.iter().all(|run| run.starts_with("search-index rebuild ") && !run.contains(slug)),
            "{rebuilds:?}"
        );
    }
    world.types(ALICE, "/ckan index publisher house-price-index --reason Asked").await;
    insta::assert_snapshot!(world.told(ALICE, "no publisher").await, @"There is no publisher with the slug house-price-index on production. Give the slug at the end of the address of the publisher's page; for one dataset, /ckan reindex and its slug.");
    world.types(ALICE, "/ckan reindex leeds-data-mill --reason Asked").await;
    insta::assert_snapshot!(world.told(ALICE, "harvest source").await, @"“Leeds Data Mill” (leeds-data-mill) is a harvest source, not a dataset: indexing it would not index its datasets. Give the slug, UUID or address of a dataset.");
}

#[tokio::test]
async fn everything_is_indexed_anew_while_the_site_keeps_its_search() {
    let world = with_three_engineers().await;
    let card = asks(&world, "index refresh", "anew").await;
    insta::assert_snapshot!(plain(&world, &card.text), @"
    Index everything on production anew
    Public, in the database: ‹n›
    Public, in the index: ‹n›
    The last one took: the bot has not done this here yet
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Asked by the team
    Ticket: 51234
    What will happen
    - CKAN indexes everything anew, one dataset after the other. The index is never empty.
    - CKAN is slower meanwhile. On a large site it takes hours.
    Mind
    - The bot ends the command if it takes longer than 60 minutes (command_time_limit): what is not indexed by then stays as it is.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(BOB, &card, "approve").await;
    insta::assert_snapshot!(done(&world, &card).await, @"
    Done and verified: Index everything on production anew.
    What I saw
    - The index has all ‹n› public datasets and sources of the database.
    - All of them were indexed since this was asked.
    ");
    let printed = world.printed().await;
    assert_eq!(printed.len(), 1);
    assert!(printed[0].contains("Finished rebuilding search index"), "{printed:?}");
    assert!(!printed[0].contains("Indexing dataset"), "{printed:?}");
    let card = asks(&world, "index refresh", ", on ").await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn hazard_11_the_index_is_emptied_only_by_two_who_type_it_and_is_whole_again() {
    let world = with_three_engineers().await;
    let card = asks(&world, "index rebuild", "Empty the search index").await;
    insta::assert_snapshot!(plain(&world, &card.text), @"
    Empty the search index of production and build it again
    Public, in the database: ‹n›
    Public, in the index: ‹n›
    Goes dark meanwhile: ‹n› datasets and sources
    The last one took: the bot has not done this here yet
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Asked by the team
    Ticket: 51234
    What will happen
    - CKAN empties its search index, then indexes everything, one dataset after the other.
    Mind
    - Find and everything else that reads the index shows no datasets until they are built again.
    - Start no harvest and no CSW sync before it is over.
    - The bot ends the command if it takes longer than 60 minutes (command_time_limit): the site would be left with what is built by then. If the last one took nearly as long or the bot has done none here, have the limit raised first.
    Cannot be undone
    - An index that is empty fills only by being built again, on a large site in hours or days.
    Safer: /ckan index missing adds what is missing, and /ckan index refresh builds every document anew: neither takes anything off the site.
    Waiting for approval: 0 of 2 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Two approvals, because it cannot be undone.
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    reviews(&world, BOB, &card, "production").await;
    insta::assert_snapshot!(world.told(BOB, "exactly").await, @"This cannot be undone, so it is not approved by a press alone: press Approve and type empty production exactly. Nothing was decided.");
    reviews(&world, BOB, &card, "empty production").await;
    world.card_says(&card, "1 of 2").await;
    reviews(&world, CARA, &card, "empty production").await;
    insta::assert_snapshot!(done(&world, &card).await, @"
    Done and verified: Empty the search index of production and build it again.
    What I saw
    - The index has all ‹n› public datasets and sources of the database.
    - All of them were indexed since this was asked.
    ");
    assert!(is_found(&world, "house-price-index").await);
    world.types(ALICE, "/ckan index check").await;
    let told = world.told(ALICE, "The search index of").await;
    assert!(told.contains("The index has all "), "{told}");
}

#[tokio::test]
async fn hazard_15_the_index_is_not_emptied_while_a_harvest_or_the_csw_sync_runs() {
    let world = with_three_engineers().await;
    let source = world.ckan.action("harvest_source_show", json!({"id": "leeds-data-mill"})).await;
    let job = world.ckan.action("harvest_job_create", json!({"source_id": source["id"], "run": true})).await;
    world.types(ALICE, "/ckan index rebuild --reason Asked").await;
    insta::assert_snapshot!(world.told(ALICE, "harvest").await, @"A harvest is not over on production, and harvesters work from the index. Wait until none runs, or stop them: /ckan harvest list shows which. /ckan index missing and /ckan index refresh can run meanwhile.");
    world.ckan.action("harvest_job_abort", json!({"id": job["id"]})).await;
    if let Some(control) = &world.ckan.control {
        control.set_consumer("csw", "hang").await;
        world.types(ALICE, "/ckan index rebuild --reason Asked").await;
        insta::assert_snapshot!(world.told(ALICE, "CSW").await, @"The CSW sync runs: it would delete from the catalogue whatever the emptied index does not have. Wait until it is over, then ask again; /ckan index missing can run meanwhile.");
        assert!(
            control
                .commands()
                .await
                .iter()
                .all(|run| run.argv.first().is_none_or(|word| word != "search-index"))
        );
    }
}

#[tokio::test]
async fn without_a_command_line_it_is_said_what_to_configure() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    world.types(ALICE, "/ckan index refresh --reason Asked").await;
    insta::assert_snapshot!(world.told(ALICE, "command").await, @"Nobody has told the bot which command does this on production. Nothing was changed. Whoever runs the bot has to name the command in its configuration.");
    let told = world.is_told(ALICE, "/ckan index check").await;
    assert!(told.contains("The bot has no command line of this CKAN"), "{told}");
}

#[tokio::test]
async fn hazard_27_a_broken_connection_is_watched_and_what_it_printed_is_kept_without_secrets() {
    let limits = "write_deadline = \"3s\"\nrequest_timeout = \"2s\"\ncommand_time_limit = \"8s\"";
    let world = World::with(Wanted { environment: limits.to_owned(), ..Wanted::default() }).await;
    // A real connection is not broken for a test.
    let Some(control) = &world.ckan.control else { return };
    let card = asks(&world, "index refresh", "anew").await;
    let message = "password=hunter2-and-more for ann.other@example.gov.uk: error: unexpected EOF".to_owned();
    control
        .command_fault(CommandFault {
            command: "search-index rebuild".to_owned(),
            kind: CommandFaultKind::Fail { code: 1, message },
            times: 1,
        })
        .await;
    world.presses(BOB, &card, "approve").await;
    let watching = world.thread(&card, "I will not run it again").await.text;
    assert!(watching.contains("I am looking, for up to 8s"), "{watching}");
    let patient = world.control.clone().with_patience(Duration::from_mins(1));
    let settled = |message: &Message| {
        message.thread_ts.as_deref() == Some(&card.ts) && message.text.contains("no trace of the change")
    };
    patient.wait_message(BOB, settled).await.unwrap();
    let printed = world.printed().await;
    assert_eq!(printed.len(), 1);
    assert!(printed[0].ends_with("unexpected EOF"), "{printed:?}");
    assert!(!printed[0].contains("hunter2") && !printed[0].contains("ann.other"), "{printed:?}");
}
