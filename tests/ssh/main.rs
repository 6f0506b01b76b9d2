//! What goes through ssh, with a real sshd on loopback: `./test ssh` starts it and runs this.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod commands;
mod tunnel;
mod world;
