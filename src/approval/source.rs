//! Who is said to have asked for a change, outside of Slack.
//!
//! Guarantees that no `Debug` shows the address. A request keeps it whole, in the bot's store and for as long as the
//! request itself, since asking again checks it again; what people, the log and the audit get of it is masked by
//! `sentences`. Leaves to `worker` what CKAN says of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The e-mail address of whoever asked the team for a change, in small letters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(String);

impl Source {
    /// The person who has this address.
    pub fn new(address: &str) -> Self {
        Self(address.to_ascii_lowercase())
    }

    /// The whole address: for CKAN, and for the private views of the people involved.
    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[address]")
    }
}

/// Whose something is that a plan acts on, as far as that says who may ask for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A publisher's.
    Publisher {
        /// CKAN's id of it.
        id: String,
        /// Its title, for people.
        name: String,
    },
    /// The account of this UUID is somebody's own.
    Account(uuid::Uuid),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s25_a_stated_source_is_whole_in_the_store_and_in_no_debug() {
        let source = Source::new("Jo.Bloggs@Defra.gov.uk");
        assert_eq!(source.whole(), "jo.bloggs@defra.gov.uk");
        assert_eq!(format!("{source:?}"), "[address]");
        let kept = serde_json::to_value(&source).unwrap();
        assert_eq!(kept, "jo.bloggs@defra.gov.uk");
        assert_eq!(serde_json::from_value::<Source>(kept).unwrap(), source);
    }
}
