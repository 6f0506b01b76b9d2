//! The door to Slack and the face in it.
//!
//! Guarantees that nothing gets in unsigned, that what was acknowledged is kept first, and that every text of a
//! person is escaped on its way out. Leaves decisions to `approval` and work to `operations`.

pub mod command;
