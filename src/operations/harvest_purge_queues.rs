//! `harvest purge-queues`: empties both harvest queues, and ends every job that loses its place in them.
//!
//! Guarantees that it does not undo itself: a purge alone leaves jobs that run for ever, and the next `harvester run`
//! queues their waiting objects again. So every job that is not over is ended by its own id, once the queues are empty.
//! Counts as done only when CKAN calls each of them finished, and never as not done once the command may have run:
//! nobody sees the queues from here. Leaves what a worker has in hand to the worker.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::source_survey::objects;
use super::{ChangeOperation, Facts, Inverse, Meta, PlanError, Progress, Risk, Sighting, job_ending};
use crate::approval::{Plan, Target};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::HarvestSource;
use crate::ckan::{CallError, Cause, CommandLine, Effect, Site, Word};

const UNSEEN: &str = "I cannot look into the queues themselves; the harvests were to be ended only once the purge had gone \
                      through.";

const PERHAPS_EMPTY: &str = "I cannot look into the queues themselves, so I cannot see whether they were emptied. Those of these \
                             harvests that are not ended may have lost their place, and then do not go on by \
                             themselves: ask for the purge again, or stop each with `/ckan stop` and its source.";

const COMMAND: &str = "harvester purge-queues";

/// Empties both harvest queues.
pub struct HarvestPurgeQueues;

/// What `harvest purge-queues` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

#[derive(Serialize, Deserialize)]
struct Work {
    jobs: Vec<Uuid>,
}

impl ChangeOperation for HarvestPurgeQueues {
    const META: Meta = Meta {
        name: "harvest purge-queues",
        short: &[],
        summary: "Empty the harvest queues and end every harvest that is in them.",
        risk: Risk::Irreversible,
        example: "harvest purge-queues --reason \"The queues hold last week's jobs\" --ticket 51240",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, _: &Arguments) -> Result<Plan, PlanError> {
        site.prove().await?;
        must_have_a_command_line(site)?;
        let losing = Losing::find(site).await?;
        if losing.jobs.is_empty() {
            return Err(PlanError::Refused(format!(
                "No harvest on {} is waiting or running, so there is none to end, and I cannot see what the queues still \
                 hold. If it is of harvests that were stopped, the gather worker gathers each of them all the same when \
                 its turn comes, and the fetch worker drops what it found. To empty the queues all the same, start a \
                 harvest first: `/ckan reharvest` and a source. Then this can be asked for, and ends that one too.",
                site.environment
            )));
        }
        Ok(Plan {
            targets: losing.targets(),
            shown: losing.shown(),
            effects: vec![
                "Both harvest queues are emptied, for every source.".to_owned(),
                "Each of these harvests is ended: CKAN calls it finished, and puts what it has not imported yet into \
                 error. What was imported stays."
                    .to_owned(),
            ],
            warnings: vec![
                "This stops no worker. What a worker has in hand goes on; restart the worker if it hangs.".to_owned(),
            ],
            irreversible: vec![
                "No queue comes back. Each source has to be harvested again, one by one.".to_owned(),
            ],
            alternative: Some(
                "To free one source, stop its harvest: `/ckan stop` and its name. If one that hangs keeps the others \
                 waiting, `/ckan harvest restart-worker gather`."
                    .to_owned(),
            ),
            facts: losing.facts(),
            work: json!(Work { jobs: losing.jobs.iter().map(|(job, _)| job.id).collect() }),
            confirmation: Some(format!("purge {}", site.environment)),
            ..Plan::of(format!("Empty the harvest queues of {}", site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        progress.doing("Emptying the queues");
        let words = [Word::literal("harvester"), Word::literal("purge-queues")];
        let purged = site
            .needed_command_line(COMMAND)?
            .run(COMMAND, &words, &mut |line| progress.printed(&line.text))
            .await?;
        purged.or_failed()?;
        // The queues are empty by now: whatever fails here, it is not so that nothing was done.
        let ended = job_ending::end(site, &work.jobs, progress, "Ending the harvests").await;
        ended.map_err(|error| CallError { effect: Effect::Unknown, ..error })
    }

    /// The queues themselves cannot be looked into from here. A job is ended only after the purge went through; but
    /// that none is ended does not say that the queues are as they were.
    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        Ok(match job_ending::ended(site, &work(plan)?.jobs).await? {
            Sighting::Happened(seen) => Sighting::Happened([seen, vec![UNSEEN.to_owned()]].concat()),
            Sighting::Partly(seen) | Sighting::NotHappened(seen) => {
                Sighting::Partly([seen, vec![PERHAPS_EMPTY.to_owned()]].concat())
            }
        })
    }

    /// A worker that comes back while the queues are emptied takes out of them what is to go.
    fn never_beside(&self) -> &'static [&'static str] {
        &["harvest restart-worker"]
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    /// A command that we lost sight of may go on for as long as one may take.
    fn may_go_on(&self, site: &Site) -> Duration {
        let command = site.command_line().map_or(Duration::ZERO, CommandLine::time_limit);
        site.write_deadline().max(command)
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done(COMMAND, Cause::BadRequest))
}

/// CKAN's action API has nothing for it.
fn must_have_a_command_line(site: &Site) -> Result<(), PlanError> {
    site.needed_command_line(COMMAND).map(|_| ()).map_err(PlanError::Ckan)
}

/// The jobs that would lose their places, each with its source.
struct Losing {
    jobs: Vec<(HarvestJob, HarvestSource)>,
}

impl Losing {
    async fn find(site: &Site) -> Result<Self, CallError> {
        let mut jobs: Vec<(HarvestJob, HarvestSource)> = vec![];
        for job in HarvestJob::open(site, None).await? {
            let known = jobs.iter().map(|(_, source)| source).find(|source| source.id == job.source_id);
            let source = match known {
                Some(source) => source.clone(),
                None => HarvestSource::show(site, &job.source_id.to_string()).await?,
            };
            jobs.push((job, source));
        }
        Ok(Self { jobs })
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = vec![];
        for (_, source) in &self.jobs {
            if !targets.iter().any(|target| target.id == source.id) {
                let HarvestSource { id, name, title, .. } = source;
                targets.push(Target { id: *id, name: name.clone(), title: title.clone() });
            }
        }
        targets
    }

    fn shown(&self) -> Vec<(String, String)> {
        let mut shown = vec![("Harvests that end".to_owned(), self.jobs.len().to_string())];
        shown.extend(self.jobs.iter().map(|(job, source)| {
            let line =
                format!("{}, since {}; objects: {}", job.stage(), job.created_for_people(), objects(job));
            (source.name.clone(), line)
        }));
        shown
    }

    /// Which jobs of which sources: if another one is queued meanwhile, it would lose its place unseen.
    fn facts(&self) -> Facts {
        self.jobs
            .iter()
            .map(|(job, source)| (format!("Job {}", job.id), format!("{} ({})", source.title, source.name)))
            .collect()
    }
}
