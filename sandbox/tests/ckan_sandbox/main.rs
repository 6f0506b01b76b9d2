//! The sandbox CKAN over real HTTP: every action, every refusal, every fault.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

mod addresses;
mod caller;
mod command_faults;
mod command_line;
mod control;
mod faults;
mod harvest;
mod index;
mod people;
mod public_site;
mod reads;
mod refusals;
mod search;
mod services;
mod writes;
