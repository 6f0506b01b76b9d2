//! What goes through ssh, with a real sshd on loopback: `./test ssh` starts it and runs this.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod commands;
#[path = "../command_line_executor/site.rs"]
mod site;
mod tunnel;
mod world;
