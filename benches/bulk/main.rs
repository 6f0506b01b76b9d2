//! What a withdrawal of many costs: `cargo bench --bench bulk`. With a lab (`CKAN_CHATOPS_LAB_URL` and what else
//! `./test lab` sets, brought up with `SEED_BULK=1000`): the rate at which its CKAN saturates under a plain load
//! generator, and those of `ckanapi delete datasets`, of the runbook's `curl` loop and of the bot. Without one: the
//! memory that 10,000 targets add, on the sandbox CKAN.
//!
//! Guarantees that all rates are taken in one run on one CKAN, each on datasets of its own, and that an aim that is
//! missed is printed and fails nothing. `docs/benchmarks.md` says what each figure means.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench fails by panicking, and shares the stories' world"
)]

#[expect(dead_code, reason = "the other bench uses all of it")]
#[path = "../service/figures.rs"]
mod figures;
#[path = "../../tests/stories/lab.rs"]
mod lab;
mod memory;
#[expect(dead_code, reason = "a part of it is for stories alone")]
#[path = "../../tests/faults/process.rs"]
mod process;
mod rates;
#[expect(dead_code, reason = "a part of it is for stories alone")]
#[path = "../../tests/stories/world.rs"]
mod world;

use std::time::Instant;

use figures::Report;

#[tokio::main]
async fn main() {
    let began = Instant::now();
    let mut report = Report::default();
    if std::env::var("CKAN_CHATOPS_LAB_URL").is_ok() {
        rates::measure(&mut report).await;
    } else {
        memory::measure(&mut report).await;
    }
    report.end(began.elapsed());
}
