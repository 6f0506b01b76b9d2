//! Stories: the real server over real HTTP, a strict Slack, and a CKAN.
//!
//! The CKAN is the sandbox's, or, where `CKAN_CHATOPS_LAB_URL` names one, the lab's real one: the same code on both.
//! Texts that people read are compared letter by letter.

mod decisions;
mod forms;
mod reading;
mod refusals;
mod withdraw;
mod world;
