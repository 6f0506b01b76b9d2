//! What people read, one function for each sentence.
//!
//! Guarantees that no upstream body, `Debug` text or secret is part of a sentence, and that each says what to do
//! next. Leaves to its callers when it is said; what only one operation says stands in that operation's file.

pub mod command;
pub mod mrkdwn;
