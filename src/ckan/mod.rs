//! The site: one CKAN, spoken to over its action API.
//!
//! Guarantees that every failed call says whether CKAN may have acted on it, that the token travels only to the
//! configured address and never into a log, and that no upstream body leaves this module. Leaves to operations what
//! to ask, and to the approval rule whether it may be asked at all.

pub mod error;

pub use error::{CallError, Cause, Effect};

/// One environment's CKAN.
pub struct Site {
    /// The environment's name, for example `production`.
    pub environment: String,
}
