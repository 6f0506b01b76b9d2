//! How a command can end, and what is left of it.

use std::time::{Duration, Instant};

use ckan_chatops::ckan::{CallError, Cause, CommandLine, Effect, Finished, Site, Stream, Word};

use crate::world::{PATIENCE, is_gone, printed, until, with_command_line, with_script};

async fn run(site: &Site) -> Result<Finished, CallError> {
    command_line(site).run("test", &[], &mut |_| ()).await
}

fn command_line(site: &Site) -> &CommandLine {
    site.needed_command_line("test").unwrap()
}

fn with_limit(script: &str, limit: Duration) -> Site {
    with_command_line(&["sh", "-c", script, "ckan"], false, limit)
}

#[tokio::test]
async fn hazard_5_exit_code_0_is_told_with_what_was_printed_and_is_no_success_by_itself() {
    let site = with_script("echo \"Couldn't find package no-such\" >&2");
    let finished = run(&site).await.unwrap().or_failed().unwrap();
    assert!(finished.exit.is_zero());
    assert_eq!(printed(&finished.tail, Stream::Err), ["Couldn't find package no-such"]);
}

#[tokio::test]
async fn another_exit_code_is_told_with_the_tail_and_counts_as_unknown() {
    let finished = run(&with_script("echo half; echo why >&2; exit 3")).await.unwrap();
    assert_eq!(finished.exit.code(), 3);
    assert_eq!(printed(&finished.tail, Stream::Out), ["half"]);
    assert_eq!(printed(&finished.tail, Stream::Err), ["why"]);
    let error = finished.or_failed().unwrap_err();
    assert_eq!((error.action, error.cause, error.effect), ("test", Cause::CommandFailed, Effect::Unknown));
}

#[tokio::test]
async fn a_program_that_is_not_there_or_may_not_be_run_is_not_applied() {
    for program in ["no-such-program-anywhere", "/no/such/program", "/etc/hostname", "/"] {
        let site = with_command_line(&[program, "ckan"], false, PATIENCE);
        let error = run(&site).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::CommandNotStarted, Effect::NotApplied), "{program}");
    }
}

#[tokio::test]
async fn what_is_not_configured_is_not_applied() {
    let site = crate::world::site("http://127.0.0.1:9", ckan_chatops::ckan::ProgramSettings::default());
    let error = site.needed_command_line("test").unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandNotConfigured, Effect::NotApplied));
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_all_its_children_and_unknown() {
    let site = with_limit("sleep 600 & echo $$ $!; wait", Duration::from_secs(2));
    let mut pids = String::new();
    let began = Instant::now();
    let error =
        command_line(&site).run("test", &[], &mut |line| pids.clone_from(&line.text)).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandTimedOut, Effect::Unknown));
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(pids.split(' ').count(), 2);
    until("both are gone", || pids.split(' ').all(is_gone)).await;
}

#[tokio::test]
async fn a_command_that_only_looks_is_never_unknown() {
    let site = with_limit("sleep 600", Duration::from_millis(100));
    let error = command_line(&site).look("test", &[]).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandTimedOut, Effect::NotApplied));
}

#[tokio::test]
async fn a_command_that_somebody_kills_is_unknown() {
    let error = run(&with_script("kill -KILL $$")).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandCutOff, Effect::Unknown));
}

#[tokio::test]
async fn hazard_27_a_connection_that_ssh_lost_is_unknown() {
    let site = with_command_line(&["sh", "-c", "exit 255", "ssh"], true, PATIENCE);
    let error = run(&site).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandCutOff, Effect::Unknown));
    // Without ssh it is an exit code as any other.
    assert_eq!(run(&with_script("exit 255")).await.unwrap().exit.code(), 255);
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_is_killed_with_all_its_children() {
    let site = with_script("sleep 600 & echo $$ $!; wait");
    let (told, mut pids) = tokio::sync::mpsc::unbounded_channel();
    let mut tell = |line: &ckan_chatops::ckan::Line| told.send(line.text.clone()).unwrap();
    let pids = tokio::select! {
        ended = command_line(&site).run("test", &[], &mut tell) => panic!("{ended:?}"),
        pids = pids.recv() => pids.unwrap(),
    };
    until("both are gone", || pids.split(' ').all(is_gone)).await;
}

#[test]
fn a_bot_that_stops_leaves_no_command_behind() {
    let bot = tokio::runtime::Runtime::new().unwrap();
    let (told, pids) = std::sync::mpsc::channel();
    bot.spawn(async move {
        let site = with_script("sleep 600 & echo $$ $!; wait");
        let mut tell = |line: &ckan_chatops::ckan::Line| told.send(line.text.clone()).unwrap();
        command_line(&site).run("test", &[], &mut tell).await.unwrap();
    });
    let pids = pids.recv_timeout(PATIENCE).unwrap();
    assert!(!pids.split(' ').any(is_gone));
    drop(bot);
    let test = tokio::runtime::Runtime::new().unwrap();
    test.block_on(until("both are gone", || pids.split(' ').all(is_gone)));
}

#[tokio::test]
async fn what_a_command_leaves_running_holds_nobody_up_and_is_ended() {
    // It holds the output open, as daemons do that were started badly.
    let finished = run(&with_script("sleep 600 & echo $!")).await.unwrap();
    assert!(finished.exit.is_zero());
    let pid = finished.tail[0].text.clone();
    until("it is gone", || is_gone(&pid)).await;
}

#[tokio::test]
async fn what_left_the_commands_group_holds_nobody_up_either() {
    // As ssh's shared connections and services do.
    let began = Instant::now();
    let finished = run(&with_script("setsid sleep 15 & echo started")).await.unwrap();
    assert_eq!(printed(&finished.tail, Stream::Out), ["started"]);
    assert!(began.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn a_command_reads_nothing_and_asks_nobody() {
    let finished = run(&with_script("cat; tty; ps -o pgid= -p $$; echo $$")).await.unwrap();
    let out = printed(&finished.tail, Stream::Out);
    assert_eq!(out[0], "not a tty");
    // It leads a process group of its own.
    assert_eq!(out[1].trim(), out[2]);
}

#[tokio::test]
async fn hazard_18_a_command_inherits_none_of_our_secrets() {
    let finished = with_command_line(&["env"], false, PATIENCE)
        .needed_command_line("test")
        .unwrap()
        .look("test", &[])
        .await
        .unwrap();
    let mut names: Vec<&str> = finished.tail.iter().filter_map(|line| line.text.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["KUBECONFIG", "PATH"]);
}

#[tokio::test]
async fn a_command_is_run_once_whatever_becomes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    for script in ["exit 3", "kill -KILL $$", "exit 0", "sleep 600"] {
        let script = format!("echo once >> \"$1\"; {script}");
        let site = with_limit(&script, Duration::from_secs(2));
        let path = Word::value(count.to_str().unwrap()).unwrap();
        let _ = command_line(&site).run("test", &[path], &mut |_| ()).await;
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "once\n", "{script}");
        std::fs::remove_file(&count).unwrap();
    }
}
