//! CKAN's database as the bot asks it, on the PostgreSQL of a lab (`deploy/ckan-lab`): rows are read directly before
//! and after. `CKAN_CHATOPS_LAB_DATABASE` names it, `CKAN_CHATOPS_LAB_URL` and `CKAN_CHATOPS_LAB_TOKEN_FILE` its CKAN;
//! without them every test fails and says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod aborting;
mod failing;
mod operations;
mod proxy;
mod reading;
mod restoring;
mod world;
