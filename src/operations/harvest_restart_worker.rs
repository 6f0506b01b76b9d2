//! `harvest restart-worker`: restarts the gather or the fetch worker with the configured command.
//!
//! Guarantees that a worker counts as restarted only where its status shows another process than before, and that what
//! it may have in hand is shown first, and that no two requests for one worker are open at once. Leaves what a status looks like to the configuration.

mod identity;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::source_survey::objects;
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::{Plan, Target};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::HarvestSource;
use crate::ckan::{CallError, Cause, Finished, Service, Site};
use identity::Identity;

const GATHER_WORKER: Uuid = Uuid::from_u128(0x776f_726b_6572_5000_8000_0000_0000_0001);
const FETCH_WORKER: Uuid = Uuid::from_u128(0x776f_726b_6572_5000_8000_0000_0000_0002);

/// The most jobs that are shown as in flight.
const MOST: usize = 10;

/// A worker takes a moment to be there after the command that restarts it has ended.
const LOOK_AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(2_500)];

/// Restarts a harvest worker.
pub struct HarvestRestartWorker;

/// A harvest worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Worker {
    /// Asks the publishers what they have
    Gather,
    /// Fetches and imports what was gathered
    Fetch,
}

impl Worker {
    fn service(self) -> Service {
        match self {
            Self::Gather => Service::Gather,
            Self::Fetch => Service::Fetch,
        }
    }

    /// It as what a request acts on, of which only one may be open. Its id is of our own making and never changes.
    fn target(self) -> Target {
        let (id, title) = match self {
            Self::Gather => (GATHER_WORKER, "The gather worker"),
            Self::Fetch => (FETCH_WORKER, "The fetch worker"),
        };
        Target { id, name: self.service().name().to_owned(), title: title.to_owned() }
    }

    /// Whether it may have this job in hand.
    fn may_have(self, job: &HarvestJob) -> bool {
        match self {
            Self::Gather => job.gather_finished.is_none(),
            Self::Fetch => job.gather_finished.is_some() && !job.is_settled(),
        }
    }
}

/// What `harvest restart-worker` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The worker
    #[arg(value_enum, value_name = "WORKER")]
    worker: Worker,
}

#[derive(Serialize, Deserialize)]
struct Work {
    worker: Worker,
    /// Which process it was.
    before: Identity,
}

impl ChangeOperation for HarvestRestartWorker {
    const META: Meta = Meta {
        name: "harvest restart-worker",
        short: &[],
        summary: "Restart the gather or the fetch worker.",
        risk: Risk::Partly,
        example: "harvest restart-worker gather --reason \"It hangs on one source\" --ticket 51241",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        site.prove().await?;
        let worker = arguments.worker;
        let name = worker.service().name();
        must_be_configured(site, worker)?;
        let status = site.services().status(worker.service()).await?;
        let jobs: Vec<HarvestJob> =
            HarvestJob::open(site, None).await?.into_iter().filter(|job| worker.may_have(job)).collect();
        let before = Identity::of(&status);
        Ok(Plan {
            targets: vec![worker.target()],
            shown: shown(site, worker, &status, &jobs).await?,
            effects: effects(worker),
            warnings: warnings(worker, &before, &jobs),
            irreversible: vec!["What the worker has in hand is cut off where it is.".to_owned()],
            facts: [("Worker".to_owned(), name.to_owned()), ("Its process".to_owned(), before.to_string())]
                .into(),
            work: json!(Work { worker, before }),
            ..Plan::of(format!("Restart the {name} worker of {}", site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        progress.doing("Restarting the worker");
        let restarted = site.services().restart(work.worker.service(), &mut |_| ()).await?;
        restarted.or_failed().map(|_| ())
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let Work { worker, before } = work(plan)?;
        let mut pauses = LOOK_AGAIN_AFTER.into_iter();
        loop {
            let seen = judge(worker, &before, &site.services().status(worker.service()).await?);
            match pauses.next() {
                Some(pause) if !matches!(seen, Sighting::Happened(_)) => tokio::time::sleep(pause).await,
                _ => return Ok(seen),
            }
        }
    }

    /// The purge ends harvests one by one, which a worker that comes back would begin again.
    fn never_beside(&self) -> &'static [&'static str] {
        &["harvest purge-queues"]
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("service restart", Cause::BadRequest))
}

fn must_be_configured(site: &Site, worker: Worker) -> Result<(), PlanError> {
    let settings = site.services().settings(worker.service());
    let missing = match settings {
        Some(settings) if settings.restart.is_none() => "restart",
        Some(settings) if settings.status.is_none() => "status",
        Some(_) => return Ok(()),
        None => "restart and status",
    };
    Err(PlanError::Refused(format!(
        "The bot does not know how to do this: nobody has configured the {missing} command of the {} worker on {}. \
         Whoever runs the bot has to add it to the services of this environment.",
        worker.service(),
        site.environment
    )))
}

fn judge(worker: Worker, before: &Identity, status: &Finished) -> Sighting {
    let now = Identity::of(status);
    let said = last_line(status);
    if !status.exit.is_zero() {
        return Sighting::NotHappened(vec![format!("Its status command says that it is not well: {said}")]);
    }
    match before.compare(&now) {
        identity::Compared::Another => Sighting::Happened(vec![format!(
            "The {} worker runs as another process than before: {now}.",
            worker.service()
        )]),
        identity::Compared::TheSame => Sighting::NotHappened(vec![format!(
            "The {} worker is still the same process as before: {now}.",
            worker.service()
        )]),
        identity::Compared::NobodyKnows => Sighting::Partly(vec![format!(
            "The {} worker runs, but its status does not tell which process it is, so I cannot see whether it was \
             restarted: {said}",
            worker.service()
        )]),
    }
}

/// The last thing that a status command printed, as it may be seen.
fn last_line(status: &Finished) -> String {
    status.tail.last().map_or_else(|| "nothing".to_owned(), |line| line.text.clone())
}

async fn shown(
    site: &Site,
    worker: Worker,
    status: &Finished,
    jobs: &[HarvestJob],
) -> Result<Vec<(String, String)>, CallError> {
    let label = match worker {
        Worker::Gather => "Harvests not gathered yet",
        Worker::Fetch => "Harvests being imported",
    };
    let mut shown = vec![
        ("Worker".to_owned(), worker.service().name().to_owned()),
        ("Its status".to_owned(), last_line(status)),
        (label.to_owned(), jobs.len().to_string()),
    ];
    for job in jobs.iter().take(MOST) {
        let source = HarvestSource::show(site, &job.source_id.to_string()).await?;
        shown.push((source.name, format!("since {}; objects: {}", job.created_for_people(), objects(job))));
    }
    Ok(shown)
}

fn effects(worker: Worker) -> Vec<String> {
    vec![match worker {
        Worker::Gather => {
            "The worker ends what it is doing, starts anew and takes the next harvest from the queue."
                .to_owned()
        }
        Worker::Fetch => {
            "The worker ends what it is doing, starts anew and takes the next object from the queue."
                .to_owned()
        }
    }]
}

fn warnings(worker: Worker, before: &Identity, jobs: &[HarvestJob]) -> Vec<String> {
    let mut warnings = vec![];
    if !jobs.is_empty() {
        warnings.push(match worker {
            Worker::Gather => "If it has one of these harvests in hand, that one stays running without going on, until \
                               `harvester run` queues it again after two hours. To begin it anew at once: `/ckan harvest \
                               restart` and the source."
                .to_owned(),
            Worker::Fetch => "The object it has in hand stays open until `harvester run` queues it again after three \
                              minutes."
                .to_owned(),
        });
    }
    if before.is_unknown() {
        warnings.push(
            "Its status does not tell which process it is, so the bot cannot see afterwards whether it was restarted."
                .to_owned(),
        );
    }
    warnings
}
