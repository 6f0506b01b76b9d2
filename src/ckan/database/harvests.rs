//! Harvest sources, jobs and objects, as ckanext-harvest 1.5 and 1.6 keep them.
//!
//! Guarantees that times come out as moments: the tables hold UTC without saying so. Where ckanext-harvest is not
//! installed every question fails with [`crate::ckan::Cause::DatabaseUnexpected`]. Leaves starting and stopping to
//! the action API and to [`super::abort`].

use jiff::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use super::ReadRole;
use crate::ckan::CallError;

/// A harvest source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestSourceRow {
    /// Its id; the package of the same id is how CKAN shows it.
    pub id: Uuid,
    /// Its slug.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The kind of harvester, for example `ckan`.
    pub kind: String,
    /// How often it runs, in CKAN's word.
    pub frequency: String,
    /// False where it was switched off.
    pub active: bool,
    /// When it runs next by itself, if it does.
    pub next_run: Option<Timestamp>,
}

/// A job of a harvest source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestJobRow {
    /// Its id.
    pub id: Uuid,
    /// `New`, `Running` or `Finished`; ckanext-harvest has no state for an aborted one.
    pub status: String,
    /// When it was asked for.
    pub created: Option<Timestamp>,
    /// When the gather consumer took it.
    pub gather_started: Option<Timestamp>,
    /// When it knew what there is to fetch.
    pub gather_finished: Option<Timestamp>,
    /// When it was marked finished. An abort over the API leaves it empty.
    pub finished: Option<Timestamp>,
    /// The source's id.
    pub source_id: Uuid,
    /// The source's slug.
    pub source_name: String,
    /// The source's title.
    pub source_title: String,
}

#[derive(FromRow)]
struct SourceRow {
    id: String,
    name: String,
    title: String,
    kind: String,
    frequency: String,
    active: bool,
    next_run: Option<i64>,
}

#[derive(FromRow)]
struct JobRow {
    id: String,
    status: String,
    created: Option<i64>,
    gather_started: Option<i64>,
    gather_finished: Option<i64>,
    finished: Option<i64>,
    source_id: String,
    source_name: String,
    source_title: String,
}

fn moment(microseconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_microsecond(microseconds?).ok()
}

impl JobRow {
    fn typed(self) -> Option<HarvestJobRow> {
        Some(HarvestJobRow {
            id: self.id.parse().ok()?,
            status: self.status,
            created: moment(self.created),
            gather_started: moment(self.gather_started),
            gather_finished: moment(self.gather_finished),
            finished: moment(self.finished),
            source_id: self.source_id.parse().ok()?,
            source_name: self.source_name,
            source_title: self.source_title,
        })
    }
}

impl ReadRole {
    /// Every harvest source, switched-off ones included, ordered by slug. The API lists only 100, and times out where
    /// there are many.
    pub async fn harvest_sources(&self) -> Result<Vec<HarvestSourceRow>, CallError> {
        let mut transaction = self.begin("SELECT harvest_source").await?;
        let rows = transaction
            .all(sqlx::query_as::<_, SourceRow>(
                "SELECT s.id, p.name, coalesce(nullif(p.title, ''), p.name) AS title, s.type AS kind, \
                 coalesce(s.frequency, 'MANUAL') AS frequency, \
                 coalesce(s.active, true) AND p.state = 'active' AS active, \
                 (extract(epoch FROM s.next_run) * 1000000)::bigint AS next_run \
                 FROM harvest_source s JOIN package p ON p.id = s.id AND p.type = 'harvest' ORDER BY p.name",
            ))
            .await?;
        transaction.finish().await?;
        let typed = rows.into_iter().filter_map(|row| {
            Some(HarvestSourceRow {
                id: row.id.parse().ok()?,
                name: row.name,
                title: row.title,
                kind: row.kind,
                frequency: row.frequency,
                active: row.active,
                next_run: moment(row.next_run),
            })
        });
        Ok(typed.collect())
    }

    /// The jobs that are `New` or `Running`, oldest first: runbook task G1. `harvester jobs` lists every job ever.
    pub async fn open_harvest_jobs(&self) -> Result<Vec<HarvestJobRow>, CallError> {
        let mut transaction = self.begin("SELECT harvest_job").await?;
        let rows = transaction
            .all(sqlx::query_as::<_, JobRow>(
                "SELECT j.id, j.status, (extract(epoch FROM j.created) * 1000000)::bigint AS created, \
                 (extract(epoch FROM j.gather_started) * 1000000)::bigint AS gather_started, \
                 (extract(epoch FROM j.gather_finished) * 1000000)::bigint AS gather_finished, \
                 (extract(epoch FROM j.finished) * 1000000)::bigint AS finished, \
                 p.id AS source_id, p.name AS source_name, coalesce(nullif(p.title, ''), p.name) AS source_title \
                 FROM harvest_job j JOIN package p ON p.id = j.source_id \
                 WHERE j.status IN ('New', 'Running') ORDER BY j.created, j.id",
            ))
            .await?;
        transaction.finish().await?;
        Ok(rows.into_iter().filter_map(JobRow::typed).collect())
    }

    /// The job of this id. Never the id of a source: the API takes either, and then means the latest job.
    pub async fn harvest_job(&self, id: Uuid) -> Result<Option<HarvestJobRow>, CallError> {
        let mut transaction = self.begin("SELECT harvest_job").await?;
        let rows = transaction
            .all(
                sqlx::query_as::<_, JobRow>(
                    "SELECT j.id, j.status, (extract(epoch FROM j.created) * 1000000)::bigint AS created, \
                     (extract(epoch FROM j.gather_started) * 1000000)::bigint AS gather_started, \
                     (extract(epoch FROM j.gather_finished) * 1000000)::bigint AS gather_finished, \
                     (extract(epoch FROM j.finished) * 1000000)::bigint AS finished, \
                     p.id AS source_id, p.name AS source_name, coalesce(nullif(p.title, ''), p.name) AS source_title \
                     FROM harvest_job j JOIN package p ON p.id = j.source_id WHERE j.id = $1",
                )
                .bind(id.to_string()),
            )
            .await?;
        transaction.finish().await?;
        Ok(rows.into_iter().find_map(JobRow::typed))
    }

    /// How many objects of a job are in each state, by ckanext-harvest's own words (`WAITING`, `FETCH`, `IMPORT`,
    /// `COMPLETE`, `ERROR`), ordered by them.
    pub async fn harvest_objects_by_state(&self, job: Uuid) -> Result<Vec<(String, i64)>, CallError> {
        let mut transaction = self.begin("SELECT count harvest_object").await?;
        let counts = transaction
            .all(
                sqlx::query_as(
                    "SELECT coalesce(state, ''), count(*) FROM harvest_object WHERE harvest_job_id = $1 \
                     GROUP BY 1 ORDER BY 1",
                )
                .bind(job.to_string()),
            )
            .await?;
        transaction.finish().await?;
        Ok(counts)
    }

    /// How many objects of a job are neither complete nor in error. `harvester run` queues those that wait anew, even
    /// those of a finished job.
    pub async fn unfinished_harvest_objects(&self, job: Uuid) -> Result<i64, CallError> {
        let counts = self.harvest_objects_by_state(job).await?;
        let unfinished = counts.iter().filter(|(state, _)| !matches!(state.as_str(), "COMPLETE" | "ERROR"));
        Ok(unfinished.map(|(_, count)| count).sum())
    }
}
