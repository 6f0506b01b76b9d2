//! Which dataset somebody means: a slug, a UUID, or the address of its page.
//!
//! Guarantees that an empty, shortened or mistyped name is refused with a sentence that says what to type instead,
//! and is never guessed at. Leaves to the plan that there is such a dataset.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

/// The dataset that somebody named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DatasetTarget {
    key: String,
    host: Option<String>,
}

/// Why a text names no dataset; its text is the sentence to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotATarget(pub(super) String);

impl NotATarget {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Words between `/dataset/` and the slug in the addresses of CKAN's own pages.
const PAGES: [&str; 10] = [
    "edit",
    "delete",
    "activity",
    "changes",
    "groups",
    "resources",
    "followers",
    "collaborators",
    "history",
    "dataset",
];

impl DatasetTarget {
    /// The dataset of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self { key: id.to_string(), host: None }
    }

    /// The slug or UUID, as CKAN takes it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The UUID, where one was given.
    pub fn id(&self) -> Option<Uuid> {
        self.key.parse().ok().filter(|_| is_uuid(&self.key))
    }

    /// The host of the address it was taken from.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl FromStr for DatasetTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return from_address(text);
        }
        Ok(Self { key: key(text)?, host: None })
    }
}

impl TryFrom<String> for DatasetTarget {
    type Error = NotATarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DatasetTarget> for String {
    fn from(target: DatasetTarget) -> Self {
        target.to_string()
    }
}

impl fmt::Display for DatasetTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "https://{host}/dataset/{}", self.key),
            None => f.write_str(&self.key),
        }
    }
}

fn from_address(text: &str) -> Result<DatasetTarget, NotATarget> {
    let no_dataset = || {
        NotATarget(
            "This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug."
                .to_owned(),
        )
    };
    let url = Url::parse(text).map_err(|_| no_dataset())?;
    let mut parts = url.path_segments().ok_or_else(no_dataset)?.filter(|part| !part.is_empty()).peekable();
    let mut harvest = false;
    for part in parts.by_ref() {
        harvest |= part == "harvest";
        if part == "dataset" {
            break;
        }
    }
    while parts.next_if(|part| PAGES.contains(part)).is_some() {}
    let Some(name) = parts.next() else {
        return Err(if harvest { NotATarget(HARVEST_SOURCE.to_owned()) } else { no_dataset() });
    };
    Ok(DatasetTarget { key: key(name)?, host: url.host_str().map(str::to_owned) })
}

const HARVEST_SOURCE: &str = "This is the address of a harvest source, not of a dataset. Give the slug, UUID or \
                              address of a dataset.";

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

pub(super) fn is_slug(text: &str) -> bool {
    (2..=100).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
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
        return "Say which dataset: its slug, its UUID, or the address of its page.".to_owned();
    }
    if text.starts_with('-') {
        return "A dataset's name does not begin with a dash. Type the slug as it stands at the end of the address \
                of the dataset's page."
            .to_owned();
    }
    let bare = text.trim_end_matches([',', '.', ';', ':', '!', '?', ')', '/']);
    if bare != text && (is_slug(bare) || is_uuid(bare)) {
        return format!("There is a punctuation mark after the slug. Type it without: `{bare}`.");
    }
    if bare.contains([',', ';']) {
        return "There is a comma or a semicolon in it. Give one slug, UUID or address; where a command takes several, \
                put blanks between them."
            .to_owned();
    }
    let lower = bare.to_ascii_lowercase();
    if is_slug(&lower) {
        return format!("Slugs are in small letters. If this is the dataset you mean, type `{lower}`.");
    }
    if text.chars().count() < 2 {
        return "A slug has at least two characters. Type it as it stands at the end of the address of the \
                dataset's page."
            .to_owned();
    }
    if text.chars().count() > 100 {
        return "A slug has at most 100 characters. Type it as it stands at the end of the address of the dataset's \
                page, or give the UUID."
            .to_owned();
    }
    "A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the \
     dataset's page, or give the UUID."
        .to_owned()
}

/// The one dataset that a command is about.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct OneDataset {
    /// The dataset: its slug, its UUID, or the address of its page
    #[arg(value_name = "DATASET")]
    pub target: DatasetTarget,
    #[arg(hide = true, value_name = "NOTHING", value_parser = refuse_second_target)]
    #[serde(skip)]
    second: Vec<String>,
}

impl OneDataset {
    /// The dataset of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self { target: DatasetTarget::of(id), second: vec![] }
    }
}

/// For the place after the target: says that there is only one.
fn refuse_second_target(_: &str) -> Result<String, NotATarget> {
    Err(NotATarget(
        "One dataset at a time: give one slug, UUID or address, and put a reason of several words in quotation marks."
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "98b48282-0a09-5590-954a-9818be2884bc";

    fn key_of(text: &str) -> String {
        text.parse::<DatasetTarget>().unwrap().key().to_owned()
    }

    #[test]
    fn slugs_uuids_and_addresses_are_understood() {
        assert_eq!(key_of("road-accidents-2019"), "road-accidents-2019");
        assert_eq!(key_of(" road_accidents "), "road_accidents");
        assert_eq!(key_of(&ID.to_uppercase()), ID);
        for address in [
            "https://data.example.org/dataset/road-accidents-2019",
            "https://data.example.org/dataset/road-accidents-2019/",
            "https://data.example.org/dataset/road-accidents-2019/resource/4dd477e8?x=1#top",
            "http://127.0.0.1:5000/dataset/edit/road-accidents-2019",
            "http://127.0.0.1:5000/cy/dataset/activity/road-accidents-2019",
            "http://127.0.0.1:5000/data/dataset/groups/road-accidents-2019",
        ] {
            assert_eq!(key_of(address), "road-accidents-2019", "{address}");
        }
        assert_eq!(key_of(&format!("https://www.data.gov.uk/dataset/{ID}/road-safety-data")), ID);
    }

    #[test]
    fn the_frozen_form_is_read_back() {
        for text in ["road-accidents-2019", ID, "https://data.example.org/dataset/road-accidents-2019"] {
            let target: DatasetTarget = text.parse().unwrap();
            let frozen = serde_json::to_value(&target).unwrap();
            assert_eq!(frozen, text);
            assert_eq!(serde_json::from_value::<DatasetTarget>(frozen).unwrap(), target);
        }
    }

    #[test]
    fn an_id_is_told_from_a_slug() {
        assert!(ID.parse::<DatasetTarget>().unwrap().id().is_some());
        assert!("road-accidents-2019".parse::<DatasetTarget>().unwrap().id().is_none());
    }

    #[test]
    fn what_is_not_a_target_is_answered_with_what_to_type() {
        let long = "a".repeat(3000);
        let wrong = [
            "",
            "   ",
            "Road-Accidents-2019",
            "road-accidents-2019,",
            "Road-Accidents-2019.",
            "a,b",
            "-rf",
            "—reason",
            "x",
            "road accidents",
            "../../etc/passwd",
            "road\u{200b}accidents",
            "<!channel>",
            long.as_str(),
            "https://data.example.org/",
            "https://data.example.org/dataset/",
            "https://data.example.org/organization/dft",
            "https://data.example.org/harvest/leeds-data-mill",
            "https://data.example.org/dataset/Road,Accidents",
            "http://",
        ];
        let said: Vec<String> = wrong
            .iter()
            .map(|text| {
                let shown: String = text.chars().take(40).collect();
                format!("{shown:?}: {}", text.parse::<DatasetTarget>().unwrap_err())
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        "": Say which dataset: its slug, its UUID, or the address of its page.
        "   ": Say which dataset: its slug, its UUID, or the address of its page.
        "Road-Accidents-2019": Slugs are in small letters. If this is the dataset you mean, type `road-accidents-2019`.
        "road-accidents-2019,": There is a punctuation mark after the slug. Type it without: `road-accidents-2019`.
        "Road-Accidents-2019.": Slugs are in small letters. If this is the dataset you mean, type `road-accidents-2019`.
        "a,b": There is a comma or a semicolon in it. Give one slug, UUID or address; where a command takes several, put blanks between them.
        "-rf": A dataset's name does not begin with a dash. Type the slug as it stands at the end of the address of the dataset's page.
        "—reason": A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "x": A slug has at least two characters. Type it as it stands at the end of the address of the dataset's page.
        "road accidents": A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "../../etc/passwd": A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "road\u{200b}accidents": A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "<!channel>": A slug has only small letters a to z, digits, - and _. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": A slug has at most 100 characters. Type it as it stands at the end of the address of the dataset's page, or give the UUID.
        "https://data.example.org/": This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug.
        "https://data.example.org/dataset/": This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug.
        "https://data.example.org/organization/df": This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug.
        "https://data.example.org/harvest/leeds-d": This is the address of a harvest source, not of a dataset. Give the slug, UUID or address of a dataset.
        "https://data.example.org/dataset/Road,Ac": There is a comma or a semicolon in it. Give one slug, UUID or address; where a command takes several, put blanks between them.
        "http://": This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug.
        "#);
    }
}
