//! Harvest jobs as ckanext-harvest shows them.
//!
//! Guarantees that a job is asked for and stopped by its own id only, that its counts are CKAN's own, and that times
//! come out as moments although CKAN writes UTC without saying so. Leaves to operations which job may be stopped.
//!
//! What an object came to is known once its import is over. Until then, and for ever where the job was stopped before,
//! it counts as open here; which of the two it is the action API does not tell.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::ckan::{CallError, Cause, Site};

/// Where a job is. ckanext-harvest has no state for a stopped one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum JobStatus {
    /// Made, and in no queue yet.
    New,
    /// In the gather queue or further.
    Running,
    /// Over: it came to its end, was stopped, or timed out.
    Finished,
    /// A word that nobody knows.
    Other(String),
}

impl From<String> for JobStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "New" => Self::New,
            "Running" => Self::Running,
            "Finished" => Self::Finished,
            _ => Self::Other(text),
        }
    }
}

/// How many objects came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct JobCounts {
    /// New datasets.
    #[serde(default)]
    pub added: u64,
    /// Datasets that were replaced by a newer version.
    #[serde(default)]
    pub updated: u64,
    /// Datasets that were left as they are.
    #[serde(default, rename = "not modified")]
    pub unchanged: u64,
    /// Datasets that were withdrawn, as the source no longer has them.
    #[serde(default)]
    pub deleted: u64,
    /// Objects with an error, and errors of the gathering.
    #[serde(default)]
    pub errored: u64,
    /// Objects that have come to nothing yet.
    #[serde(default, rename = "null")]
    pub open: u64,
}

impl JobCounts {
    /// Objects that came to something.
    pub fn settled(&self) -> u64 {
        self.added + self.updated + self.unchanged + self.deleted + self.errored
    }

    /// Objects that the gathering found, as near as CKAN tells: an error of the gathering counts as one.
    pub fn gathered(&self) -> u64 {
        self.settled() + self.open
    }
}

impl fmt::Display for JobCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, updated, unchanged, deleted, errored, open } = self;
        write!(
            f,
            "{added} added, {updated} updated, {unchanged} unchanged, {deleted} deleted, {errored} errored"
        )?;
        if *open > 0 {
            write!(f, ", {open} open")?;
        }
        Ok(())
    }
}

/// One error message, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JobError {
    /// The harvester's own words.
    #[serde(default)]
    pub message: String,
    /// How often.
    #[serde(default, rename = "error_count")]
    pub count: u64,
}

/// A harvest job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestJob {
    /// Its id.
    pub id: Uuid,
    /// The id of its source.
    pub source_id: Uuid,
    /// Where it is.
    pub status: JobStatus,
    /// When it was asked for.
    pub created: Option<Timestamp>,
    /// When the gathering was over.
    pub gather_finished: Option<Timestamp>,
    /// When its last object was done. A job that was stopped has none.
    pub finished: Option<Timestamp>,
    /// What its objects came to.
    pub counts: JobCounts,
    /// Errors of the gathering and of objects, the most frequent of each first; empty in a list of jobs.
    pub errors: Vec<JobError>,
}

#[derive(Deserialize)]
pub(super) struct ShownJob {
    id: Uuid,
    source_id: Uuid,
    status: JobStatus,
    created: Option<String>,
    gather_finished: Option<String>,
    finished: Option<String>,
    #[serde(default)]
    stats: JobCounts,
    #[serde(default)]
    object_error_summary: Vec<JobError>,
    #[serde(default)]
    gather_error_summary: Vec<JobError>,
}

impl From<ShownJob> for HarvestJob {
    fn from(shown: ShownJob) -> Self {
        let moment = |text: Option<String>| text.as_deref().and_then(moment);
        Self {
            id: shown.id,
            source_id: shown.source_id,
            status: shown.status,
            created: moment(shown.created),
            gather_finished: moment(shown.gather_finished),
            finished: moment(shown.finished),
            counts: shown.stats,
            errors: [shown.gather_error_summary, shown.object_error_summary].concat(),
        }
    }
}

/// A time as ckanext-harvest prints it: UTC without a zone, with a blank or a `T` in the middle.
fn moment(text: &str) -> Option<Timestamp> {
    let at: DateTime = text.trim().parse().ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

impl HarvestJob {
    /// The job of this id; `None` where there is none.
    pub async fn show(site: &Site, id: Uuid) -> Result<Option<Self>, CallError> {
        match site.read_quietly::<ShownJob>("harvest_job_show", &json!({ "id": id })).await {
            Ok(shown) => Ok(Some(shown.into())),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The jobs that are not over, of this source or of every one, oldest first. Never all jobs: there may be years of
    /// them, and CKAN counts the objects of each.
    pub async fn open(site: &Site, source: Option<Uuid>) -> Result<Vec<Self>, CallError> {
        let mut open = vec![];
        for status in ["New", "Running"] {
            let question = match source {
                Some(source) => json!({ "status": status, "source_id": source }),
                None => json!({ "status": status }),
            };
            let shown: Vec<ShownJob> = site.read("harvest_job_list", &question).await?;
            open.extend(shown.into_iter().map(Self::from));
        }
        // One that was queued between the two questions is in both answers.
        open.sort_by_key(|job| (job.created, job.id));
        open.dedup_by(|one, other| one.id == other.id);
        Ok(open)
    }

    /// Every job of this source, newest first. For sources that do not have many: CKAN counts the objects of each.
    pub async fn history(site: &Site, source: Uuid) -> Result<Vec<Self>, CallError> {
        let shown: Vec<ShownJob> = site.read("harvest_job_list", &json!({ "source_id": source })).await?;
        Ok(shown.into_iter().map(Self::from).collect())
    }

    /// Has CKAN end the job of this id: it is called finished, and what is not imported yet goes into error. No worker
    /// is stopped by it. Never to be given a source's id: CKAN takes that for the source's newest job, whichever it is.
    pub async fn abort(site: &Site, id: Uuid) -> Result<(), CallError> {
        site.write("harvest_job_abort", &json!({ "id": id })).await
    }

    /// Has CKAN make a job for this source and put it into the gather queue.
    pub async fn create(site: &Site, source: Uuid) -> Result<(), CallError> {
        site.write("harvest_job_create", &json!({ "source_id": source, "run": true })).await
    }

    /// False where it is over.
    pub fn is_open(&self) -> bool {
        self.status != JobStatus::Finished
    }

    /// True where the gathering is over and every object came to something. CKAN calls the job finished only at its
    /// next `harvester run`.
    pub fn is_settled(&self) -> bool {
        self.gather_finished.is_some() && self.counts.open == 0
    }

    /// What it is doing, for people, a few words.
    pub fn stage(&self) -> &'static str {
        match (&self.status, self.gather_finished) {
            (JobStatus::New, _) => "not queued yet",
            (JobStatus::Running, None) => "waiting to be gathered, or being gathered",
            (JobStatus::Running, Some(_)) if self.is_settled() => "done, not yet marked as finished",
            (JobStatus::Running, Some(_)) => "importing",
            (JobStatus::Finished, _) if self.finished.is_none() => "stopped",
            (JobStatus::Finished, _) => "finished",
            (JobStatus::Other(_), _) => "in a state that the bot does not know",
        }
    }

    /// When it was asked for, for people, to the minute.
    pub fn created_for_people(&self) -> String {
        for_people(self.created)
    }

    /// When it was asked for, exactly.
    pub fn created_exactly(&self) -> String {
        self.created.map_or_else(unknown, |at| at.strftime("%-d %B %Y, %H:%M:%S%.f UTC").to_string())
    }
}

/// A moment for people, to the minute.
pub fn for_people(at: Option<Timestamp>) -> String {
    at.map_or_else(unknown, |at| at.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

fn unknown() -> String {
    "unknown".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn shown(edit: fn(&mut Value)) -> HarvestJob {
        let mut shown = json!({
            "id": "98b48282-0a09-5590-954a-9818be2884bc",
            "source_id": "ce7c9de9-06ac-5fa3-83b3-c1fd32e75c4d",
            "status": "Running",
            "created": "2026-11-21 05:33:43.419953",
            "gather_started": null, "gather_finished": null, "finished": null,
            "stats": {"added": 2, "updated": 1, "not modified": 4, "errored": 1, "deleted": 0, "null": 3},
            "object_error_summary": [{"message": "Bad", "error_count": 1}],
            "gather_error_summary": [],
        });
        edit(&mut shown);
        serde_json::from_value::<ShownJob>(shown).unwrap().into()
    }

    #[test]
    fn what_ckan_says_of_a_job_is_read() {
        let job = shown(|_| ());
        assert_eq!(job.created.unwrap().to_string(), "2026-11-21T05:33:43.419953Z");
        assert_eq!(job.created_for_people(), "21 November 2026, 05:33 UTC");
        assert_eq!(job.counts.to_string(), "2 added, 1 updated, 4 unchanged, 0 deleted, 1 errored, 3 open");
        assert_eq!((job.counts.settled(), job.counts.gathered()), (8, 11));
        assert_eq!(job.errors, [JobError { message: "Bad".to_owned(), count: 1 }]);
        assert!(job.is_open() && !job.is_settled());
    }

    #[test]
    fn a_job_is_settled_once_it_is_gathered_and_nothing_is_open() {
        let none_open = shown(|job| job["stats"]["null"] = json!(0));
        assert!(!none_open.is_settled(), "nobody has gathered it yet");
        let settled = shown(|job| {
            job["stats"]["null"] = json!(0);
            job["gather_finished"] = json!("2026-11-21T05:33:44.1");
        });
        assert!(settled.is_settled() && settled.is_open());
        assert_eq!(settled.stage(), "done, not yet marked as finished");
    }

    #[test]
    fn every_stage_has_its_words() {
        let stage = |status: &str, finished: Value| {
            let mut job = shown(|_| ());
            job.status = JobStatus::from(status.to_owned());
            job.finished = finished.as_str().and_then(moment);
            job.stage()
        };
        let at = json!("2026-11-21 05:33:44");
        assert_eq!(stage("New", Value::Null), "not queued yet");
        assert_eq!(stage("Running", Value::Null), "waiting to be gathered, or being gathered");
        assert_eq!(stage("Finished", Value::Null), "stopped");
        assert_eq!(stage("Finished", at), "finished");
        assert_eq!(stage("Aborted", Value::Null), "in a state that the bot does not know");
    }
}
