//! What CKAN's own way of bringing a withdrawn dataset back would lose on this site, and whether there is another way.
//!
//! CKAN has no action that only sets a state: all of them rewrite the dataset from what `package_show` says. What
//! that does not say is lost, unless the version keeps it. The database loses nothing, but CKAN's index does not notice.
//!
//! Guarantees that a loss nobody can rule out counts as one, and that the database counts as a way only where the
//! index can be brought to follow. Leaves what to do about it to operations.

use serde::{Deserialize, Serialize};

use super::version::CommandLineRules;
use super::{CkanVersion, Dataset, Site};

/// What a restore costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoring {
    /// Nothing, over the API.
    Complete,
    /// Nothing, in the database; over the API it would cost something.
    InDatabase(Reindexing),
    /// Resources that were removed from the dataset earlier, and that CKAN still keeps, are erased. Nobody can see
    /// over the API whether there are any.
    ErasesRemovedResources,
    /// Author and maintainer are blanked, since this CKAN does not show them.
    BlanksContacts,
}

/// How CKAN is brought to index a dataset that was changed in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reindexing {
    /// By `ckan search-index rebuild` with its id, as this version takes it.
    CommandLine(CkanVersion),
    /// By `member_create` for its publisher: CKAN indexes a dataset when a tie of it changes.
    PublisherTie,
}

impl Reindexing {
    /// The way that this site has for a dataset; `None` where there is none.
    pub fn of(site: &Site, has_publisher: bool, version: Option<CkanVersion>) -> Option<Self> {
        let rules = site.command_line().and_then(|_| CommandLineRules::of(version).ok());
        match rules {
            Some(rules) => Some(Self::CommandLine(rules.version())),
            None => has_publisher.then_some(Self::PublisherTie),
        }
    }
}

impl Restoring {
    /// What it costs at this site, which may have a database for it.
    pub fn at(site: &Site, dataset: &Dataset, ckan_version: Option<&str>) -> Self {
        let over_the_api = Self::of(dataset, ckan_version);
        if over_the_api == Self::Complete || site.database().and_then(|database| database.write()).is_none() {
            return over_the_api;
        }
        let version = ckan_version.and_then(CkanVersion::parse);
        let reindexing = Reindexing::of(site, dataset.organisation.is_some(), version);
        reindexing.map_or(over_the_api, Self::InDatabase)
    }

    /// What it costs for many datasets of this site, where `contacts_hidden` is so for one of them.
    pub fn of_many(site: &Site, contacts_hidden: bool, ckan_version: Option<&str>) -> Self {
        let over_the_api = if contacts_hidden { Self::BlanksContacts } else { Self::on(ckan_version) };
        if over_the_api == Self::Complete || site.database().and_then(|database| database.write()).is_none() {
            over_the_api
        } else {
            // A command for each of them would take seconds each.
            Self::InDatabase(Reindexing::PublisherTie)
        }
    }

    /// Whether nothing is lost.
    pub fn loses_nothing(self) -> bool {
        matches!(self, Self::Complete | Self::InDatabase(_))
    }

    /// What it costs over the API for this dataset on a CKAN of this version; `None` is a CKAN that does not tell.
    pub fn of(dataset: &Dataset, ckan_version: Option<&str>) -> Self {
        if dataset.contacts_hidden { Self::BlanksContacts } else { Self::on(ckan_version) }
    }

    /// What it costs on a CKAN of this version where it shows author and maintainer.
    pub fn on(ckan_version: Option<&str>) -> Self {
        if ckan_version.is_some_and(leaves_resources_alone) {
            Self::Complete
        } else {
            Self::ErasesRemovedResources
        }
    }
}

/// From 2.12 on an update that does not bring resources along leaves them as they are; before, it removes them all,
/// and any update erases those that were removed earlier.
fn leaves_resources_alone(version: &str) -> bool {
    CkanVersion::parse(version).is_some_and(|version| version.is_at_least(2, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_were_read_count_as_keeping_resources() {
        for version in ["2.12.0", "2.12.0a0", "2.12", "2.13.1", "3.0.0"] {
            assert!(leaves_resources_alone(version), "{version}");
        }
        for version in ["2.11.6", "2.10.7", "2.9.11", "", "new", "2", "2.x.1"] {
            assert!(!leaves_resources_alone(version), "{version}");
        }
    }
}
