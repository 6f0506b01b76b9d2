//! The program that stands for `ckan`, and for the scripts of the services, wherever one has to be started.
//!
//! Guarantees: it prints byte for byte what the sandbox CKAN tells it, when it tells it, and ends as it is told. Where
//! the sandbox is gone it says so and ends with 69. Leaves everything else to the sandbox: it knows no command.

use std::ffi::OsString;
use std::io::{self, Write as _};

use serde_json::json;

use super::Step;

/// The sandbox cannot be reached: not one of CKAN's own exit codes.
const UNAVAILABLE: i32 = 69;
const USAGE: i32 = 64;
const FLOOD_LINE: &[u8] = b"2026-01-01 00:00:00,000 DEBUG [ckan.lib.search.index] Updated index for a dataset, and here is all of it\n";

/// Runs `--control <address> <arguments…>` and gives the exit code.
pub async fn run(arguments: impl Iterator<Item = OsString>) -> i32 {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let [option, address, argv @ ..] = words.as_slice() else { return usage() };
    if option != "--control" {
        return usage();
    }
    match run_at(address, argv).await {
        Ok(code) => code,
        Err(Failure::Sandbox(problem)) => {
            complain(&format!("sandbox-ckan: the sandbox CKAN does not answer: {problem}\n"));
            UNAVAILABLE
        }
        // Whoever read our output has gone.
        Err(Failure::Output) => 141,
    }
}

fn usage() -> i32 {
    complain("usage: sandbox-ckan --control <address of a sandbox CKAN> <arguments of ckan>\n");
    USAGE
}

fn complain(sentence: &str) {
    // Nobody is left to tell if this fails.
    let _ = io::stderr().write_all(sentence.as_bytes());
}

enum Failure {
    Sandbox(reqwest::Error),
    Output,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Sandbox(error)
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Output
    }
}

async fn run_at(address: &str, argv: &[String]) -> Result<i32, Failure> {
    let http = crate::loopback::client().build()?;
    let request = http.post(format!("{address}/sandbox/commands/run")).json(&json!({"argv": argv}));
    let mut answer = request.send().await?.error_for_status()?;
    let mut pending = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        pending.extend_from_slice(&chunk);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let Ok(step) = serde_json::from_slice::<Step>(&line) else { return Ok(UNAVAILABLE) };
            if let Some(code) = take(step)? {
                return Ok(code);
            }
        }
    }
    complain("sandbox-ckan: the sandbox CKAN stopped answering\n");
    Ok(UNAVAILABLE)
}

/// Does one step; the exit code where it was the last.
fn take(step: Step) -> io::Result<Option<i32>> {
    let mut out = io::stdout().lock();
    match step {
        Step::Out(text) => out.write_all(text.as_bytes())?,
        Step::Bytes(bytes) => out.write_all(&bytes)?,
        Step::Err(text) => io::stderr().write_all(text.as_bytes())?,
        Step::Flood(bytes) => {
            let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
            while left > 0 {
                let part = FLOOD_LINE.get(..left.min(FLOOD_LINE.len())).unwrap_or_default();
                out.write_all(part)?;
                left -= part.len();
            }
        }
        Step::Exit(code) => return Ok(Some(code)),
    }
    out.flush()?;
    Ok(None)
}
