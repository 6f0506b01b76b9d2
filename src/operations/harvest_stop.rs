//! `harvest stop`: ends the running harvest of one source.
//!
//! Guarantees that the job that approvers saw is ended, by its own id, and no other. Leaves the workers alone: what one
//! of them has in hand goes on, and the plan says so.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::harvest_reharvest::HarvestReharvest;
use super::source_survey::{SourceSurvey, age};
use super::source_target::OneSource;
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting, job_ending};
use crate::approval::Plan;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::{CallError, Cause, Site};

/// From so many objects on, CKAN's way of ending a job is known to bring servers down: it loads every one of them.
const MANY_OBJECTS: u64 = 5_000;

/// What becomes of a harvest that is stopped in the gather queue: its worker does not look whether the job is over.
pub(super) const STILL_QUEUED: &str = "If it still waits in the gather queue, it stays there: the gather worker gathers it all \
                                       the same when its turn comes, and nothing of that is imported.";

/// Ends the running harvest of one source.
pub struct HarvestStop;

#[derive(Serialize, Deserialize)]
struct Work {
    source: Uuid,
    jobs: Vec<Uuid>,
}

impl ChangeOperation for HarvestStop {
    const META: Meta = Meta {
        name: "harvest stop",
        short: &["stop"],
        summary: "Stop the running harvest of one source; what it has imported stays.",
        risk: Risk::Partly,
        example: "stop slow-source --reason \"It blocks the others\" --ticket 51236",
    };
    type Arguments = OneSource;

    async fn plan(&self, site: &Site, arguments: &OneSource) -> Result<Plan, PlanError> {
        let survey = SourceSurvey::of(site, &arguments.source).await?;
        must_run(&survey)?;
        let work = Work { source: survey.source.id, jobs: survey.open.iter().map(|job| job.id).collect() };
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown: shown(&survey),
            effects: effects(),
            warnings: warnings(&survey),
            irreversible: irreversible(),
            alternative: alternative(&survey),
            facts: survey.facts(),
            work: json!(work),
            ..Plan::of(format!("Stop the harvest of “{}” on {}", survey.source.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        job_ending::end(site, &work(plan)?.jobs, progress, "Stopping the running harvest").await
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        job_ending::ended(site, &work(plan)?.jobs).await
    }

    fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        let arguments = OneSource::of(work(plan).ok()?.source);
        Some(Inverse {
            label: "Harvest again",
            operation: HarvestReharvest::META.name,
            arguments: serde_json::to_value(arguments).ok()?,
        })
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("harvest_job_abort", Cause::BadRequest))
}

/// Refused where there is nothing to stop.
pub(super) fn must_run(survey: &SourceSurvey) -> Result<(), PlanError> {
    if !survey.open.is_empty() {
        return Ok(());
    }
    let (title, name) = (&survey.source.title, &survey.source.name);
    let last = match survey.status.last {
        Some(_) => format!("Its last one: {}.", survey.last_harvest()),
        None => "There has not been one yet.".to_owned(),
    };
    Err(PlanError::Refused(format!(
        "No harvest of “{title}” (`{name}`) is running. {last} To start one, type `/ckan reharvest {name}`."
    )))
}

/// What approvers see of a source and its running jobs.
pub(super) fn shown(survey: &SourceSurvey) -> Vec<(String, String)> {
    let mut shown = survey.shown();
    if let Some(job) = survey.open.first() {
        shown.push(("Running for".to_owned(), age(job)));
    }
    shown
}

fn effects() -> Vec<String> {
    vec![
        "CKAN calls the running harvest finished, and puts what it has not imported yet into error."
            .to_owned(),
        "What it has imported stays. The source can be harvested again at once.".to_owned(),
    ]
}

/// What the workers may still do, and what the next harvest may make of it.
pub(super) fn warnings(survey: &SourceSurvey) -> Vec<String> {
    let mut warnings: Vec<String> = survey.remark.iter().cloned().collect();
    if survey.open.len() > 1 {
        warnings.push(format!(
            "The source has {} jobs that are not over, which should not be: all of them are stopped.",
            survey.open.len()
        ));
    }
    if survey.open.iter().any(|job| job.gather_finished.is_none()) {
        warnings.push(
            "This stops no worker. If the gather worker has this harvest in hand, it goes on with it, keeps every \
             other source waiting until the remote answers, and puts what it finds into error. `/ckan harvest \
             restart-worker gather` frees it."
                .to_owned(),
        );
        warnings.push(STILL_QUEUED.to_owned());
        if survey.source.source_type.as_deref() == Some("ckan") {
            warnings.push(
                "A harvest that was stopped before anything was gathered counts as one without errors: the next one \
                 may take only what changed since it began."
                    .to_owned(),
            );
        }
    }
    if survey.open.iter().any(|job| job.gather_finished.is_some()) {
        warnings.push(
            "This stops no worker: the fetch worker finishes what it has in hand and drops the rest."
                .to_owned(),
        );
    }
    warnings
}

/// What a stopped harvest does not come back to.
pub(super) fn irreversible() -> Vec<String> {
    vec!["The stopped harvest does not go on; only a new one takes in what it left out.".to_owned()]
}

fn alternative(survey: &SourceSurvey) -> Option<String> {
    let big = |job: &&HarvestJob| job.counts.gathered() > MANY_OBJECTS;
    let job = survey.open.iter().find(big)?;
    Some(format!(
        "To stop it, CKAN loads all its {} objects into memory at once. `/ckan harvest abort {} --in-database` does \
         not.",
        job.counts.gathered(),
        job.id
    ))
}
