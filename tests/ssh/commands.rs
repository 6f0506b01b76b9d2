//! Commands on another machine: what arrives there, how they end, how the connection breaks.

use std::time::Duration;

use ckan_chatops::ckan::{Cause, Effect, Line, Word};
use rustix::process::{Pid, Signal, kill_process};

use crate::world::{PATIENCE, ssh_config, texts, with_remote, with_ssh};

/// Prints its arguments one by one in hexadecimal digits. Written as the remote shell has to read it.
const RECORD: [&str; 4] = [
    "sh",
    "-c",
    r#"'for word; do printf %s "$word" | od -An -v -tx1 | tr -d " \n"; echo .; done'"#,
    "record",
];

const NASTY: [&str; 17] = [
    "plain",
    "two  words",
    "O'Neil",
    "'",
    "'''",
    "\"",
    "$(touch pwned)",
    "`id`",
    "$HOME",
    "a;b|c&d>e<f",
    "*",
    "~root",
    "!!",
    "a\\",
    "{a,b}",
    "#comment",
    "żółw 🐢",
];

#[tokio::test]
async fn hazard_1_words_arrive_as_they_are_on_another_machine() {
    let site = with_remote(&RECORD, PATIENCE);
    let mut words = vec![Word::literal("search-index"), Word::literal("--force")];
    words.extend(NASTY.iter().map(|text| Word::value(text).unwrap()));
    let mut arrived = vec![];
    let mut seen = |line: &Line| {
        let bytes = hex::decode(line.text.trim_end_matches('.')).unwrap();
        arrived.push(String::from_utf8(bytes).unwrap());
    };
    let finished = site.needed_command_line("test").unwrap().run("test", &words, &mut seen).await.unwrap();
    assert!(finished.exit.is_zero());
    assert_eq!(arrived[..2], ["search-index", "--force"]);
    assert_eq!(arrived[2..], NASTY);
}

#[tokio::test]
async fn the_exit_code_and_both_streams_come_back() {
    let site = with_remote(
        &["sh", "-c", "'echo out; printf \"\\rIndexing dataset 1/2\\r\"; echo err >&2; exit 3'"],
        PATIENCE,
    );
    let finished = site.needed_command_line("test").unwrap().run("test", &[], &mut |_| ()).await.unwrap();
    assert_eq!(finished.exit.code(), 3);
    let mut said = texts(&finished.tail);
    said.sort_unstable();
    assert_eq!(said, ["Indexing dataset 1/2", "err", "out"]);
}

#[tokio::test]
async fn hazard_27_a_connection_that_breaks_is_unknown() {
    // The parent of the remote command is the sshd that serves this connection.
    let site = with_remote(&["sh", "-c", "'echo $PPID; exec sleep 600'"], PATIENCE);
    let mut cut = |line: &Line| {
        // What ssh itself says of it is no number.
        if let Ok(sshd) = line.text.parse() {
            kill_process(Pid::from_raw(sshd).unwrap(), Signal::KILL).unwrap();
        }
    };
    let error = site.needed_command_line("test").unwrap().run("test", &[], &mut cut).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandCutOff, Effect::Unknown));
}

#[tokio::test]
async fn a_host_that_lets_nobody_in_is_unknown_because_ssh_says_the_same_of_a_broken_connection() {
    let config = ssh_config();
    for option in ["Port=1", "User=nobody-of-this-name"] {
        let site = with_ssh(&["ssh", "-F", &config, "-o", option, "ckan-host", "--"], &["true"], PATIENCE);
        let error =
            site.needed_command_line("test").unwrap().run("test", &[], &mut |_| ()).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::CommandCutOff, Effect::Unknown), "{option}");
    }
}

#[tokio::test]
async fn a_command_that_hangs_over_there_is_unknown_at_its_time_limit() {
    let site = with_remote(&["sleep", "600"], Duration::from_secs(2));
    let error = site.needed_command_line("test").unwrap().run("test", &[], &mut |_| ()).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandTimedOut, Effect::Unknown));
}
