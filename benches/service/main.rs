//! What the service costs, in one run: `cargo bench`, or `cargo bench -- --quick` for a few seconds' smoke. Names of
//! parts (`door`, `start`, `load`, `click`) leave the other parts out.
//!
//! Guarantees that both sides of a ratio are measured in turns in the same run, that every request of a load is
//! genuinely signed and unlike any other, and that an aim that is missed is printed and fails nothing: this machine
//! is not the only judge of speed. `docs/benchmarks.md` says what each figure means.

mod acknowledging;
mod approving;
mod delivery;
mod door;
mod figures;
mod load;
mod machine;
mod prepared;
mod process;
mod stub_slack;
mod tap;
mod whole;

use std::process::ExitCode;
use std::time::Instant;

use ckan_chatops::http;
use figures::Report;

/// Anything that keeps a figure from being taken; what it was about is in its text.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Turns of each side of a ratio.
    turns: usize,
    /// Requests of one turn.
    requests: usize,
    /// Requests to the whole service.
    service_requests: usize,
    /// Approving clicks.
    clicks: usize,
    /// Starts of the service.
    starts: usize,
}

const WHOLE: Extent =
    Extent { turns: 7, requests: 10_000, service_requests: 100_000, clicks: 200, starts: 15 };
const QUICK: Extent = Extent { turns: 2, requests: 1_000, service_requests: 10_000, clicks: 10, starts: 3 };

const PARTS: [&str; 4] = ["door", "start", "load", "click"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [door::CHILD, kind @ ("floor" | "store"), rest @ ..] => door::run(kind, rest.first().copied()),
        words => measure(if words.contains(&"--quick") { QUICK } else { WHOLE }, words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::say(&format!("no figures: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(extent: Extent, words: &[&str]) -> Result<(), Failed> {
    let named: Vec<&str> = words.iter().filter(|word| PARTS.contains(word)).copied().collect();
    let wanted = |part: &str| named.is_empty() || named.contains(&part);
    http::install_crypto_provider();
    let began = Instant::now();
    let mut report = Report::default();
    machine::describe(&mut report)?;
    if wanted("door") {
        acknowledging::measure(extent, &mut report)?;
    }
    let mut around = whole::Around::start(extent)?;
    if wanted("start") {
        whole::starts(extent, &around, &mut report)?;
    }
    if wanted("load") {
        whole::load(extent, &mut around, &mut report)?;
    }
    if wanted("click") {
        approving::measure(extent, &mut around, &mut report)?;
    }
    report.end(began.elapsed());
    Ok(())
}
