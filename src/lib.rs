//! Runs the CKAN runbook from Slack: one engineer asks, another approves, the bot does it, proves it, and keeps a
//! record that cannot be quietly changed.
//!
//! Dependencies point one way: `slack` and `worker` use `approval` and `operations`, which use `ckan`, `store` and
//! `audit`. `approval` is pure.

#![expect(
    clippy::duplicate_mod,
    reason = "store::relational is the same text for two drivers, whose types nothing but their names tells apart"
)]

pub mod approval;
pub mod audit;
pub mod ckan;
pub mod cli;
pub mod clock;
pub mod config;
pub mod health;
pub mod http;
pub mod ids;
pub mod lifecycle;
pub mod operations;
pub mod sentences;
pub mod serve;
pub mod slack;
pub mod store;
pub mod suggestion;
pub mod telemetry;
pub mod worker;
