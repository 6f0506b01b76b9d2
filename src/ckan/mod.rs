//! The site: one CKAN, spoken to over its action API.
//!
//! Guarantees that every failed call says whether CKAN may have acted on it, that the token travels only to the
//! configured address and never into a log, and that no upstream body leaves this module. Leaves to operations what
//! to ask, and to the approval rule whether it may be asked at all.

mod action;
mod classify;
pub mod dataset;
pub mod error;
pub mod harvest;
pub mod many;
pub mod public_site;
pub mod restoring;
pub mod site;
pub mod sites;

pub use dataset::{Dataset, DatasetState};
pub use error::{CallError, Cause, Effect};
pub use harvest::Harvester;
pub use public_site::PublicPage;
pub use restoring::Restoring;
pub use site::{Site, SiteError, SiteProof, SiteSettings};
pub use sites::Sites;
