//! Commands that are killed, hang, lie, flood, die half-way or outlive their program.

use std::process::Stdio;
use std::time::Duration;

use sandbox::ckan::{CommandFault, CommandFaultKind, CommandSettings, IndexDisturbance};
use tokio::io::AsyncReadExt as _;

use crate::caller::{World, ckan, ckan_of};
use crate::command_line::{Ran, command, run, search_count};

/// A command whose program has gone notices it at the next thing that it prints.
async fn until_over(world: &World) {
    let over = async { while !world.control.commands().await.iter().all(|run| run.over) {} };
    tokio::time::timeout(Duration::from_secs(20), over).await.unwrap();
}

async fn fault(world: &World, command: &str, kind: CommandFaultKind) {
    world.control.command_fault(CommandFault { command: command.to_owned(), kind, times: 1 }).await;
}

#[tokio::test]
async fn a_rebuild_that_is_killed_leaves_what_it_had_committed() {
    let world = ckan().await;
    world.control.disturb_index(IndexDisturbance::Clear).await;
    let slow = CommandSettings { item_ms: 5, ..CommandSettings::default() };
    world.control.set_commands(slow).await;
    let mut child = command(&world, &["search-index", "rebuild", "-e"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("dataset 5/") {
        let mut part = [0; 64];
        let n = out.read(&mut part).await.unwrap();
        seen.extend_from_slice(&part[..n]);
    }
    child.kill().await.unwrap();
    until_over(&world).await;
    assert!(world.control.index().await.documents >= 4);
    let write = &world.control.writes().await[0];
    assert_eq!((write.committed, write.changed), (false, true));
    assert!(world.control.index().await.missing.len() > 3, "it did not go on to the end");
}

#[tokio::test]
async fn a_command_can_outlive_its_program() {
    let world = ckan().await;
    world.control.disturb_index(IndexDisturbance::Clear).await;
    fault(&world, "search-index rebuild", CommandFaultKind::LoseConnection { after: 3, code: 1 }).await;
    let ran = run(&world, &["search-index", "rebuild"]).await;
    assert_eq!(ran.exit, 1);
    assert!(
        ran.out.contains("\rIndexing dataset 3/") && !ran.out.contains("\rIndexing dataset 5/"),
        "{}",
        ran.out
    );
    until_over(&world).await;
    assert!(world.control.writes().await[0].committed);
    assert_eq!(world.control.index().await.missing, Vec::<String>::new());
}

#[tokio::test]
async fn commands_fail_in_every_way_that_was_asked_for() {
    let world = ckan().await;
    world.control.disturb_index(IndexDisturbance::Clear).await;
    fault(&world, "search-index rebuild", CommandFaultKind::FailQuietly).await;
    let quiet = run(&world, &["search-index", "rebuild"]).await;
    assert_eq!(quiet, Ran { out: String::new(), err: vec![], exit: 0 });
    assert_eq!(search_count(&world).await, 0);
    fault(&world, "*", CommandFaultKind::Fail { code: 137, message: "Killed".to_owned() }).await;
    assert_eq!(run(&world, &["harvester", "run"]).await.exit, 137);
    fault(&world, "search-index rebuild", CommandFaultKind::Die { after: 2, code: 137 }).await;
    let died = run(&world, &["search-index", "rebuild"]).await;
    assert_eq!((died.exit, died.out.matches('\r').count()), (137, 2));
    assert_eq!(search_count(&world).await, 0, "nothing was committed");
    fault(&world, "harvester jobs", CommandFaultKind::InvalidUtf8).await;
    let output = command(&world, &["harvester", "jobs"]).output().await.unwrap();
    assert!(String::from_utf8(output.stdout).is_err());
    fault(&world, "harvester jobs", CommandFaultKind::Flood { bytes: 5_000_000 }).await;
    let output = command(&world, &["harvester", "jobs"]).output().await.unwrap();
    assert!(output.stdout.len() > 5_000_000);
    fault(&world, "search-index rebuild", CommandFaultKind::Hang { after: 1 }).await;
    let mut child = command(&world, &["search-index", "rebuild"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut part = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut part).await.unwrap();
    assert_eq!((&part, child.try_wait().unwrap()), (b"\rInd", None));
    child.kill().await.unwrap();
}

#[tokio::test]
async fn a_dataset_that_cannot_be_indexed_ends_a_rebuild_that_is_not_forced() {
    for (version, exit) in [("2.10.7", 0), ("2.12.0", 1)] {
        let world = ckan_of(version).await;
        let bad = CommandSettings {
            cannot_be_indexed: vec!["road-accidents-2018".to_owned()],
            ..CommandSettings::default()
        };
        world.control.set_commands(bad).await;
        let ran = run(&world, &["search-index", "rebuild"]).await;
        assert_eq!(ran.exit, exit, "{version}");
        assert!(!ran.err.contains(&"[ckan.lib.search] Finished rebuilding search index.".to_owned()));
        let forced = run(&world, &["search-index", "rebuild", "-i"]).await;
        assert_eq!(forced.exit, 0);
        assert!(forced.err.iter().any(|line| line.contains("ERROR")), "{:?}", forced.err);
    }
}
