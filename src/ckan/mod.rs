//! The site: one CKAN, spoken to over its action API; where that cannot do a thing, by its command line or in its database.
//!
//! Guarantees that every failed call says whether CKAN may have acted on it, that the token travels only to the
//! configured address and never into a log, and that no upstream body leaves this module. Leaves to operations what
//! to ask, and to the approval rule whether it may be asked at all.

mod action;
pub mod archive;
mod classify;
pub mod command_line;
pub mod daily;
pub mod database;
pub mod dataset;
pub mod error;
pub mod harvest;
pub mod index;
pub mod many;
pub mod output;
mod process;
mod programs;
pub mod public_site;
pub mod publishers;
pub mod redaction;
pub mod restoring;
pub mod services;
pub mod site;
pub mod sites;
pub mod tunnel;
pub mod users;
pub mod version;

pub use archive::Archive;
pub use command_line::{CommandLine, CommandLineSettings, Exit, Finished, NotAWord, Word};
pub use daily::Daily;
pub use database::{Database, DatabaseAddresses};
pub use dataset::{Dataset, DatasetState};
pub use error::{CallError, Cause, Effect};
pub use harvest::Harvester;
pub use harvest::job::{HarvestJob, JobStatus};
pub use harvest::source::HarvestSource;
pub use output::{Line, Stream, Tail};
pub use process::Inheritance;
pub use programs::ProgramSettings;
pub use public_site::PublicPage;
pub use redaction::Redaction;
pub use restoring::{Reindexing, Restoring};
pub use services::{Service, ServiceSettings, Services};
pub use site::{Site, SiteError, SiteProof, SiteSettings};
pub use sites::Sites;
pub use tunnel::{Tunnel, TunnelFault, TunnelState};
pub use users::{EmailDomains, Membership, User, UserState};
pub use version::CkanVersion;
