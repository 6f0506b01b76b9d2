//! The chain: every accepted, refused and failed act, in order, each entry bound to the one before.
//!
//! Guarantees that an edit, a removal, an insertion or a reordering anywhere but at the tail is found by
//! [`verify`]. Leaves to the store that an entry is appended in the same transaction as the change it records, and
//! to later checkpoints that a cut tail is found.

pub mod chain;
pub mod entry;
pub mod verify;

pub use chain::{ChainHead, Fault, Link, seal, verify};
pub use entry::{Act, Actor, Entry};
pub use verify::{AuditSource, VerifyError, verify_store};
