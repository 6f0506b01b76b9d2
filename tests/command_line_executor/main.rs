//! What holds for every command that the bot runs: how it ends, what it prints, what it is given.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod endings;
mod kubectl;
mod output;
mod services;
mod shells;
mod site;
mod tunnels;
mod world;
