//! Harvest jobs: how they start, what the consumers make of them, and the two ways in which they end.

use reqwest::StatusCode;
use sandbox::ckan::seeded_id;
use serde_json::{Value, json};

use crate::caller::{EDITOR, World, ckan, ckan_of};

fn source(name: &str) -> String {
    seeded_id("source", name).to_string()
}

async fn start(world: &World, name: &str) -> Value {
    world.done("harvest_job_create", json!({"source_id": source(name)})).await
}

async fn job(world: &World, started: &Value) -> Value {
    world.done("harvest_job_show", json!({"id": started["id"]})).await
}

#[tokio::test]
async fn a_job_runs_until_somebody_has_it_finished() {
    let world = ckan().await;
    let started = start(&world, "quick-source").await;
    assert_eq!(started["status"], "Running");
    assert_eq!(started["gather_started"], Value::Null);
    assert_eq!(started["stats"]["added"], 0);
    let done = job(&world, &started).await;
    assert_eq!((&done["status"], &done["finished"]), (&json!("Running"), &Value::Null));
    assert_eq!(done["stats"]["added"], 5, "every object is done");
    assert_eq!(
        world.done("harvest_jobs_run", json!({"source_id": source("leeds-data-mill")})).await,
        json!([])
    );
    assert_eq!(job(&world, &started).await["status"], "Running", "another source's job is not looked at");
    assert_eq!(world.done("harvest_jobs_run", json!({"source_id": source("quick-source")})).await, json!([]));
    let finished = job(&world, &started).await;
    assert_eq!(finished["status"], "Finished");
    assert!(finished["finished"].is_string());
    let status = world.done("harvest_source_show_status", json!({"id": source("quick-source")})).await;
    assert_eq!((&status["job_count"], &status["total_datasets"]), (&json!(1), &json!(5)));
    assert_eq!(status["last_job"], finished);
    let found = json!({"fq": format!("harvest_source_id:\"{}\"", source("quick-source")), "rows": 0});
    assert_eq!(world.done("package_search", found).await["count"], 5);
    let writes = world.control.writes().await;
    let seen: Vec<(&str, bool)> = writes.iter().map(|w| (w.action.as_str(), w.changed)).collect();
    assert_eq!(seen, [("harvest_job_create", true), ("harvest_jobs_run", false), ("harvest_jobs_run", true)]);
}

#[tokio::test]
async fn a_second_harvest_of_the_same_remote_modifies_nothing() {
    let world = ckan().await;
    for expected in [json!([5, 0, 0]), json!([0, 0, 5])] {
        let started = start(&world, "quick-source").await;
        world.done("harvest_jobs_run", json!({})).await;
        let stats = job(&world, &started).await["stats"].clone();
        assert_eq!(json!([stats["added"], stats["updated"], stats["not modified"]]), expected);
    }
    world.control.set_remote("quick-source", json!({"updated": 2, "errored": 1, "datasets": 7})).await;
    let started = start(&world, "quick-source").await;
    let stats = job(&world, &started).await["stats"].clone();
    assert_eq!(
        json!([stats["added"], stats["updated"], stats["not modified"], stats["errored"]]),
        json!([1, 2, 3, 1])
    );
}

#[tokio::test]
async fn a_source_with_an_unfinished_job_a_deleted_one_and_none_at_all_are_500() {
    let world = ckan().await;
    start(&world, "hanging-source").await;
    world.done("package_delete", json!({"id": "quick-source"})).await;
    let nothing = json!({"__type": "Internal Server Error", "message": "Internal Server Error"});
    for body in [
        json!({"source_id": source("hanging-source")}),
        json!({"source_id": source("quick-source")}),
        json!({}),
    ] {
        let (status, answer) = world.post("harvest_job_create", body, world.sandbox.sysadmin_token()).await;
        assert_eq!((status, &answer["error"]), (StatusCode::INTERNAL_SERVER_ERROR, &nothing));
    }
    let by_name = json!({"source_id": "leeds-data-mill"});
    let (status, answer) = world.post("harvest_job_create", by_name, world.sandbox.sysadmin_token()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(answer["error"]["message"], "Not found: Harvest source leeds-data-mill does not exist");
    let allowed = json!({"source_id": source("leeds-data-mill")});
    let (status, _) = world.post("harvest_job_create", allowed, EDITOR).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_job_that_is_not_run_stays_new_and_in_no_queue() {
    let world = ckan().await;
    let body = json!({"source_id": source("quick-source"), "run": false});
    let new = world.done("harvest_job_create", body).await;
    assert_eq!(new["status"], "New");
    world.done("harvest_jobs_run", json!({})).await;
    assert_eq!(job(&world, &new).await["status"], "New");
    let listed = world.done("harvest_job_list", json!({"status": "New"})).await;
    assert_eq!(listed[0]["id"], new["id"]);
    assert_eq!(listed[0].get("object_error_summary"), None, "a list has no summaries");
    assert_eq!(world.done("harvest_job_abort", json!({"id": new["id"]})).await["status"], "Finished");
}

#[tokio::test]
async fn one_remote_that_does_not_answer_keeps_every_source_waiting() {
    let world = ckan().await;
    let hanging = start(&world, "hanging-source").await;
    let waiting = start(&world, "quick-source").await;
    assert_eq!(job(&world, &waiting).await["gather_finished"], Value::Null);
    let state = world.control.harvest().await;
    assert_eq!(state["gather"]["busy_with"], hanging["id"]);
    assert_eq!(state["gather_queue"], json!([waiting["id"]]));
    world.control.set_remote("hanging-source", json!({"gather_ms": 0})).await;
    assert_eq!(job(&world, &waiting).await["stats"]["added"], 5, "released");
    assert_eq!(job(&world, &hanging).await["stats"]["added"], 3);
}

#[tokio::test]
async fn time_that_passes_lets_a_slow_source_go_on_object_by_object() {
    let world = ckan().await;
    let started = start(&world, "slow-source").await;
    world.control.advance_clock(5).await;
    let stats = job(&world, &started).await["stats"].clone();
    assert_eq!((&stats["added"], &stats["null"]), (&json!(2), &json!(18)));
    world.control.advance_clock(60).await;
    assert_eq!(job(&world, &started).await["stats"]["added"], 20);
}

#[tokio::test]
async fn an_abort_ends_the_job_and_stops_no_consumer() {
    let world = ckan().await;
    world.control.set_consumer("fetch", "stop").await;
    let started = start(&world, "quick-source").await;
    world.control.step_consumer("fetch", 2).await;
    let by_state =
        world.control.harvest().await["jobs"].as_array().unwrap().last().unwrap()["objects"].clone();
    assert_eq!(by_state, json!({"COMPLETE": 2, "WAITING": 3}));
    for _ in 0..2 {
        let aborted = world.done("harvest_job_abort", json!({"id": "quick-source"})).await;
        assert_eq!((&aborted["status"], &aborted["finished"]), (&json!("Finished"), &Value::Null));
    }
    let seen = world.control.harvest().await;
    assert_eq!(
        seen["jobs"].as_array().unwrap().last().unwrap()["objects"],
        json!({"COMPLETE": 2, "ERROR": 3})
    );
    assert_eq!(seen["fetch_queue"].as_array().unwrap().len(), 3, "nothing leaves the queue");
    world.control.set_consumer("fetch", "work").await;
    let stats = job(&world, &started).await["stats"].clone();
    assert_eq!((&stats["added"], &stats["errored"]), (&json!(2), &json!(3)));
    assert_eq!(job(&world, &started).await["object_error_summary"], json!([]));
    let changed: Vec<bool> = world.control.writes().await.iter().skip(1).map(|w| w.changed).collect();
    assert_eq!(changed, [true, false]);
}

#[tokio::test]
async fn an_aborted_job_is_gathered_all_the_same() {
    let world = ckan().await;
    let started = start(&world, "hanging-source").await;
    world.done("harvest_job_abort", json!({"source_id": "hanging-source"})).await;
    assert_eq!(world.control.harvest().await["gather"]["busy_with"], started["id"]);
    world.control.advance_clock(3 * 3600).await;
    let late = job(&world, &started).await;
    assert!(late["gather_finished"].is_string());
    assert_eq!((&late["stats"]["added"], &late["stats"]["errored"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn what_an_abort_cannot_find_is_404_and_nothing_at_all_is_500() {
    let world = ckan().await;
    let refused = async |body| world.post("harvest_job_abort", body, world.sandbox.sysadmin_token()).await;
    assert_eq!(refused(json!({})).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, answer) = refused(json!({"id": "nope"})).await;
    assert_eq!((status, &answer["error"]["message"]), (StatusCode::NOT_FOUND, &json!("Not found")));
    let (status, answer) = refused(json!({"id": "quick-source"})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(answer["error"]["message"], "Not found: Error: source has no jobs");
    let (status, answer) = world.post("harvest_job_abort", json!({"id": "quick-source"}), EDITOR).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(answer["error"]["message"], "Access denied: Only sysadmins can run the pending harvest jobs");
    assert_eq!(world.anonymous("harvest_jobs_run", json!({})).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.anonymous("harvest_job_list", json!({})).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn errors_of_a_job_are_summed_up_and_reported_whole() {
    let world = ckan().await;
    let started = start(&world, "failing-source").await;
    let shown = job(&world, &started).await;
    assert_eq!((&shown["stats"]["added"], &shown["stats"]["errored"]), (&json!(3), &json!(3)));
    assert_eq!(shown["object_error_summary"].as_array().unwrap().len(), 3);
    let report = world.done("harvest_job_report", json!({"id": started["id"]})).await;
    let objects = report["object_errors"].as_object().unwrap();
    assert_eq!(objects.len(), 3);
    let error = &objects.values().next().unwrap()["errors"][0];
    assert!(error["message"].as_str().unwrap().starts_with("Invalid package with GUID "), "{error}");
    assert_eq!(error["type"], "Import");
    world.control.set_remote("quick-source", json!({"gather_error": "Unable to search remote CKAN"})).await;
    let started = start(&world, "quick-source").await;
    world.done("harvest_jobs_run", json!({})).await;
    let shown = job(&world, &started).await;
    assert_eq!((&shown["status"], &shown["stats"]["errored"]), (&json!("Finished"), &json!(1)));
    let summary = json!([{"message": "Unable to search remote CKAN", "error_count": 1}]);
    assert_eq!(shown["gather_error_summary"], summary);
}

#[tokio::test]
async fn a_killed_gather_leaves_its_job_running_for_two_hours() {
    let world = ckan().await;
    let started = start(&world, "hanging-source").await;
    job(&world, &started).await;
    world.control.set_remote("hanging-source", json!({"gather_ms": 0})).await;
    world.control.set_consumer("gather", "stop").await;
    let again = start(&world, "quick-source").await;
    world.control.set_consumer("gather", "hang").await;
    job(&world, &again).await;
    world.control.set_consumer("gather", "stop").await;
    world.control.set_consumer("gather", "work").await;
    world.done("harvest_jobs_run", json!({})).await;
    assert_eq!(job(&world, &again).await["gather_finished"], Value::Null, "the job is in no queue");
    world.control.advance_clock(7300).await;
    world.done("harvest_jobs_run", json!({})).await;
    assert!(job(&world, &again).await["gather_finished"].is_string(), "and is queued again");
}

#[tokio::test]
async fn a_list_of_sources_has_ids_and_no_slugs_and_a_hundred_rows_at_most() {
    let world = ckan_of("2.10.7").await;
    let sources = world.done("harvest_source_list", json!({})).await;
    let titles: Vec<&Value> = sources.as_array().unwrap().iter().map(|row| &row["title"]).collect();
    assert_eq!(titles[0], "Failing Source", "the newest first");
    assert_eq!(sources[0].get("name"), None);
    assert_eq!(sources[0]["status"]["msg"], "No jobs yet");
    assert_eq!(world.post("harvest_source_list", json!({}), EDITOR).await.1["result"], json!([]));
    let by_url = json!({"url": "http://127.0.0.1:15800/quick/5/0"});
    assert_eq!(world.done("harvest_source_show", by_url).await["name"], "quick-source");
}
