//! Faults: what becomes of a request when CKAN, Slack, the disk or the process itself fails on its way.
//!
//! Every story ends with the same questions: did CKAN carry out at most what was approved, and once; do people read
//! the truth, and what to do next; does the audit hold.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a story fails by panicking, and shares its world within this binary only"
)]

mod bad_input;
mod binary;
mod ckan_at_execution;
mod ckan_at_plan;
mod crashes_before_execution;
mod crashes_in_execution;
mod door;
mod evidence;
mod full_disk;
mod gate;
#[path = "../stories/lab.rs"]
mod lab;
mod many;
mod process;
mod races;
mod replicas;
mod slack_away;
#[expect(dead_code, reason = "the stories' world; a part of it is for them alone")]
#[path = "../stories/world.rs"]
mod world;
