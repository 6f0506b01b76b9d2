//! The rule attacked from outside: everything here goes through the real server over HTTP, signed as Slack signs or
//! not, and is judged by CKAN's own log of writes and by the audit.
//!
//! The crowds here press on one process, as one has a file; `tests/faults/replicas.rs` presses on two that share a server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on fails, and shares its world within this binary only"
)]

mod attacker;
mod channel;
mod clocks;
mod crowd;
mod deliveries;
mod ends;
#[expect(dead_code, reason = "the invariants need more of it")]
#[path = "../invariants/file.rs"]
mod file;
mod forms;
mod identity;
#[path = "../stories/lab.rs"]
mod lab;
mod limits;
mod moving;
mod payloads;
#[expect(dead_code, reason = "the stories' world; a part of it is for them alone")]
#[path = "../stories/world.rs"]
mod world;
