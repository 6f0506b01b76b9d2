//! Which harvest source somebody means: a slug, a UUID, or the address of its page.
//!
//! Guarantees that an empty or mistyped name is refused with a sentence that says what to type instead, and that the
//! address of a dataset is never taken for a source's. Leaves to the survey that what has this name is a source: CKAN
//! keeps sources and datasets under the same names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::target::{NotATarget, is_slug, is_uuid};

/// The harvest source that somebody named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceTarget {
    key: String,
    host: Option<String>,
}

/// Words between `/harvest/` and the slug in the addresses of ckanext-harvest's own pages.
const PAGES: [&str; 6] = ["about", "admin", "edit", "delete", "refresh", "clear"];

impl SourceTarget {
    /// The source of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self { key: id.to_string(), host: None }
    }

    /// The slug or UUID, as CKAN takes it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// True where a UUID was given.
    pub fn is_id(&self) -> bool {
        is_uuid(&self.key)
    }

    /// The host of the address it was taken from.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl FromStr for SourceTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return from_address(text);
        }
        Ok(Self { key: key(text)?, host: None })
    }
}

impl TryFrom<String> for SourceTarget {
    type Error = NotATarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SourceTarget> for String {
    fn from(target: SourceTarget) -> Self {
        target.to_string()
    }
}

impl fmt::Display for SourceTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "https://{host}/harvest/{}", self.key),
            None => f.write_str(&self.key),
        }
    }
}

fn from_address(text: &str) -> Result<SourceTarget, NotATarget> {
    let said = |sentence: &str| NotATarget(sentence.to_owned());
    let no_source = "This address is not a harvest source's page. Paste one that has /harvest/ and the slug in it, or \
                     type the slug.";
    let url = Url::parse(text).map_err(|_| said(no_source))?;
    let mut parts = url
        .path_segments()
        .ok_or_else(|| said(no_source))?
        .filter(|part| !part.is_empty())
        .skip_while(|part| !matches!(*part, "harvest" | "dataset"))
        .peekable();
    if parts.next() == Some("dataset") {
        return Err(said(
            "This is the address of a dataset, not of a harvest source. Give the slug, UUID or address of a harvest \
             source; `/ckan harvest list` shows them all.",
        ));
    }
    while parts.next_if(|part| PAGES.contains(part)).is_some() {}
    match parts.next() {
        Some("object") => Err(said(
            "This is the address of a harvest object. Give the slug, UUID or address of its harvest source.",
        )),
        Some(name) => Ok(SourceTarget { key: key(name)?, host: url.host_str().map(str::to_owned) }),
        None => Err(said(no_source)),
    }
}

/// The text as a key, or what to type instead. Only a text that is a key itself is ever repeated.
fn key(text: &str) -> Result<String, NotATarget> {
    if is_uuid(text) {
        return Ok(text.to_ascii_lowercase());
    }
    if is_slug(text) {
        return Ok(text.to_owned());
    }
    Err(NotATarget(objection(text)))
}

fn objection(text: &str) -> String {
    if text.is_empty() {
        return "Say which harvest source: its slug, its UUID, or the address of its page. `/ckan harvest list` shows \
                them all."
            .to_owned();
    }
    let bare = text.trim_end_matches([',', '.', ';', ':', '!', '?', ')', '/']);
    if bare.contains([',', ';']) {
        return "One harvest source at a time: give one slug, UUID or address.".to_owned();
    }
    let lower = bare.to_ascii_lowercase();
    if is_slug(&lower) {
        return format!(
            "This is not how a slug is written. If this is the harvest source you mean, type `{lower}`."
        );
    }
    "A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type \
     it as it stands at the end of the address of the source's page, or give the UUID."
        .to_owned()
}

/// The one harvest source that a command is about.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct OneSource {
    /// The harvest source: its slug, its UUID, or the address of its page
    #[arg(value_name = "SOURCE")]
    pub source: SourceTarget,
    #[arg(hide = true, value_name = "NOTHING", value_parser = refuse_second_source)]
    #[serde(skip)]
    second: Vec<String>,
}

impl OneSource {
    /// The source of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self { source: SourceTarget::of(id), second: vec![] }
    }
}

/// For the place after the source: says that there is only one.
fn refuse_second_source(_: &str) -> Result<String, NotATarget> {
    Err(NotATarget(
        "One harvest source at a time: give one slug, UUID or address, and put a reason of several words in quotation \
         marks."
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "98b48282-0a09-5590-954a-9818be2884bc";

    #[test]
    fn slugs_uuids_and_addresses_are_understood() {
        for text in [
            "leeds-data-mill",
            " leeds-data-mill ",
            "https://data.example.org/harvest/leeds-data-mill",
            "https://data.example.org/harvest/leeds-data-mill/",
            "https://data.example.org/harvest/leeds-data-mill/job/last",
            "https://data.example.org/harvest/about/leeds-data-mill",
            "http://127.0.0.1:5000/cy/harvest/admin/leeds-data-mill?x=1",
        ] {
            assert_eq!(text.parse::<SourceTarget>().unwrap().key(), "leeds-data-mill", "{text}");
        }
        let by_id = ID.to_uppercase().parse::<SourceTarget>().unwrap();
        assert_eq!(by_id, SourceTarget::of(ID.parse().unwrap()));
        assert!(by_id.is_id());
    }

    #[test]
    fn the_frozen_form_is_read_back() {
        for text in ["leeds-data-mill", ID, "https://data.example.org/harvest/leeds-data-mill"] {
            let target: SourceTarget = text.parse().unwrap();
            let frozen = serde_json::to_value(&target).unwrap();
            assert_eq!(frozen, text);
            assert_eq!(serde_json::from_value::<SourceTarget>(frozen).unwrap(), target);
        }
    }

    #[test]
    fn hazard_1_what_is_no_source_is_answered_with_what_to_type() {
        let long = "a".repeat(3000);
        let wrong = [
            "",
            "   ",
            "Leeds-Data-Mill",
            "leeds-data-mill,",
            "a1,b1",
            "-rf",
            "--source",
            "x",
            "leeds data mill",
            "leeds\u{200b}data",
            "../../etc/passwd",
            long.as_str(),
            "https://data.example.org/",
            "https://data.example.org/harvest",
            "https://data.example.org/harvest/object/4dd477e8",
            "https://data.example.org/dataset/road-accidents-2019",
            "http://",
        ];
        let said: Vec<String> = wrong
            .iter()
            .map(|text| {
                let shown: String = text.chars().take(40).collect();
                format!("{shown:?}: {}", text.parse::<SourceTarget>().unwrap_err())
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        "": Say which harvest source: its slug, its UUID, or the address of its page. `/ckan harvest list` shows them all.
        "   ": Say which harvest source: its slug, its UUID, or the address of its page. `/ckan harvest list` shows them all.
        "Leeds-Data-Mill": This is not how a slug is written. If this is the harvest source you mean, type `leeds-data-mill`.
        "leeds-data-mill,": This is not how a slug is written. If this is the harvest source you mean, type `leeds-data-mill`.
        "a1,b1": One harvest source at a time: give one slug, UUID or address.
        "-rf": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "--source": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "x": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "leeds data mill": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "leeds\u{200b}data": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "../../etc/passwd": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": A harvest source's slug has 2 to 100 small letters a to z, digits, - and _, and does not begin with a dash. Type it as it stands at the end of the address of the source's page, or give the UUID.
        "https://data.example.org/": This address is not a harvest source's page. Paste one that has /harvest/ and the slug in it, or type the slug.
        "https://data.example.org/harvest": This address is not a harvest source's page. Paste one that has /harvest/ and the slug in it, or type the slug.
        "https://data.example.org/harvest/object/": This is the address of a harvest object. Give the slug, UUID or address of its harvest source.
        "https://data.example.org/dataset/road-ac": This is the address of a dataset, not of a harvest source. Give the slug, UUID or address of a harvest source; `/ckan harvest list` shows them all.
        "http://": This address is not a harvest source's page. Paste one that has /harvest/ and the slug in it, or type the slug.
        "#);
    }
}
