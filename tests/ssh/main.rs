//! What goes through ssh, with a real sshd on loopback: `./test ssh` starts it and runs this.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod commands;
mod tunnel;
mod world;
