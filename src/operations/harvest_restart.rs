//! `harvest restart`: stops the running harvest of one source and begins anew.
//!
//! Guarantees that the new harvest is asked for only after CKAN itself called the old one finished, and that what was
//! stopped without a new one is told as *partly*. Leaves the workers alone, as `harvest stop` does: what one of them has
//! in hand of the old harvest keeps nothing back.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::harvest_reharvest::{comes_back, effects, must_be_active};
use super::harvest_stop::{self, must_run};
use super::source_survey::SourceSurvey;
use super::source_target::OneSource;
use super::{
    ChangeOperation, Inverse, Look, Meta, PlanError, Progress, Risk, Sighting, Watch, job_ending, job_watch,
};
use crate::approval::Plan;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::{CallError, Cause, Effect, Site};

/// How long CKAN may take to show a job as finished that it has just ended: it writes that before it answers.
const UNTIL_STOPPED: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// Stops the running harvest of one source and begins anew.
pub struct HarvestRestart;

#[derive(Serialize, Deserialize)]
struct Work {
    source: Uuid,
    stop: Vec<Uuid>,
    /// The newest job there was, which is among those to stop. Whatever is newer was started since.
    newest: Option<Uuid>,
}

impl ChangeOperation for HarvestRestart {
    const META: Meta = Meta {
        name: "harvest restart",
        short: &[],
        summary: "Stop the running harvest of one source and harvest it anew.",
        risk: Risk::Partly,
        example: "harvest restart slow-source --reason \"It has hung since last night\" --ticket 51238",
    };
    type Arguments = OneSource;

    async fn plan(&self, site: &Site, arguments: &OneSource) -> Result<Plan, PlanError> {
        let survey = SourceSurvey::of(site, &arguments.source).await?;
        must_run(&survey)?;
        must_be_active(&survey)?;
        let work = Work {
            source: survey.source.id,
            stop: survey.open.iter().map(|job| job.id).collect(),
            newest: survey.newest_job(),
        };
        let stopped =
            "CKAN calls the running harvest finished, and puts what it has not imported yet into error.";
        let mut warnings = harvest_stop::warnings(&survey);
        warnings.extend(comes_back(&survey));
        Ok(Plan {
            targets: vec![survey.target()],
            shown: harvest_stop::shown(&survey),
            effects: [vec![stopped.to_owned()], effects(&survey)].concat(),
            warnings,
            irreversible: [harvest_stop::irreversible(), super::harvest_reharvest::irreversible()].concat(),
            facts: survey.facts(),
            work: json!(work),
            ..Plan::of(format!("Restart the harvest of “{}” on {}", survey.source.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        job_ending::end(site, &work.stop, progress, "Stopping the running harvest").await?;
        progress.doing("Waiting until it has stopped");
        let begun = async {
            wait_until_stopped(site, &work.stop).await?;
            progress.doing("Starting the new harvest");
            HarvestJob::create(site, work.source).await
        };
        // The old harvest was stopped: whatever failed here, it is not so that nothing was done.
        begun.await.map_err(|error| CallError { effect: Effect::Unknown, ..error })
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        let stopped = job_ending::called_finished(site, &work.stop).await?;
        let started = job_watch::sighting(site, work.source, work.newest).await?;
        Ok(match (stopped, started) {
            (Sighting::Happened(stopped), Sighting::Happened(started)) => {
                Sighting::Happened([stopped, started].concat())
            }
            (Sighting::NotHappened(seen), Sighting::NotHappened(_)) => Sighting::NotHappened(seen),
            (
                Sighting::Happened(stopped) | Sighting::Partly(stopped) | Sighting::NotHappened(stopped),
                Sighting::Happened(started) | Sighting::Partly(started) | Sighting::NotHappened(started),
            ) => Sighting::Partly([stopped, started].concat()),
        })
    }

    /// Harvesters work from the index, and a purge would lose the job it does not know of.
    fn never_beside(&self) -> &'static [&'static str] {
        &["index rebuild", "harvest purge-queues"]
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    fn watch(&self, _: &Plan) -> Option<Watch> {
        Some(job_watch::watch())
    }

    async fn look(&self, site: &Site, plan: &Plan, memory: &Value) -> Result<Look, CallError> {
        let work = work(plan)?;
        job_watch::look(site, work.source, work.newest, memory).await
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("harvest_job_abort", Cause::BadRequest))
}

async fn wait_until_stopped(site: &Site, jobs: &[Uuid]) -> Result<(), CallError> {
    let mut pauses = UNTIL_STOPPED.into_iter();
    while !matches!(job_ending::called_finished(site, jobs).await?, Sighting::Happened(_)) {
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(CallError::nothing_done("harvest_job_show", Cause::ServerError)),
        }
    }
    Ok(())
}
