//! What CKAN's own way of bringing a withdrawn dataset back would lose on this site.
//!
//! CKAN has no action that only sets a state: all of them rewrite the dataset from what `package_show` says. What
//! that does not say is lost, unless the version keeps it.
//!
//! Guarantees that a loss nobody can rule out counts as one. Leaves what to do about it to operations.

use super::Dataset;

/// What a restore over the API costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoring {
    /// Nothing.
    Complete,
    /// Resources that were removed from the dataset earlier, and that CKAN still keeps, are erased. Nobody can see
    /// over the API whether there are any.
    ErasesRemovedResources,
    /// Author and maintainer are blanked, since this CKAN does not show them.
    BlanksContacts,
}

impl Restoring {
    /// What it costs for this dataset on a CKAN of this version; `None` is a CKAN that does not tell.
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
    let mut parts = version.split(['.', 'a', 'b', 'r']).map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (2, 12),
        _ => false,
    }
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
