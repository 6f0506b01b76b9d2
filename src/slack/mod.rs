//! The door and the face: what comes from Slack, and what goes there.
//!
//! Guarantees that nothing passes unsigned, that what was acknowledged is kept, and that messages leave through one
//! outbox. Leaves decisions to `approval` and their carrying out to `worker`.

pub mod card;
pub mod channel;
pub mod command;
pub mod door;
pub mod eligible;
pub mod files;
pub mod forms;
pub mod hosts;
pub mod manifest;
pub mod message;
pub mod outbox;
pub mod pace;
pub mod payload;
pub mod people;
pub mod response_address;
pub mod review;
pub mod signature;
pub mod web;
