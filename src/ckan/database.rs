//! CKAN's own database, PostgreSQL: used where the action API cannot do a thing, or loses something doing it.
//!
//! Guarantees that reading happens in `READ ONLY` transactions whatever the role may do, that writing happens in one
//! transaction which checks how many rows it touches, that every statement is fixed text with bound values, and that
//! no address and no text of PostgreSQL's leaves this module. Leaves whether a thing may be done to operations, and
//! the search index to CKAN: it does not notice what is written here.

mod abort;
mod failure;
mod harvests;
mod packages;
mod restoration;
mod session;
mod users;

use secrecy::{ExposeSecret, SecretString};

pub use abort::AbortedJob;
pub use harvests::{HarvestJobRow, HarvestSourceRow};
pub use packages::{Extras, Membership, PackageCount, PackageRow};
pub use restoration::{PublisherTie, Restoration};
use session::{Session, Transaction, Work};
pub use users::UserRow;

use super::CallError;

/// What the configuration gives of one CKAN's database. Both are `postgres://` addresses.
#[derive(Debug, Clone, Default)]
pub struct DatabaseAddresses {
    /// With a role that may only read.
    pub read: Option<SecretString>,
    /// With a role that may write what CKAN itself may write.
    pub write: Option<SecretString>,
}

/// An address is not one of PostgreSQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address of the database is not one of PostgreSQL's")]
pub struct AddressError;

/// One CKAN's database. Connects when it is first asked something.
pub struct Database {
    read: ReadRole,
    write: Option<WriteRole>,
}

/// The half that only reads.
pub struct ReadRole {
    session: Session,
}

/// The half that writes.
pub struct WriteRole {
    session: Session,
}

impl Database {
    /// The database at these addresses; `None` where there is none. Without an address for reading, the one for
    /// writing is used for both.
    pub fn new(addresses: &DatabaseAddresses) -> Result<Option<Self>, AddressError> {
        let session = |address: &SecretString| Session::new(address.expose_secret());
        let Some(reading) = addresses.read.as_ref().or(addresses.write.as_ref()) else { return Ok(None) };
        let read = ReadRole { session: session(reading)? };
        let write = addresses.write.as_ref().map(session).transpose()?;
        Ok(Some(Self { read, write: write.map(|session| WriteRole { session }) }))
    }

    /// For looking.
    pub fn read(&self) -> &ReadRole {
        &self.read
    }

    /// For changing, where a role is configured that may.
    pub fn write(&self) -> Option<&WriteRole> {
        self.write.as_ref()
    }
}

impl ReadRole {
    /// Begins to look. `action` names the look in logs.
    async fn begin(&self, action: &'static str) -> Result<Transaction, CallError> {
        self.session.begin(action, Work::Reading).await
    }

    /// Whether the database answers and its role may read what CKAN keeps.
    pub async fn prove(&self) -> Result<(), CallError> {
        let mut transaction = self.begin("SELECT package").await?;
        let query = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM package)");
        transaction.optional(query).await?;
        transaction.finish().await
    }
}

impl WriteRole {
    /// Begins to change. `action` names the change in logs.
    async fn begin(&self, action: &'static str) -> Result<Transaction, CallError> {
        self.session.begin(action, Work::Writing).await
    }
}
