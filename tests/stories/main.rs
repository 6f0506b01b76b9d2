//! Stories: the real server over real HTTP, a strict Slack, and a CKAN.
//!
//! The CKAN is the sandbox's, of the version `CKAN_CHATOPS_STORY_CKAN` or the newest, or, where
//! `CKAN_CHATOPS_LAB_URL` names one, the lab's real one: the same code on all of them. Where versions differ for
//! people, a story asks [`world::TestCkan::restores`] and holds a text for each answer.
//! Texts that people read are compared letter by letter.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    unreachable_pub,
    reason = "a story fails by panicking, shares its world within this binary only, and is told to its end"
)]

mod bulk;
mod cards;
mod decisions;
mod files;
mod forms;
mod freezes;
mod harvest;
mod hazards;
mod index;
mod lab;
mod purge;
mod reading;
mod refusals;
mod restore;
mod service;
mod users;
mod withdraw;
mod world;
