//! Harvest sources as CKAN shows them.
//!
//! Guarantees that a dataset that is taken for a source is told from one, and that a list which CKAN cut short says so.
//! Leaves what may be done to a source to operations.

use serde::Deserialize;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::job::{HarvestJob, ShownJob};
use crate::ckan::dataset::Organisation;
use crate::ckan::{CallError, DatasetState, Site};

/// As many as CKAN's search gives in one answer.
const PAGE: usize = 1000;
/// The most sources that are read. data.gov.uk has some 600.
const MOST: usize = 5 * PAGE;

/// What CKAN keeps under a name: a harvest source, if [`HarvestSource::is_one`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestSource {
    /// Its id; the source and its page have the same one.
    pub id: Uuid,
    /// The slug.
    pub name: String,
    /// The title; the slug where there is none.
    pub title: String,
    /// `harvest`, or for example `dataset` for what is none.
    pub kind: String,
    /// `active`, or `deleted` where it was switched off.
    pub state: DatasetState,
    /// What kind of harvester it is, for example `ckan`.
    pub source_type: Option<String>,
    /// How often it runs by itself, in CKAN's word.
    pub frequency: Option<String>,
    /// What it harvests, without the name and the password that may be in the address.
    pub url: String,
    /// Its publisher.
    pub organisation: Option<Organisation>,
}

/// What CKAN says of a source's jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// How many it ever had.
    pub jobs: u64,
    /// The newest one.
    pub last: Option<HarvestJob>,
    /// How many datasets it brought that are on the site.
    pub datasets: u64,
}

/// Sources, and whether these are all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceList {
    /// The sources, in the order of their slugs.
    pub sources: Vec<HarvestSource>,
    /// How many there are that were left out.
    pub left_out: usize,
}

#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    name: String,
    title: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    state: DatasetState,
    source_type: Option<String>,
    frequency: Option<String>,
    url: Option<String>,
    organization: Option<Organisation>,
}

#[derive(Deserialize)]
struct ShownStatus {
    #[serde(default)]
    job_count: u64,
    last_job: Option<ShownJob>,
    #[serde(default)]
    total_datasets: u64,
}

impl From<ShownStatus> for SourceStatus {
    fn from(shown: ShownStatus) -> Self {
        Self {
            jobs: shown.job_count,
            last: shown.last_job.map(HarvestJob::from),
            datasets: shown.total_datasets,
        }
    }
}

impl From<Shown> for HarvestSource {
    fn from(shown: Shown) -> Self {
        Self {
            id: shown.id,
            title: shown.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| shown.name.clone()),
            name: shown.name,
            kind: shown.kind,
            state: shown.state,
            source_type: shown.source_type,
            frequency: shown.frequency,
            url: shown.url.as_deref().map(without_credentials).unwrap_or_default(),
            organisation: shown.organization,
        }
    }
}

/// An address with neither a name nor a password in it, nor what stands after a question mark: a key may be there.
fn without_credentials(text: &str) -> String {
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        return "an address that cannot be read".to_owned();
    };
    // Both fail only where the address has no host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

impl HarvestSource {
    /// What CKAN keeps under this slug or UUID. CKAN shows any dataset here, too.
    pub async fn show(site: &Site, key: &str) -> Result<Self, CallError> {
        let shown: Shown = site.read("harvest_source_show", &json!({ "id": key })).await?;
        Ok(shown.into())
    }

    /// What CKAN says of the jobs of this source. Takes the id only.
    pub async fn status(site: &Site, id: Uuid) -> Result<SourceStatus, CallError> {
        let shown: ShownStatus = site.read("harvest_source_show_status", &json!({ "id": id })).await?;
        Ok(shown.into())
    }

    /// Every source that is not switched off, from the search: `harvest_source_list` gives no more than 100, has no
    /// slugs, and times out where there are many.
    pub async fn list(site: &Site) -> Result<SourceList, CallError> {
        #[derive(Deserialize)]
        struct Page {
            count: usize,
            results: Vec<Shown>,
        }
        let mut sources: Vec<Self> = vec![];
        loop {
            let question = json!({
                "fq": "dataset_type:harvest", "sort": "name asc", "rows": PAGE, "start": sources.len(),
            });
            let page: Page = site.read("package_search", &question).await?;
            let got = page.results.len();
            sources.extend(page.results.into_iter().map(Self::from));
            if got == 0 || sources.len() >= page.count || sources.len() >= MOST {
                let left_out = page.count.saturating_sub(sources.len());
                return Ok(SourceList { sources, left_out });
            }
        }
    }

    /// True where it is a harvest source indeed.
    pub fn is_one(&self) -> bool {
        self.kind == "harvest"
    }

    /// Title and type, for people.
    pub fn label(&self) -> String {
        format!("{} ({})", self.title, self.source_type.as_deref().unwrap_or("type unknown"))
    }

    /// How often it runs by itself, for people.
    pub fn rhythm(&self) -> String {
        if self.state != DatasetState::Active {
            return "switched off".to_owned();
        }
        match self.frequency.as_deref() {
            Some("MANUAL") => "only when somebody starts it".to_owned(),
            Some("ALWAYS") => "every time that harvests are started".to_owned(),
            Some("DAILY") => "every day".to_owned(),
            Some("WEEKLY") => "every week".to_owned(),
            Some("BIWEEKLY") => "every two weeks".to_owned(),
            Some("MONTHLY") => "every month".to_owned(),
            _ => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_a_title_is_read() {
        let shown = json!({
            "id": "98b48282-0a09-5590-954a-9818be2884bc", "name": "leeds-data-mill", "title": " ",
            "type": "harvest", "state": "active", "source_type": "ckan", "frequency": "WEEKLY",
            "url": "https://data.example.org", "organization": null,
        });
        let source: HarvestSource = serde_json::from_value::<Shown>(shown).unwrap().into();
        assert!(source.is_one());
        assert_eq!(
            (source.label().as_str(), source.rhythm().as_str()),
            ("leeds-data-mill (ckan)", "every week")
        );
    }

    #[test]
    fn a_source_that_was_never_harvested_has_no_last_job() {
        let shown = json!({"job_count": 0, "last_job": null, "total_datasets": 0});
        let status: SourceStatus = serde_json::from_value::<ShownStatus>(shown).unwrap().into();
        assert_eq!(status, SourceStatus { jobs: 0, last: None, datasets: 0 });
    }

    #[test]
    fn an_address_shows_no_credentials() {
        for (text, shown) in [
            ("https://me:secret@data.example.org/csw?key=secret#x", "https://data.example.org/csw"),
            ("http://127.0.0.1:15800/slow/20/2", "http://127.0.0.1:15800/slow/20/2"),
            ("me:secret@", "an address that cannot be read"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }

    #[test]
    fn a_dataset_is_read_and_is_none() {
        let shown = json!({
            "id": "98b48282-0a09-5590-954a-9818be2884bc", "name": "road-accidents-2019", "title": "Roads",
            "type": "dataset", "state": "deleted", "url": null,
        });
        let source: HarvestSource = serde_json::from_value::<Shown>(shown).unwrap().into();
        assert!(!source.is_one());
        assert_eq!(source.rhythm(), "switched off");
    }
}
