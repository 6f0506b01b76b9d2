//! The invariants of docs/architecture.md, end to end: each is attacked through the real server, and what CKAN, the
//! file and Slack hold afterwards is read directly.
//!
//! Failing parts (CKAN down, Slack down, a full disk, a killed process) are in `tests/faults`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on fails, and shares its world within this binary only"
)]

mod approval;
mod file;
mod identity;
#[path = "../stories/lab.rs"]
mod lab;
mod liar;
#[expect(dead_code, reason = "the crashes need more of it")]
#[path = "../faults/process.rs"]
mod process;
mod proof;
mod secrets;
mod targets;
mod transaction;
mod witness;
#[expect(dead_code, reason = "the stories' world; a part of it is for them alone")]
#[path = "../stories/world.rs"]
mod world;
