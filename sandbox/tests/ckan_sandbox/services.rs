//! The services around CKAN, as programs.

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::caller::{PROGRAM, World, ckan};

async fn service(world: &World, name: &str, verb: &str) -> (i32, String) {
    let argv = world.sandbox.service(Path::new(PROGRAM), name, verb);
    let output = Command::new(&argv[0]).args(&argv[1..]).output().await.unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn a_hung_consumer_is_running_and_a_restart_frees_the_others() {
    let world = ckan().await;
    let start = async |name: &str| {
        let id = sandbox::ckan::seeded_id("source", name);
        world.done("harvest_job_create", json!({"source_id": id})).await["id"].clone()
    };
    let hanging = start("hanging-source").await;
    let waiting = start("quick-source").await;
    assert_eq!(service(&world, "gather", "status").await, (0, "gather: running, 0 restarts\n".to_owned()));
    assert_eq!(world.control.harvest().await["gather"]["busy_with"], hanging);
    assert_eq!(service(&world, "gather", "restart").await, (0, "gather: restarted\n".to_owned()));
    assert_eq!(service(&world, "gather", "status").await, (0, "gather: running, 1 restarts\n".to_owned()));
    let show = async |id: &Value| world.done("harvest_job_show", json!({"id": id})).await;
    assert_eq!(show(&waiting).await["stats"]["added"], 5);
    assert_eq!(show(&hanging).await["status"], "Running", "nobody has told its end");
    let (_, log) = service(&world, "gather", "logs").await;
    assert!(log.contains(&format!("Received harvest job id: {}", waiting.as_str().unwrap())), "{log}");
    assert_eq!(world.control.writes().await.last().unwrap().action, "ckan service gather restart");
}

#[tokio::test]
async fn a_stopped_service_says_so_and_an_unknown_one_is_refused() {
    let world = ckan().await;
    world.control.set_consumer("fetch", "stop").await;
    assert_eq!(service(&world, "fetch", "status").await, (3, "fetch: stopped, 0 restarts\n".to_owned()));
    assert_eq!(service(&world, "csw", "restart").await.0, 0);
    assert_eq!(service(&world, "mail", "status").await.0, 64);
    assert_eq!(service(&world, "gather", "reload").await.0, 64);
}
