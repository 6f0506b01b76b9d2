//! Which publisher somebody means: a slug, a UUID, or the address of its page.
//!
//! Guarantees that an empty or mistyped name is refused with a sentence that says what to type instead, and that the
//! address of something else is never taken for a publisher's. Leaves to the plan that there is such a publisher.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::target::{NotATarget, is_slug, is_uuid};

/// Words between `/organization/` and the slug in the addresses of CKAN's own pages.
const PAGES: [&str; 9] =
    ["edit", "delete", "activity", "members", "about", "bulk_process", "followers", "manage_members", "read"];

/// The publisher that somebody named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublisherTarget(String);

impl PublisherTarget {
    /// The slug or UUID, as CKAN takes it.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// True where a UUID was given.
    pub fn is_id(&self) -> bool {
        is_uuid(&self.0)
    }
}

impl FromStr for PublisherTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return from_address(text);
        }
        key(text)
    }
}

impl TryFrom<String> for PublisherTarget {
    type Error = NotATarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PublisherTarget> for String {
    fn from(target: PublisherTarget) -> Self {
        target.0
    }
}

impl fmt::Display for PublisherTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn from_address(text: &str) -> Result<PublisherTarget, NotATarget> {
    let no_publisher = || {
        NotATarget::new(
            "This address is not a publisher's page. Paste one that has /organization/ or /publisher/ and the slug in \
             it, or type the slug.",
        )
    };
    let url = Url::parse(text).map_err(|_| no_publisher())?;
    let mut parts = url.path_segments().ok_or_else(no_publisher)?.filter(|part| !part.is_empty()).peekable();
    let is_page = |part: &&str| matches!(*part, "organization" | "publisher");
    parts.find(is_page).ok_or_else(no_publisher)?;
    while parts.next_if(|part| PAGES.contains(part)).is_some() {}
    key(parts.next().ok_or_else(no_publisher)?)
}

fn key(text: &str) -> Result<PublisherTarget, NotATarget> {
    if let Ok(id) = text.parse::<Uuid>()
        && is_uuid(text)
    {
        return Ok(PublisherTarget(id.to_string()));
    }
    if is_slug(text) {
        return Ok(PublisherTarget(text.to_owned()));
    }
    let lower = text.to_ascii_lowercase();
    let sentence = if text.is_empty() {
        "Say which publisher: its slug, its UUID, or the address of its page.".to_owned()
    } else if text.starts_with('-') {
        "A publisher's slug does not begin with a dash. Type it as it stands at the end of the address of its page."
            .to_owned()
    } else if is_slug(&lower) {
        format!("Slugs are in small letters. If this is the publisher you mean, type `{lower}`.")
    } else {
        "A publisher's slug has 2 to 100 small letters a to z, digits, - and _. Type it as it stands at the end of the \
         address of its page, or give the UUID."
            .to_owned()
    };
    Err(NotATarget::new(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "98b48282-0a09-5590-954a-9818be2884bc";

    #[test]
    fn slugs_uuids_and_addresses_are_understood() {
        for (text, key) in [
            ("environment-agency", "environment-agency"),
            (" environment-agency ", "environment-agency"),
            ("98B48282-0A09-5590-954A-9818BE2884BC", ID),
            ("https://ckan.example.org/organization/environment-agency", "environment-agency"),
            ("https://ckan.example.org/cy/organization/edit/environment-agency?page=2", "environment-agency"),
            ("https://ckan.example.org/publisher/environment-agency/", "environment-agency"),
            ("https://ckan.example.org/organization/members/environment-agency", "environment-agency"),
        ] {
            let target: PublisherTarget = text.parse().unwrap();
            assert_eq!(target.key(), key, "{text}");
            let frozen = serde_json::to_value(&target).unwrap();
            assert_eq!(serde_json::from_value::<PublisherTarget>(frozen).unwrap(), target);
        }
    }

    #[test]
    fn hazard_1_what_is_no_publisher_is_answered_with_what_to_type() {
        let wrong = [
            "",
            " ",
            "-o",
            "Environment-Agency",
            "Environment Agency",
            "x",
            "https://ckan.example.org/dataset/road-accidents-2019",
            "https://ckan.example.org/organization/",
            "https://",
        ];
        let said: Vec<String> = wrong
            .iter()
            .map(|text| format!("{text:?}: {}", text.parse::<PublisherTarget>().unwrap_err()))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        "": Say which publisher: its slug, its UUID, or the address of its page.
        " ": Say which publisher: its slug, its UUID, or the address of its page.
        "-o": A publisher's slug does not begin with a dash. Type it as it stands at the end of the address of its page.
        "Environment-Agency": Slugs are in small letters. If this is the publisher you mean, type `environment-agency`.
        "Environment Agency": A publisher's slug has 2 to 100 small letters a to z, digits, - and _. Type it as it stands at the end of the address of its page, or give the UUID.
        "x": A publisher's slug has 2 to 100 small letters a to z, digits, - and _. Type it as it stands at the end of the address of its page, or give the UUID.
        "https://ckan.example.org/dataset/road-accidents-2019": This address is not a publisher's page. Paste one that has /organization/ or /publisher/ and the slug in it, or type the slug.
        "https://ckan.example.org/organization/": This address is not a publisher's page. Paste one that has /organization/ or /publisher/ and the slug in it, or type the slug.
        "https://": This address is not a publisher's page. Paste one that has /organization/ or /publisher/ and the slug in it, or type the slug.
        "#);
    }
}
