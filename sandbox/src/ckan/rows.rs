//! The rows of the sandbox CKAN's database.
//!
//! Guarantees: a row is what CKAN stores, not what it shows; a deleted resource stays in its dataset. Leaves to
//! [`super::catalogue`] how rows are found and to [`super::views`] how they are shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::seed::Extra;

/// An organisation.
#[derive(Debug, Clone)]
pub(super) struct Publisher {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) created: String,
}

/// An account and its tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) fullname: String,
    pub(super) email: String,
    /// `active`, `pending` or `deleted`.
    pub(super) state: String,
    pub(super) sysadmin: bool,
    pub(super) created: String,
    pub(super) token: Option<String>,
}

/// A person's place in an organisation.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) publisher_id: String,
    pub(super) user_id: String,
    /// `admin`, `editor` or `member`.
    pub(super) capacity: String,
}

/// A dataset, or a harvest source: CKAN keeps both in one table.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) id: String,
    /// Name and date at the start: ids of harvest rows are made from the one, the last harvest ended at the other.
    pub(super) seeded_name: String,
    pub(super) seeded_modified: String,
    pub(super) created: String,
    pub(super) modified: String,
    pub(super) owner_org: String,
    pub(super) creator: String,
    /// Whether the membership row beside `owner_org` is active: deleting by id turns it off, restoring does not turn
    /// it on again.
    pub(super) is_member: bool,
    pub(super) fields: Fields,
    pub(super) kind: Kind,
    /// When it became visible or invisible to the public, oldest first.
    pub(super) visibility: Vec<(Timestamp, bool)>,
}

/// What people can edit, under CKAN's own names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) notes: String,
    pub(super) state: String,
    pub(super) private: bool,
    pub(super) author: String,
    pub(super) author_email: String,
    pub(super) maintainer: String,
    pub(super) maintainer_email: String,
    pub(super) url: String,
    pub(super) tags: Vec<String>,
    pub(super) extras: Vec<Extra>,
    pub(super) resources: Vec<Resource>,
}

/// A file or link of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) format: String,
    pub(super) state: String,
}

/// What sort of package it is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A dataset, and the harvest source that brought it.
    Dataset { harvested_from: Option<String> },
    /// A harvest source, and its harvester's settings as JSON.
    Harvest { source_type: String, config: String },
}

impl Package {
    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Dataset { .. } => "dataset",
            Kind::Harvest { .. } => "harvest",
        }
    }

    pub(super) fn is_public(&self) -> bool {
        self.fields.state == "active" && !self.fields.private
    }

    /// CKAN takes a deleted package out of its index and keeps every other one in.
    pub(super) fn is_indexed(&self) -> bool {
        self.fields.state != "deleted"
    }

    pub(super) fn active_resources(&self) -> impl Iterator<Item = &Resource> {
        self.fields.resources.iter().filter(|resource| resource.state == "active")
    }

    pub(super) fn deleted_resource_ids(&self) -> Vec<String> {
        self.fields.resources.iter().filter(|r| r.state == "deleted").map(|r| r.id.clone()).collect()
    }

    /// Whether the public could see it at that moment.
    pub(super) fn was_public_at(&self, at: Timestamp) -> bool {
        let seen = self.visibility.iter().rev().find(|(since, _)| *since <= at);
        seen.or_else(|| self.visibility.first()).is_some_and(|(_, visible)| *visible)
    }
}
