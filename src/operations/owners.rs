//! Whose the things are that a plan acts on.
//!
//! Guarantees that each publisher is named once, by CKAN's own id. Leaves to `worker::source` who may speak for it.

use crate::approval::Owner;
use crate::ckan::Organisation;

/// The publisher as an owner.
pub fn publisher(organisation: &Organisation) -> Owner {
    Owner::Publisher { id: organisation.id.clone(), name: organisation.label().to_owned() }
}

/// The one publisher of a single thing, where it has one.
pub fn of(organisation: Option<&Organisation>) -> Vec<Owner> {
    organisation.map(publisher).into_iter().collect()
}
