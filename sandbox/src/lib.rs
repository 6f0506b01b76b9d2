//! A strict small Slack and a small CKAN, to try the bot with and to test it against. Never shipped.
//!
//! Strict means: what Slack or CKAN would refuse is refused here, with the same error code. Neither half knows
//! anything of the bot: each is driven over HTTP, by the page, by tests, or by the `sandbox` binary.

pub mod ckan;
mod loopback;
pub mod slack;
