//! Many datasets in one question to the search index.
//!
//! Guarantees that a question is short enough for Solr (1,024 clauses) and its answer for us, that drafts and private
//! datasets are found like all others, and that what the index does not hold is simply not in the answer. The index
//! is not CKAN's record: it follows each of CKAN's own writes, but not one in the database. Leaves to operations when
//! that is good enough, and `package_show` is asked instead.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CallError, Cause, Dataset, DatasetState, Site};

/// Whole datasets in one answer: each may be tens of kilobytes long.
pub const WHOLE_AT_ONCE: usize = 50;
/// Datasets in one answer that says only how each stands.
pub const SEEN_AT_ONCE: usize = 200;

/// How the index has a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Its state.
    pub state: DatasetState,
    /// When it last changed, in CKAN's text or in Solr's.
    pub modified: String,
    /// Shown to its publisher's members only.
    pub private: bool,
    /// Its publisher's id, where the index keeps it; most only search by it.
    pub publisher: Option<String>,
}

impl Indexed {
    /// False where the index tells another publisher than this one. A change of it is a change of `modified` as well.
    pub fn may_be_of(&self, publisher: Option<&str>) -> bool {
        self.publisher.is_none() || self.publisher.as_deref() == publisher
    }
}

/// A part of a longer list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many there are in all.
    pub count: u64,
    /// These.
    pub datasets: Vec<Dataset>,
}

#[derive(Deserialize)]
struct Found {
    count: u64,
    results: Vec<Value>,
}

#[derive(Deserialize)]
struct Row {
    id: Uuid,
    state: DatasetState,
    #[serde(default)]
    metadata_modified: String,
    capacity: Option<String>,
    private: Option<bool>,
    owner_org: Option<String>,
}

/// The datasets with these UUIDs or slugs that the index holds. At most [`WHOLE_AT_ONCE`].
pub async fn found(site: &Site, keys: &[&str]) -> Result<Vec<Dataset>, CallError> {
    let (ids, names): (Vec<&str>, Vec<&str>) = keys.iter().partition(|key| Uuid::try_parse(key).is_ok());
    // A slug may look like a UUID: CKAN gives such a one to a dataset whose slug was taken.
    let mut datasets = vec![];
    for (field, keys) in [("id", ids), ("name", names)] {
        if !keys.is_empty() {
            let found = ask(site, any(field, &keys), json!({"rows": keys.len()})).await?;
            datasets.extend(whole(found.results)?);
        }
    }
    Ok(datasets)
}

/// Active datasets of the publisher with this id, from this place on, private ones included.
pub async fn of_publisher(site: &Site, publisher: &str, start: u64) -> Result<Page, CallError> {
    let more = json!({"rows": WHOLE_AT_ONCE, "start": start, "sort": "id asc", "include_drafts": false});
    let found = ask(site, format!("owner_org:\"{publisher}\""), more).await?;
    Ok(Page { count: found.count, datasets: whole(found.results)? })
}

/// How the index has each of these; at most [`SEEN_AT_ONCE`].
pub async fn seen(site: &Site, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Indexed>, CallError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let texts: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let fields = ["id", "state", "metadata_modified", "capacity", "private", "owner_org"];
    let found = ask(site, any("id", &texts), json!({"rows": ids.len(), "fl": fields})).await?;
    found
        .results
        .into_iter()
        .map(|row| {
            let row = Row::deserialize(row).map_err(|_| not_ckan())?;
            let private = row.private.unwrap_or(row.capacity.as_deref() == Some("private"));
            let indexed = Indexed {
                state: row.state,
                modified: row.metadata_modified,
                private,
                publisher: row.owner_org,
            };
            Ok((row.id, indexed))
        })
        .collect()
}

/// Whether two of CKAN's moments are the same as far as Solr keeps them: to the millisecond.
pub fn same_moment(one: &str, other: &str) -> bool {
    let milliseconds = |text: &str| {
        let moment: DateTime = text.trim_end_matches('Z').parse().ok()?;
        Some((moment.date(), moment.hour(), moment.minute(), moment.second(), moment.millisecond()))
    };
    match (milliseconds(one), milliseconds(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

async fn ask(site: &Site, filter: String, more: Value) -> Result<Found, CallError> {
    let mut question =
        json!({"fq": filter, "include_private": true, "include_drafts": true, "facet": "false"});
    if let (Some(question), Value::Object(more)) = (question.as_object_mut(), more) {
        question.extend(more);
    }
    site.read("package_search", &question).await
}

fn whole(results: Vec<Value>) -> Result<Vec<Dataset>, CallError> {
    results.into_iter().map(|row| Dataset::from_shown(row).ok_or_else(not_ckan)).collect()
}

fn not_ckan() -> CallError {
    CallError::nothing_done("package_search", Cause::NotCkan)
}

/// Keys have only letters, digits, dashes and underscores, so that none can end the quotation.
fn any(field: &str, keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    format!("{field}:({})", quoted.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_compared_as_far_as_solr_keeps_them() {
        let ckan = "2025-06-12T14:03:41.562817";
        for same in [ckan, "2025-06-12T14:03:41.562Z", "2025-06-12T14:03:41.562"] {
            assert!(same_moment(ckan, same), "{same}");
        }
        for other in ["2025-06-12T14:03:41.563Z", "2025-06-12T14:03:42.562817", "", "yesterday"] {
            assert!(!same_moment(ckan, other), "{other}");
        }
        assert!(same_moment("2025-06-12T14:03:41", "2025-06-12T14:03:41Z"));
        assert!(same_moment("", ""));
    }

    #[test]
    fn keys_are_quoted_one_by_one() {
        assert_eq!(any("name", &["road-accidents", "x_1"]), r#"name:("road-accidents" OR "x_1")"#);
    }
}
