//! The search index, compared with the database.
//!
//! Guarantees that both sides of a comparison count the same things: active ones, of every type, harvest sources too,
//! and private ones only where the database is asked itself. The index's own clock tells what was indexed since when,
//! so that no other clock has to be right. Leaves what to do about a difference to operations.

use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use uuid::Uuid;

use super::{CallError, Cause, Site};

/// ckanext-harvest hides harvest sources from every search that does not name their type. So each question is asked
/// once without them and once for them.
const KINDS: [&str; 2] = ["-dataset_type:harvest", "+dataset_type:harvest"];
/// CKAN gives at most so many rows at once.
const PAGE: usize = 1_000;
/// Names are asked for in pages of this many, so that no answer is too long.
const NAMES: usize = 10_000;

/// How much there is on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Active ones in the database.
    pub database: u64,
    /// Active ones in the index.
    pub index: u64,
    /// True where private ones are counted, on both sides.
    pub with_private: bool,
}

#[derive(Deserialize)]
struct Found {
    count: u64,
    #[serde(default)]
    results: Vec<Document>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    indexed_ts: Option<String>,
}

impl Counts {
    /// Counts both sides, the database's by itself where it is configured, else by CKAN's API.
    pub async fn of(site: &Site) -> Result<Self, CallError> {
        let with_private = site.database().is_some();
        let (database, index) = tokio::join!(in_database(site), in_index(site, "", with_private));
        Ok(Self { database: database?, index: index?, with_private })
    }

    /// Whether both sides have as many.
    pub fn in_step(self) -> bool {
        self.database == self.index
    }

    /// How many the index lacks.
    pub fn missing(self) -> u64 {
        self.database.saturating_sub(self.index)
    }

    /// How many the index has that the database does not.
    pub fn surplus(self) -> u64 {
        self.index.saturating_sub(self.database)
    }
}

async fn in_database(site: &Site) -> Result<u64, CallError> {
    if let Some(database) = site.database() {
        let counts = database.read().package_counts().await?;
        let active = counts.iter().filter(|row| row.state == "active");
        return Ok(active.map(|row| u64::try_from(row.count).unwrap_or(0)).sum());
    }
    let mut listed = 0;
    // Until a page is empty: a CKAN may have a limit of its own.
    loop {
        let question = json!({ "limit": NAMES, "offset": listed });
        let page: Vec<IgnoredAny> = site.read("package_list", &question).await?;
        if page.is_empty() {
            return Ok(u64::try_from(listed).unwrap_or(u64::MAX));
        }
        listed += page.len();
    }
}

async fn in_index(site: &Site, filter: &str, with_private: bool) -> Result<u64, CallError> {
    let mut count = 0;
    for kind in KINDS {
        let question =
            json!({ "fq": format!("{filter} {kind}"), "rows": 0, "include_private": with_private });
        let found: Found = site.read("package_search", &question).await?;
        count += found.count;
    }
    Ok(count)
}

/// When the newest document was indexed, by the index's own clock; `None` where there is none.
pub async fn newest(site: &Site) -> Result<Option<Timestamp>, CallError> {
    let mut newest = None;
    for kind in KINDS {
        let question = json!({
            "fq": kind, "rows": 1, "sort": "indexed_ts desc", "fl": ["id", "indexed_ts"],
            "include_private": true, "include_drafts": true,
        });
        let found: Found = site.read("package_search", &question).await?;
        let Some(document) = found.results.into_iter().next() else { continue };
        let moment = document.indexed_ts.and_then(|text| text.parse::<Timestamp>().ok());
        newest = newest.max(Some(moment.ok_or(CallError::nothing_done("package_search", Cause::NotCkan))?));
    }
    Ok(newest)
}

/// How many active documents were indexed after this moment of the index's clock; `None` is the beginning.
pub async fn indexed_since(
    site: &Site,
    moment: Option<Timestamp>,
    with_private: bool,
) -> Result<u64, CallError> {
    in_index(site, &after(moment), with_private).await
}

/// The ids of a publisher's documents that were indexed after this moment, drafts and private ones too.
pub async fn documents_of(
    site: &Site,
    publisher: Uuid,
    moment: Option<Timestamp>,
) -> Result<Vec<Uuid>, CallError> {
    documents(site, &format!("+owner_org:\"{publisher}\" {}", after(moment))).await
}

/// Whether this dataset's document is there and was indexed after this moment.
pub async fn was_indexed_since(site: &Site, id: Uuid, moment: Option<Timestamp>) -> Result<bool, CallError> {
    Ok(!documents(site, &format!("+id:\"{id}\" {}", after(moment))).await?.is_empty())
}

async fn documents(site: &Site, filter: &str) -> Result<Vec<Uuid>, CallError> {
    let mut ids = vec![];
    loop {
        let question = json!({
            "fq": filter, "rows": PAGE, "start": ids.len(), "sort": "id asc", "fl": ["id"],
            "include_private": true, "include_drafts": true,
        });
        let found: Found = site.read("package_search", &question).await?;
        if found.results.is_empty() {
            return Ok(ids);
        }
        ids.extend(found.results.into_iter().filter_map(|document| document.id));
    }
}

/// The filter for what was indexed later than this. Solr keeps milliseconds.
fn after(moment: Option<Timestamp>) -> String {
    let next = moment.and_then(|moment| moment.checked_add(Span::new().milliseconds(1)).ok());
    next.map_or_else(String::new, |next| {
        format!("+indexed_ts:[{} TO *]", next.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
    })
}

/// How far `search-index rebuild` is, where this line of it says so: `Indexing dataset 3/20`.
pub fn rebuild_progress(line: &str) -> Option<(u64, u64)> {
    let (done, total) = line.trim().strip_prefix("Indexing dataset ")?.split_once('/')?;
    let (done, total) = (done.parse().ok()?, total.parse().ok()?);
    (done <= total).then_some((done, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_the_commands_own_words() {
        assert_eq!(rebuild_progress("Indexing dataset 3/20"), Some((3, 20)));
        assert_eq!(rebuild_progress(" Indexing dataset 1013/1013 "), Some((1013, 1013)));
        for line in [
            "",
            "Indexing dataset",
            "Indexing dataset x/20",
            "Indexing dataset 21/20",
            "Indexing just package 'a'...",
            "Indexing dataset -1/20",
        ] {
            assert_eq!(rebuild_progress(line), None, "{line}");
        }
    }

    #[test]
    fn the_moment_itself_is_not_later_than_itself() {
        let moment = "2026-11-21T05:59:59.999Z".parse().unwrap();
        assert_eq!(after(Some(moment)), "+indexed_ts:[2026-11-21T06:00:00.000Z TO *]");
        assert_eq!(after(None), "");
    }

    #[test]
    fn a_difference_has_one_side() {
        let counts = |database, index| Counts { database, index, with_private: true };
        assert!(counts(7, 7).in_step());
        assert_eq!((counts(7, 5).missing(), counts(7, 5).surplus()), (2, 0));
        assert_eq!((counts(5, 7).missing(), counts(5, 7).surplus()), (0, 2));
    }
}
