//! `harvest abort`: ends one harvest job by its id, where `harvest stop` does not.
//!
//! Guarantees that the id is a job's and not a source's (CKAN takes either, and then means the source's newest job),
//! that it is of the source that was named, and that it is not over yet. Where CKAN does not answer to it, the database
//! is the last resort, in one transaction and for this job only. Leaves the workers alone.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::harvest_stop::STILL_QUEUED;
use super::source_survey::{SourceSurvey, age, objects};
use super::source_target::SourceTarget;
use super::{ChangeOperation, Facts, Inverse, Meta, PlanError, Progress, Risk, Sighting, job_ending};
use crate::approval::Plan;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::HarvestSource;
use crate::ckan::{CallError, Cause, Site};

/// Ends one harvest job by its id.
pub struct HarvestAbort;

/// A harvest job's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Uuid);

/// Why a text is no job's id; its text is the sentence to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A harvest job is named by its UUID. `/ckan harvest jobs` shows it; to stop a source's harvest by the source's \
     name, type `/ckan stop` and the name."
)]
pub struct NotAJob;

impl FromStr for JobId {
    type Err = NotAJob;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or(NotAJob)
    }
}

/// What `harvest abort` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The harvest job: its UUID
    #[arg(value_name = "JOB")]
    job: JobId,
    /// The harvest source that it must be of: its slug, its UUID, or the address of its page
    #[arg(long, value_name = "SOURCE")]
    source: Option<SourceTarget>,
    /// The last resort: end it in CKAN's database, where CKAN itself does not answer to it
    #[arg(long)]
    #[serde(default)]
    in_database: bool,
}

#[derive(Serialize, Deserialize)]
struct Work {
    job: Uuid,
    source: Uuid,
    in_database: bool,
}

impl ChangeOperation for HarvestAbort {
    const META: Meta = Meta {
        name: "harvest abort",
        short: &[],
        summary: "End one stuck harvest job by its UUID, where stopping its source's harvest does not help.",
        risk: Risk::Partly,
        example: "harvest abort 7b1c9a52-3f64-5d0e-8a7b-2c6f5e1d0a43 --source slow-source --reason \"Stuck\" --ticket 51239",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        site.prove().await?;
        let id = arguments.job.0;
        let Some(job) = HarvestJob::show(site, id).await? else {
            return Err(PlanError::Refused(unknown(site, id).await?));
        };
        let survey = SourceSurvey::of(site, &SourceTarget::of(job.source_id)).await?;
        if let Some(named) = &arguments.source {
            must_be_of(site, &survey, named, id).await?;
        }
        must_be_open(&survey, &job)?;
        let in_database = arguments.in_database;
        if in_database {
            writer(site)?;
        }
        let work = Work { job: id, source: survey.source.id, in_database };
        let way = if in_database { " in the database" } else { "" };
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown: shown(&survey, &job),
            effects: effects(in_database),
            warnings: survey.remark.iter().cloned().chain(warnings(&job)).collect(),
            irreversible: super::harvest_stop::irreversible(),
            alternative: alternative(site, &survey, in_database),
            facts: facts(&survey, &job),
            work: json!(work),
            ..Plan::of(format!(
                "Abort a harvest job of “{}” on {}{way}",
                survey.source.title, site.environment
            ))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        if !work.in_database {
            return job_ending::end(site, &[work.job], progress, "Ending the job").await;
        }
        progress.doing("Ending the job in the database");
        let Some(database) = site.database().and_then(|database| database.write()) else {
            return Err(CallError::nothing_done("UPDATE harvest_job", Cause::BadRequest));
        };
        database.abort_harvest_job(work.job, work.source).await?;
        // CKAN's search goes on telling the old status until it is told, and forgets nothing else if this fails.
        let told = site.write("harvest_source_reindex", &json!({ "id": work.source })).await;
        if let Err(error) = told {
            tracing::warn!(error = %error, "the index still has the source's status from before the abort");
        }
        Ok(())
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        job_ending::ended(site, &[work(plan)?.job]).await
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("harvest_job_abort", Cause::BadRequest))
}

/// Refused where the bot may not write to the database.
fn writer(site: &Site) -> Result<(), PlanError> {
    if site.database().is_some_and(|database| database.write().is_some()) {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "The bot may not write to CKAN's database on {}: nobody has configured a role for it. Ask again without \
         --in-database, or have whoever runs the bot add `database_write_env` to the environment.",
        site.environment
    )))
}

fn effects(in_database: bool) -> Vec<String> {
    let ends = if in_database {
        "In one transaction, what the job has not imported yet is put into error, and the job is marked as finished. No \
         other job is touched."
    } else {
        "CKAN calls this job finished, and puts what it has not imported yet into error."
    };
    let stays = "What it has imported stays. The source can be harvested again at once.";
    vec![ends.to_owned(), stays.to_owned()]
}

fn alternative(site: &Site, survey: &SourceSurvey, in_database: bool) -> Option<String> {
    let named = &survey.source.name;
    if in_database {
        return Some(format!(
            "As long as CKAN answers, leave the database alone: `/ckan stop {named}`, or the same without --in-database."
        ));
    }
    let may = writer(site).is_ok();
    may.then(|| {
        "If CKAN does not answer to this, ask again with --in-database, as the last resort.".to_owned()
    })
}

/// A source's id is what people mistake for a job's, and what CKAN would take for one.
async fn unknown(site: &Site, id: Uuid) -> Result<String, PlanError> {
    match HarvestSource::show(site, &id.to_string()).await {
        Ok(source) if source.is_one() => Ok(format!(
            "`{id}` is the UUID of the harvest source “{}”, not of a job. To stop its running harvest, type `/ckan stop \
             {}`; `/ckan harvest jobs` shows the jobs.",
            source.title, source.name
        )),
        Ok(dataset) => Ok(format!(
            "`{id}` is the UUID of the dataset “{}”, not of a harvest job. `/ckan harvest jobs` shows the jobs.",
            dataset.title
        )),
        Err(error) if error.cause == Cause::NotFound => Ok(format!(
            "There is no harvest job with the UUID `{id}` on {}. `/ckan harvest jobs` shows those that are not over.",
            site.environment
        )),
        Err(error) => Err(PlanError::Ckan(error)),
    }
}

async fn must_be_of(
    site: &Site,
    survey: &SourceSurvey,
    named: &SourceTarget,
    job: Uuid,
) -> Result<(), PlanError> {
    let wanted = SourceSurvey::of(site, named).await?;
    if wanted.source.id == survey.source.id {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "The job `{job}` is not one of “{}” (`{}`) but of “{}” (`{}`). If you mean it all the same, type `--source {}`.",
        wanted.source.title, wanted.source.name, survey.source.title, survey.source.name, survey.source.name
    )))
}

fn must_be_open(survey: &SourceSurvey, job: &HarvestJob) -> Result<(), PlanError> {
    if job.is_open() {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "The job `{}` of “{}” is over already: it was asked for on {} and is {}. `/ckan harvest jobs` shows those that \
         are not over.",
        job.id,
        survey.source.title,
        job.created_for_people(),
        job.stage()
    )))
}

fn shown(survey: &SourceSurvey, job: &HarvestJob) -> Vec<(String, String)> {
    [
        ("Harvest source", survey.source.label()),
        ("Slug", survey.source.name.clone()),
        ("Job", job.id.to_string()),
        ("Asked for", job.created_for_people()),
        ("Running for", age(job)),
        ("Its state", job.stage().to_owned()),
        ("Its objects", objects(job)),
    ]
    .into_iter()
    .map(|(label, value)| (label.to_owned(), value))
    .collect()
}

fn facts(survey: &SourceSurvey, job: &HarvestJob) -> Facts {
    [
        ("Harvest source", format!("{} ({})", survey.source.id, survey.source.name)),
        ("Job", job.id.to_string()),
        ("Asked for", job.created_exactly()),
    ]
    .into_iter()
    .map(|(label, value)| (label.to_owned(), value))
    .collect()
}

fn warnings(job: &HarvestJob) -> Vec<String> {
    if job.gather_finished.is_some() {
        return vec![
            "This stops no worker: the fetch worker finishes what it has in hand and drops the rest."
                .to_owned(),
        ];
    }
    vec![
        "This stops no worker. If the gather worker has this job in hand, it goes on with it and keeps every other source \
         waiting: `/ckan harvest restart-worker gather` frees it."
            .to_owned(),
        STILL_QUEUED.to_owned(),
    ]
}
