//! What people read, where more than one place says it.
//!
//! Guarantees that a sentence is ours: no upstream body, no `Debug` text, no secret. Leaves what only one operation
//! says to that operation's file.

pub mod calls;
