//! The command line, as a program that is started: every byte, both streams, the exit code.

use std::path::Path;
use std::process::Stdio;

use sandbox::ckan::{IndexDisturbance, seeded_id};
use serde_json::json;
use tokio::process::Command;

use crate::caller::{PROGRAM, ROAD_ACCIDENTS, World, ckan, ckan_of};

/// Every command begins with these lines, whatever it is.
fn is_of_the_start(line: &str) -> bool {
    ["[ckan.cli]", "[ckan.config"].iter().any(|logger| line.contains(logger))
}

/// What a command printed, its log lines without their times, and how it ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: Vec<String>,
    pub(crate) exit: i32,
}

pub(crate) fn command(world: &World, words: &[&str]) -> Command {
    let argv = world.sandbox.command_line(Path::new(PROGRAM));
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).args(words).kill_on_drop(true).stdin(Stdio::null());
    command
}

pub(crate) async fn run(world: &World, words: &[&str]) -> Ran {
    let output = command(world, words).output().await.unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let without_time = |line: &str| line.split_once(" INFO  ").map_or(line, |(_, rest)| rest).to_owned();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: err.lines().map(without_time).filter(|line| !is_of_the_start(line)).collect(),
        exit: output.status.code().unwrap(),
    }
}

pub(crate) async fn search_count(world: &World) -> u64 {
    world.done("package_search", json!({"rows": 0})).await["count"].as_u64().unwrap()
}

#[tokio::test]
async fn options_that_a_release_does_not_have_are_refused_as_click_does() {
    for (version, problem) in [
        ("2.10.7", "No such option: -r"),
        ("2.11.6", "No such option: -r"),
        ("2.12.0", "No such option '-r'."),
    ] {
        let world = ckan_of(version).await;
        let ran = run(&world, &["search-index", "rebuild", "-r"]).await;
        let expected = [
            "Usage: ckan search-index rebuild [OPTIONS] [PACKAGE_ID]",
            "Try 'ckan search-index rebuild --help' for help.",
            "",
            &format!("Error: {problem}"),
        ];
        assert_eq!((ran.exit, ran.out.as_str(), ran.err), (2, "", expected.map(str::to_owned).to_vec()));
        let clear = run(&world, &["search-index", "rebuild", "--clear"]).await;
        assert_eq!(clear.exit, if version == "2.12.0" { 2 } else { 0 }, "{version}: {clear:?}");
        assert_eq!(run(&world, &["search-index", "-o", "rebuild"]).await.exit, 2);
        assert_eq!(run(&world, &["harvester", "purge_queues"]).await.exit, 2);
        assert_eq!(run(&world, &["harvester", "job-abort"]).await.exit, 2);
        assert_eq!(run(&world, &["search-index", "check", "all", "of", "it"]).await.exit, 2);
        assert_eq!(run(&world, &["db", "clean"]).await.exit, 2);
    }
}

#[tokio::test]
async fn a_rebuild_counts_on_one_line_and_ends_with_a_commit() {
    let world = ckan().await;
    let ran = run(&world, &["search-index", "rebuild", "-i"]).await;
    let packages = world.control.datasets().await;
    let total = packages.iter().filter(|package| package.state != "deleted").count();
    let expected: Vec<String> = (1..=total).map(|n| format!("\rIndexing dataset {n}/{total}")).collect();
    assert_eq!((ran.exit, ran.out), (0, expected.concat()));
    let lines = [
        "[ckan.lib.search] Rebuilding search index...",
        "[ckan.lib.search] Rebuilding the whole index...",
        "[ckan.lib.search] Finished rebuilding search index.",
        "[ckan.lib.search] Committed pending changes on the search index",
    ];
    assert_eq!(ran.err, lines);
    let writes = world.control.writes().await;
    assert_eq!(writes[0].action, "ckan search-index rebuild");
    assert_eq!((writes[0].committed, writes[0].changed, writes[0].status), (true, false, 0));
    assert_eq!(world.control.commands().await[0].argv, ["search-index", "rebuild", "-i"]);
}

#[tokio::test]
async fn an_unknown_dataset_is_no_failure_on_2_10() {
    for (version, exit, sentence) in [
        ("2.10.7", 0, ""),
        ("2.11.6", 1, "Couldn't find package nope"),
        ("2.12.0", 1, "Couldn't find package nope"),
    ] {
        let world = ckan_of(version).await;
        let ran = run(&world, &["search-index", "rebuild", "nope"]).await;
        assert_eq!((ran.exit, ran.out.as_str()), (exit, ""), "{version}");
        assert!(ran.err.contains(&sentence.to_owned()), "{version}: {:?}", ran.err);
        assert!(!world.control.writes().await[0].changed);
    }
}

#[tokio::test]
async fn one_dataset_is_put_back_and_only_2_12_clears_what_has_no_row() {
    for (version, orphans) in [("2.10.7", 1), ("2.11.6", 1), ("2.12.0", 0)] {
        let world = ckan_of(version).await;
        world.control.disturb_index(IndexDisturbance::Lose(vec![ROAD_ACCIDENTS.to_owned()])).await;
        world.control.disturb_index(IndexDisturbance::Orphan(vec!["house-price-index".to_owned()])).await;
        let found = run(&world, &["search-index", "list-orphans"]).await.out;
        let id = seeded_id("dataset", "house-price-index");
        assert_eq!(found, format!("['{id}']\nFound 1 orphaned package(s).\n"));
        let ran = run(&world, &["search-index", "rebuild", ROAD_ACCIDENTS]).await;
        assert_eq!((ran.exit, ran.out.as_str()), (0, ""));
        let index = world.control.index().await;
        assert_eq!((index.missing.len(), index.stale.len()), (0, orphans), "{version}");
        let cleared = run(&world, &["search-index", "clear-orphans"]).await;
        assert_eq!(cleared.exit, if version == "2.10.7" { 2 } else { 0 }, "{cleared:?}");
    }
}

#[tokio::test]
async fn only_missing_takes_drafts_for_missing_and_check_names_what_is_not_there() {
    let world = ckan().await;
    world.control.disturb_index(IndexDisturbance::Lose(vec![ROAD_ACCIDENTS.to_owned()])).await;
    let checked = run(&world, &["search-index", "check"]).await.out;
    assert!(checked.starts_with("Packages not indexed = 1 out of "), "{checked}");
    assert!(checked.ends_with("\n('2025-06-12', 'road-accidents-2019')\n"), "{checked}");
    let ran = run(&world, &["search-index", "rebuild", "-o"]).await;
    assert_eq!(ran.out, "\rIndexing dataset 1/2\rIndexing dataset 2/2", "the lost one and the draft");
    assert_eq!(world.control.index().await.missing, Vec::<String>::new());
    let quiet = run(&world, &["search-index", "rebuild", "-oq"]).await;
    assert_eq!(quiet.out, "");
}

#[tokio::test]
async fn an_empty_argument_means_all() {
    let world = ckan().await;
    assert_eq!(
        run(&world, &["search-index", "clear", ""]).await,
        Ran { out: String::new(), err: vec![], exit: 0 }
    );
    assert_eq!(search_count(&world).await, 0);
    let ran = run(&world, &["search-index", "rebuild", ""]).await;
    assert!(ran.out.starts_with("\rIndexing dataset 1/"), "{}", ran.out);
    assert!(search_count(&world).await > 0);
}

#[tokio::test]
async fn the_harvester_prints_jobs_and_takes_names() {
    let world = ckan().await;
    world.control.set_consumer("gather", "stop").await;
    let ran = run(&world, &["harvester", "job", "quick-source"]).await;
    let job = world.done("harvest_job_list", json!({"status": "Running"})).await[0]["id"].clone();
    let (job, source) = (job.as_str().unwrap().to_owned(), seeded_id("source", "quick-source"));
    let row = format!(
        "\tJob id: {job}\n\t\tstatus: Running\n\t\tsource: {source}\n\t\tobjects: 0\n\t\tgather_errors: 0\n"
    );
    assert_eq!((ran.exit, ran.out), (0, format!("{row}There are 0 new harvest jobs\n\n")));
    let again = run(&world, &["harvester", "job", "quick-source"]).await;
    let said = ["There already is an unrun job for this source", "Aborted!"].map(str::to_owned);
    assert_eq!(again, Ran { out: String::new(), err: said.to_vec(), exit: 1 });
    let listed = run(&world, &["harvester", "jobs"]).await;
    assert!(
        listed.out.starts_with(&row) && listed.out.ends_with("There are 2 harvest jobs\n\n"),
        "{}",
        listed.out
    );
    let purged = run(&world, &["harvester", "purge-queues"]).await;
    assert_eq!((purged.exit, purged.out.as_str()), (0, ""));
    assert_eq!(world.control.harvest().await["gather_queue"], json!([]));
    let shown = world.done("harvest_job_show", json!({"id": job})).await;
    assert_eq!(shown["status"], "Running", "purging ends no job");
    for _ in 0..2 {
        let aborted = run(&world, &["harvester", "job-abort", &job]).await;
        assert_eq!((aborted.exit, aborted.out.as_str()), (0, "Job status: Finished\n"));
    }
    let unknown = run(&world, &["harvester", "job-abort", "nope"]).await;
    let said = ["Job not found.", "Aborted!"].map(str::to_owned);
    assert_eq!(unknown, Ran { out: String::new(), err: said.to_vec(), exit: 1 });
    let changed: Vec<(String, bool)> =
        world.control.writes().await.into_iter().map(|w| (w.action, w.changed)).collect();
    let expected = [
        ("ckan harvester job", true),
        ("ckan harvester job", false),
        ("ckan harvester purge-queues", true),
        ("ckan harvester job-abort", true),
        ("ckan harvester job-abort", false),
        ("ckan harvester job-abort", false),
    ];
    assert_eq!(changed, expected.map(|(action, changed)| (action.to_owned(), changed)));
}

#[tokio::test]
async fn an_account_is_printed_with_its_hash_and_a_dataset_goes_without_a_question() {
    let world = ckan().await;
    let shown = run(&world, &["user", "show", "dft-admin"]).await;
    assert!(shown.out.contains("password=$pbkdf2-sha512$"), "{}", shown.out);
    assert_eq!(run(&world, &["user", "show", "nobody"]).await.out, "User: None\n");
    let deleted = run(&world, &["dataset", "delete", ROAD_ACCIDENTS]).await;
    assert_eq!(deleted.out, "road-accidents-2019 active -> deleted\n");
    assert_eq!(world.control.index().await.stale.len(), 1, "2.12 forgets the index");
    run(&world, &["search-index", "rebuild"]).await;
    assert_eq!(world.control.index().await.stale.len(), 1, "and so does its rebuild");
    assert_eq!(run(&world, &["dataset", "purge", ROAD_ACCIDENTS]).await.out, "road-accidents-2019 purged\n");
    let gone = run(&world, &["dataset", "purge", ROAD_ACCIDENTS]).await;
    assert_eq!(gone.exit, 1);
    let last = gone.err.last().unwrap();
    assert_eq!(last, "AssertionError: Could not find dataset matching reference: road-accidents-2019");
}

#[tokio::test]
async fn a_command_says_first_what_it_loads_and_before_2_12_that_it_is_not_protected() {
    for (version, warned) in [("2.10.7", true), ("2.11.6", true), ("2.12.0", false)] {
        let world = ckan_of(version).await;
        let output = command(&world, &["search-index", "list-orphans"]).output().await.unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(
            err.lines()
                .next()
                .unwrap()
                .ends_with("INFO  [ckan.cli] Using configuration file /config/production.ini")
        );
        assert_eq!(err.contains("WARNI [ckan.config.middleware.flask_app] Extensions are excluded"), warned);
        assert_eq!(output.stdout, b"Found 0 orphaned package(s).\n");
    }
}
