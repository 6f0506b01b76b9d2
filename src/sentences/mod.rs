//! Every sentence that a person reads, but for those that only one operation says (they stand in its file).
//!
//! Guarantees plain words that say what happened and what to do next, and no upstream text, token or debug output.
//! Leaves layout to `slack::message`.

pub mod address;
pub mod bulk;
pub mod calls;
pub mod command;
pub mod explanation;
pub mod forms;
pub mod holding;
pub mod notices;
pub mod people;
pub mod refusals;
pub mod replayed;
pub mod story;
pub mod text;
pub mod versions;
pub mod waiting;
