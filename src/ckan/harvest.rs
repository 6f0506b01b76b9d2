//! Harvest sources, and what their harvesters do to a dataset that was withdrawn.
//!
//! Guarantees that a harvester whose behaviour nobody read in its source is called unknown, never harmless, and that
//! "nobody harvests it" is CKAN's own word. Leaves starting and stopping harvests to operations.

pub mod job;
pub mod source;

use serde::Deserialize;
use serde_json::json;

use super::dataset::HarvestedBy;
use super::{CallError, Cause, Dataset, Site};

/// What a harvester does to a withdrawn dataset when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// Brings it back once the publisher's copy is newer.
    ReactivatesWhenNewer,
    /// Brings it back once the publisher's record has a newer metadata date.
    ReactivatesWhenRedated,
    /// Brings it back once the publisher's entry changes.
    ReactivatesWhenChanged,
    /// Makes a second dataset beside the withdrawn one, at once.
    Duplicates,
    /// Leaves it withdrawn.
    Leaves,
    /// Nobody knows.
    Unknown,
}

impl NextRun {
    /// What harvesters of this type do, as read in their source code.
    pub fn of(source_type: &str) -> Self {
        match source_type {
            "ckan" => Self::ReactivatesWhenNewer,
            "gemini-waf" | "gemini-csw" | "gemini-single" => Self::ReactivatesWhenRedated,
            "inventory" => Self::ReactivatesWhenChanged,
            "dcat_rdf" => Self::Duplicates,
            "dcat_json" => Self::Leaves,
            _ => Self::Unknown,
        }
    }
}

/// A harvest source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harvester {
    /// Its id.
    pub source_id: String,
    /// Its title, where anybody tells.
    pub title: Option<String>,
    /// What kind of harvester it is, where CKAN tells.
    pub source_type: Option<String>,
    /// How often it runs, in CKAN's word, for example `WEEKLY`.
    pub frequency: Option<String>,
    /// False where somebody switched it off.
    pub active: bool,
}

#[derive(Deserialize)]
struct ShownSource {
    title: Option<String>,
    source_type: Option<String>,
    frequency: Option<String>,
    active: Option<bool>,
}

#[derive(Deserialize)]
struct ShownObject {
    source: Option<String>,
}

impl Harvester {
    /// The harvester that owns this dataset, if one does.
    pub async fn of(site: &Site, dataset: &Dataset) -> Result<Option<Self>, CallError> {
        let by = match &dataset.harvested_by {
            Some(by) => by.clone(),
            // A dataset names its source only as long as the search index holds it.
            None => match Self::behind(site, dataset).await? {
                Some(source_id) => HarvestedBy { source_id, source_title: None },
                None => return Ok(None),
            },
        };
        let harvester = Self::of_source(site, &by.source_id).await?;
        Ok(Some(Self { title: harvester.title.or(by.source_title), ..harvester }))
    }

    /// The harvester of this source.
    pub async fn of_source(site: &Site, source_id: &str) -> Result<Self, CallError> {
        let shown = site.read_quietly::<ShownSource>("harvest_source_show", &json!({"id": source_id})).await;
        let source_id = source_id.to_owned();
        Ok(match present(shown)? {
            Some(shown) => Self {
                source_id,
                title: shown.title,
                source_type: shown.source_type,
                frequency: shown.frequency,
                active: shown.active.unwrap_or(true),
            },
            None => Self { source_id, title: None, source_type: None, frequency: None, active: true },
        })
    }

    async fn behind(site: &Site, dataset: &Dataset) -> Result<Option<String>, CallError> {
        let question = json!({"dataset_id": dataset.id});
        let object = site.read_quietly::<ShownObject>("harvest_object_show", &question).await;
        Ok(present(object)?.and_then(|object| object.source))
    }

    /// Title and type, for people.
    pub fn label(&self) -> String {
        let title = self.title.as_deref().unwrap_or("a harvest source without a title");
        format!("{title} ({})", self.source_type.as_deref().unwrap_or("type unknown"))
    }

    /// What it will do to the dataset once that is withdrawn, and when, for people.
    pub fn outlook(&self) -> String {
        let next_run = self.source_type.as_deref().map_or(NextRun::Unknown, NextRun::of);
        let what = match next_run {
            NextRun::ReactivatesWhenNewer => {
                "brings it back when the publisher's own copy has changed since ours was made"
            }
            NextRun::ReactivatesWhenRedated => {
                "leaves it withdrawn until the publisher gives the record a newer metadata date, and then brings it \
                 back"
            }
            NextRun::ReactivatesWhenChanged => {
                "brings it back when the publisher's inventory entry changes while it is still marked active there"
            }
            NextRun::Duplicates => {
                "makes a new copy of it, with a new UUID and another slug, at its very next run"
            }
            NextRun::Leaves => "leaves it withdrawn, as far as its source code tells",
            NextRun::Unknown => {
                "may or may not bring it back: the bot does not know what this kind of harvester does to a withdrawn \
                 dataset"
            }
        };
        let when = match self.frequency.as_deref() {
            _ if !self.active => {
                "The source is switched off, so it does nothing until somebody switches it on."
            }
            Some("MANUAL") => "It runs only when somebody starts it.",
            Some("ALWAYS") => "It runs every time that harvests are started.",
            Some("DAILY") => "It runs every day.",
            Some("WEEKLY") => "It runs every week.",
            Some("BIWEEKLY") => "It runs every two weeks.",
            Some("MONTHLY") => "It runs every month.",
            _ => "The bot does not know how often it runs.",
        };
        format!("The harvester “{}” {what}. {when}", self.label())
    }

    /// True where the dataset stays withdrawn whatever the harvester does.
    pub fn leaves_it(&self) -> bool {
        self.source_type.as_deref().map(NextRun::of) == Some(NextRun::Leaves)
    }
}

/// Nothing, where CKAN has no such thing or no harvesting at all.
fn present<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.cause, Cause::NotFound | Cause::UnknownAction) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harvester(source_type: Option<&str>) -> Harvester {
        Harvester {
            source_id: "s1".to_owned(),
            title: Some("Leeds Data Mill".to_owned()),
            source_type: source_type.map(str::to_owned),
            frequency: Some("WEEKLY".to_owned()),
            active: true,
        }
    }

    #[test]
    fn the_outlook_of_every_harvester_is_as_reviewed() {
        let types = ["ckan", "gemini-waf", "inventory", "dcat_rdf", "dcat_json", "waf2000"];
        let mut said: Vec<String> = types.iter().map(|kind| harvester(Some(kind)).outlook()).collect();
        said.push(harvester(None).outlook());
        said.push(Harvester { active: false, title: None, ..harvester(Some("ckan")) }.outlook());
        said.push(Harvester { frequency: Some("MANUAL".to_owned()), ..harvester(Some("ckan")) }.outlook());
        said.push(Harvester { frequency: None, ..harvester(Some("ckan")) }.outlook());
        insta::assert_snapshot!(said.join("\n"), @r#"
        The harvester “Leeds Data Mill (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs every week.
        The harvester “Leeds Data Mill (gemini-waf)” leaves it withdrawn until the publisher gives the record a newer metadata date, and then brings it back. It runs every week.
        The harvester “Leeds Data Mill (inventory)” brings it back when the publisher's inventory entry changes while it is still marked active there. It runs every week.
        The harvester “Leeds Data Mill (dcat_rdf)” makes a new copy of it, with a new UUID and another slug, at its very next run. It runs every week.
        The harvester “Leeds Data Mill (dcat_json)” leaves it withdrawn, as far as its source code tells. It runs every week.
        The harvester “Leeds Data Mill (waf2000)” may or may not bring it back: the bot does not know what this kind of harvester does to a withdrawn dataset. It runs every week.
        The harvester “Leeds Data Mill (type unknown)” may or may not bring it back: the bot does not know what this kind of harvester does to a withdrawn dataset. It runs every week.
        The harvester “a harvest source without a title (ckan)” brings it back when the publisher's own copy has changed since ours was made. The source is switched off, so it does nothing until somebody switches it on.
        The harvester “Leeds Data Mill (ckan)” brings it back when the publisher's own copy has changed since ours was made. It runs only when somebody starts it.
        The harvester “Leeds Data Mill (ckan)” brings it back when the publisher's own copy has changed since ours was made. The bot does not know how often it runs.
        "#);
    }

    #[test]
    fn only_ckans_own_word_says_that_nobody_harvests_it() {
        let answer = |cause| present::<()>(Err(CallError::nothing_done("harvest_object_show", cause)));
        assert_eq!(answer(Cause::NotFound), Ok(None));
        assert_eq!(answer(Cause::UnknownAction), Ok(None));
        for cause in [Cause::ProxyRefused, Cause::BadRequest, Cause::NotAuthorised, Cause::NotCkan] {
            assert!(answer(cause).is_err(), "{cause:?}");
        }
    }

    #[test]
    fn only_a_harvester_that_was_read_counts_as_harmless() {
        assert!(harvester(Some("dcat_json")).leaves_it());
        assert!(!harvester(Some("ckan")).leaves_it());
        assert!(!harvester(None).leaves_it());
    }
}
