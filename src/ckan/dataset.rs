//! A dataset as `package_show` gives it, typed.
//!
//! Guarantees that what is missing is told from what is empty where that matters, and that the personal data in it
//! (authors, maintainers, their addresses) is not kept. Leaves what may be done to it to operations.

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CallError, Cause, Site};

/// Columns that CKAN blanks when an update does not bring them along.
const CONTACTS: [&str; 4] = ["author", "author_email", "maintainer", "maintainer_email"];

/// Whether the public may see it, as far as CKAN's state goes. CKAN takes any text for a state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum DatasetState {
    /// Published, unless private.
    Active,
    /// Not finished.
    Draft,
    /// Withdrawn.
    Deleted,
    /// A state that CKAN itself does not know.
    Other(String),
}

impl From<String> for DatasetState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "active" => Self::Active,
            "draft" => Self::Draft,
            "deleted" => Self::Deleted,
            _ => Self::Other(text),
        }
    }
}

impl DatasetState {
    /// CKAN's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Draft => "draft",
            Self::Deleted => "deleted",
            Self::Other(text) => text,
        }
    }
}

/// Its publisher.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organisation {
    /// CKAN's id.
    pub id: String,
    /// The slug.
    pub name: String,
    /// The title; may be empty.
    #[serde(default)]
    pub title: Option<String>,
    /// `active`, unless somebody deleted the publisher.
    #[serde(default)]
    pub state: Option<String>,
}

impl Organisation {
    /// What people call it.
    pub fn label(&self) -> &str {
        self.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&self.name)
    }
}

/// The harvest source that made it, as far as the dataset tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestedBy {
    /// The source's id.
    pub source_id: String,
    /// The source's title.
    pub source_title: Option<String>,
}

/// A dataset, or another thing that CKAN keeps as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// CKAN's id.
    pub id: Uuid,
    /// The slug.
    pub name: String,
    /// The title; the slug where there is none.
    pub title: String,
    /// `dataset`, or for example `harvest` for a harvest source.
    pub kind: String,
    /// Its state.
    pub state: DatasetState,
    /// Shown to its publisher's members only.
    pub private: bool,
    /// Its publisher.
    pub organisation: Option<Organisation>,
    /// How many resources it has.
    pub resources: usize,
    /// The slugs of the groups it is in.
    pub groups: Vec<String>,
    /// When it last changed, in CKAN's own text (UTC without saying so).
    pub modified: String,
    /// Who harvested it.
    pub harvested_by: Option<HarvestedBy>,
    /// True where this CKAN does not show who wrote and maintains it, not even to a sysadmin: then an update that is
    /// built on what it shows would blank them.
    pub contacts_hidden: bool,
}

#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    name: String,
    title: Option<String>,
    #[serde(rename = "type", default = "plain_dataset")]
    kind: String,
    state: DatasetState,
    #[serde(default)]
    private: bool,
    organization: Option<Organisation>,
    #[serde(default)]
    resources: Vec<Value>,
    #[serde(default)]
    groups: Vec<Named>,
    #[serde(default)]
    metadata_modified: String,
    #[serde(default)]
    extras: Vec<Extra>,
    /// Where data.gov.uk keeps what others keep in extras.
    #[serde(default)]
    harvest: Vec<Extra>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Extra {
    key: String,
    #[serde(default)]
    value: Value,
}

fn plain_dataset() -> String {
    "dataset".to_owned()
}

impl Dataset {
    /// The dataset of this slug or UUID, as a sysadmin sees it. CKAN finds withdrawn ones too.
    pub async fn show(site: &Site, key: &str) -> Result<Self, CallError> {
        let shown: Value = site.read("package_show", &json!({ "id": key })).await?;
        Self::from_shown(shown).ok_or(CallError::nothing_done("package_show", Cause::NotCkan))
    }

    /// Whether an anonymous visitor can read it.
    pub async fn is_public(site: &Site, id: Uuid) -> Result<bool, CallError> {
        match site.read_as_visitor::<Value>("package_show", &json!({ "id": id })).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.cause, Cause::NotFound | Cause::NotAuthorised) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether CKAN's search knows it, drafts and private ones included.
    pub async fn is_in_search(site: &Site, id: Uuid) -> Result<bool, CallError> {
        #[derive(Deserialize)]
        struct Found {
            count: u64,
        }
        let question = json!({
            "fq": format!("id:\"{id}\""), "rows": 0, "include_private": true, "include_drafts": true,
        });
        let found: Found = site.read("package_search", &question).await?;
        Ok(found.count > 0)
    }

    pub(super) fn from_shown(shown: Value) -> Option<Self> {
        let contacts_hidden = CONTACTS.iter().any(|column| shown.get(column).is_none());
        let shown: Shown = serde_json::from_value(shown).ok()?;
        let told = |key: &str| {
            let mut places = shown.harvest.iter().chain(&shown.extras);
            places.find(|extra| extra.key == key).and_then(|extra| extra.value.as_str()).map(str::to_owned)
        };
        let harvested_by = told("harvest_source_id")
            .map(|source_id| HarvestedBy { source_id, source_title: told("harvest_source_title") });
        Some(Self {
            id: shown.id,
            title: shown.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| shown.name.clone()),
            name: shown.name,
            kind: shown.kind,
            state: shown.state,
            private: shown.private,
            organisation: shown.organization,
            resources: shown.resources.len(),
            groups: shown.groups.into_iter().map(|group| group.name).collect(),
            modified: shown.metadata_modified,
            harvested_by,
            contacts_hidden,
        })
    }

    /// When it last changed, for people, to the minute.
    pub fn modified_for_people(&self) -> String {
        self.modified_as("%-d %B %Y, %H:%M UTC")
    }

    /// When it last changed, for people, exactly.
    pub fn modified_exactly(&self) -> String {
        self.modified_as("%-d %B %Y, %H:%M:%S%.f UTC")
    }

    fn modified_as(&self, format: &str) -> String {
        match self.modified.parse::<DateTime>() {
            Ok(moment) => moment.strftime(format).to_string(),
            Err(_) => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Value {
        json!({
            "id": "98b48282-0a09-5590-954a-9818be2884bc",
            "name": "road-accidents-2019",
            "title": "Road Safety Data 2019",
            "type": "dataset",
            "state": "active",
            "private": false,
            "author": null, "author_email": "", "maintainer": "M", "maintainer_email": "m@example.org",
            "organization": {"id": "o", "name": "dft", "title": "", "state": "active"},
            "resources": [{"id": "1"}, {"id": "2"}],
            "groups": [{"name": "roads", "id": "g"}],
            "metadata_modified": "2025-06-12T14:03:41.562817",
            "extras": [{"key": "theme", "value": "Transport"}],
        })
    }

    #[test]
    fn what_package_show_says_is_read() {
        let dataset = Dataset::from_shown(shown()).unwrap();
        assert_eq!(dataset.resources, 2);
        assert_eq!(dataset.groups, ["roads"]);
        assert_eq!(dataset.organisation.as_ref().unwrap().label(), "dft");
        assert_eq!(dataset.modified_for_people(), "12 June 2025, 14:03 UTC");
        assert_eq!(dataset.modified_exactly(), "12 June 2025, 14:03:41.562817 UTC");
        assert_eq!(dataset.harvested_by, None);
        assert!(!dataset.contacts_hidden);
    }

    #[test]
    fn a_harvest_source_is_found_in_extras_and_where_data_gov_uk_keeps_it() {
        let pairs = json!([
            {"key": "harvest_object_id", "value": "o1"},
            {"key": "harvest_source_id", "value": "s1"},
            {"key": "harvest_source_title", "value": "Leeds"},
        ]);
        for place in ["extras", "harvest"] {
            let mut shown = shown();
            shown[place] = pairs.clone();
            let by = Dataset::from_shown(shown).unwrap().harvested_by.unwrap();
            assert_eq!((by.source_id.as_str(), by.source_title.as_deref()), ("s1", Some("Leeds")));
        }
    }

    #[test]
    fn one_hidden_contact_column_is_noticed_and_an_empty_one_is_not_hidden() {
        let mut shown = shown();
        shown.as_object_mut().unwrap().remove("maintainer_email");
        assert!(Dataset::from_shown(shown).unwrap().contacts_hidden);
    }

    #[test]
    fn a_bare_dataset_is_read_and_something_else_is_not() {
        let bare = json!({"id": "98b48282-0a09-5590-954a-9818be2884bc", "name": "x1", "state": "bogus"});
        let dataset = Dataset::from_shown(bare).unwrap();
        assert_eq!(dataset.title, "x1");
        assert_eq!(dataset.state, DatasetState::Other("bogus".to_owned()));
        assert_eq!(dataset.modified_for_people(), "unknown");
        assert_eq!(Dataset::from_shown(json!({"id": 1})), None);
    }
}
