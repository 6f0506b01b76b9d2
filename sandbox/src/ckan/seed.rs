//! What the sandbox CKAN holds when it starts: the same file that fills the CKAN lab, so that a story told on one
//! is told on the other with the same names and the same ids.
//!
//! Guarantees: ids are computed from names alone, by everybody in the same way. Leaves to [`super::catalogue`] what
//! the rows mean.

use serde::Deserialize;
use uuid::Uuid;

/// Everything a fresh CKAN holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Organisations; data.gov.uk calls them publishers.
    pub publishers: Vec<SeedPublisher>,
    /// People with an account.
    pub users: Vec<SeedUser>,
    /// Harvest sources, which CKAN keeps as packages of the type `harvest`.
    pub sources: Vec<SeedSource>,
    /// Datasets.
    pub datasets: Vec<SeedDataset>,
}

/// One organisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedPublisher {
    /// Slug.
    pub name: String,
    /// Title.
    pub title: String,
}

/// One account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// Login name.
    pub name: String,
    /// Full name.
    pub fullname: String,
    /// Address.
    pub email: String,
    /// `active`, `pending` (invited, has not set a password yet) or `deleted`.
    pub state: String,
    /// May do everything.
    pub sysadmin: bool,
    /// The person's organisations.
    pub memberships: Vec<SeedMembership>,
}

/// A person's place in an organisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedMembership {
    /// Slug of the organisation.
    pub publisher: String,
    /// `admin`, `editor` or `member`.
    pub capacity: String,
}

/// One harvest source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSource {
    /// Slug.
    pub name: String,
    /// Title.
    pub title: String,
    /// Remote catalogue.
    pub url: String,
    /// Kind of harvester, as in `ckan`.
    pub source_type: String,
    /// The harvester's settings as JSON; empty for its defaults.
    pub config: String,
    /// Slug of the owning organisation.
    pub publisher: String,
    /// UTC, microseconds, no zone, as CKAN writes it.
    pub created: String,
    /// Likewise.
    pub modified: String,
}

/// One dataset.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedDataset {
    /// Slug.
    pub name: String,
    /// Title.
    pub title: String,
    /// Description.
    pub notes: String,
    /// Slug of the owning organisation.
    pub publisher: String,
    /// `active`, `draft` or `deleted`.
    pub state: String,
    /// Hidden from everybody outside the organisation.
    pub private: bool,
    /// Author.
    pub author: String,
    /// Author's address.
    pub author_email: String,
    /// Maintainer.
    pub maintainer: String,
    /// Maintainer's address.
    pub maintainer_email: String,
    /// UTC, microseconds, no zone, as CKAN writes it.
    pub created: String,
    /// Likewise.
    pub modified: String,
    /// Files and links.
    pub resources: Vec<SeedResource>,
    /// Tags.
    pub tags: Vec<String>,
    /// Free pairs.
    pub extras: Vec<Extra>,
    /// The source that brought it, if one did.
    pub harvest: Option<SeedHarvest>,
}

/// One resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedResource {
    /// Title.
    pub name: String,
    /// Address.
    pub url: String,
    /// Format.
    pub format: String,
    /// `active` or `deleted`.
    pub state: String,
}

/// A free key and value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct Extra {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Where a harvested dataset came from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedHarvest {
    /// Slug of the harvest source.
    pub source: String,
}

impl Default for Seed {
    #[expect(clippy::expect_used, reason = "the file is part of this crate; a test reads it")]
    fn default() -> Self {
        let text = include_str!("../../../deploy/ckan-lab/seed.json");
        serde_json::from_str(text).expect("deploy/ckan-lab/seed.json has the seed's shape")
    }
}

impl Seed {
    /// This one with so many datasets more, `bulk-00001` and on, as `SEED_BULK` adds them to the lab.
    #[must_use]
    pub fn with_more(mut self, count: usize) -> Self {
        let Some(first) = self.datasets.first().cloned() else { return self };
        self.datasets.extend((1..=count).map(|number| SeedDataset {
            name: format!("bulk-{number:05}"),
            title: format!("Bulk Dataset {number}"),
            state: "active".to_owned(),
            private: false,
            harvest: None,
            ..first.clone()
        }));
        self
    }
}

/// The id of a seeded row: a name-based UUID of its kind and name, so that nobody has to look it up.
pub fn seeded_id(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("ckan-chatops/{kind}/{name}").as_bytes())
}
