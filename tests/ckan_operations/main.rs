//! Withdraw, restore and show against a CKAN: the sandbox's, or a real one where `CKAN_CHATOPS_LAB_URL` and
//! `CKAN_CHATOPS_LAB_TOKEN_FILE` name one that holds the lab's seed. What needs a fault, or another version, is
//! tried on the sandbox only.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod answers;
mod faults;
mod harvest;
mod harvest_programs;
mod indexing;
mod purging;
mod refusals;
mod stories;
mod tokens;
mod world;
