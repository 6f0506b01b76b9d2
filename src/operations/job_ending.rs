//! Ends harvest jobs, and looks whether they have ended.
//!
//! Guarantees that each job is ended by its own id whatever comes of the others, and counts as ended only when CKAN itself calls it finished and,
//! where the bot may look into the database, none of its objects is left open. Leaves what the workers still do to them:
//! no abort stops a worker.

use uuid::Uuid;

use super::progress::Step;
use super::{Progress, Sighting};
use crate::ckan::harvest::job::{HarvestJob, JobStatus};
use crate::ckan::{CallError, Effect, Site};

/// Ends these jobs, one after the other. One that cannot be ended keeps none of the others from it: they may have lost
/// their place in the queues already. The first failure is told at the end.
pub(super) async fn end(
    site: &Site,
    jobs: &[Uuid],
    progress: &Progress,
    doing: &str,
) -> Result<(), CallError> {
    let total = u64::try_from(jobs.len()).ok();
    let (mut first, mut untouched) = (None, true);
    for (done, job) in (0u64..).zip(jobs) {
        progress.step(Step { done, total, doing: doing.to_owned() });
        match HarvestJob::abort(site, *job).await {
            Ok(()) => untouched = false,
            Err(error) => {
                untouched &= error.effect == Effect::NotApplied;
                first.get_or_insert(error);
            }
        }
    }
    match first {
        None => Ok(()),
        // Once one may be ended, a refusal of another does not mean that nothing was done.
        Some(error) if untouched => Err(error),
        Some(error) => Err(CallError { effect: Effect::Unknown, ..error }),
    }
}

/// Whether all these jobs have ended.
pub(super) async fn ended(site: &Site, jobs: &[Uuid]) -> Result<Sighting, CallError> {
    let (mut ended, mut open) = (vec![], vec![]);
    for id in jobs {
        match HarvestJob::show(site, *id).await? {
            None => ended.push(format!("CKAN no longer has the job {id}.")),
            Some(job) if job.is_open() => open.push(still_open(&job)),
            Some(job) => match unfinished(site, *id).await? {
                0 => ended.push(over(&job)),
                left => open.push(format!(
                    "CKAN has the job {id} as finished, but {left} of its objects are not: those that wait are queued \
                     again at the next `harvester run`."
                )),
            },
        }
    }
    Ok(match (ended.is_empty(), open.is_empty()) {
        (_, true) => Sighting::Happened(ended),
        (true, false) => Sighting::NotHappened(open),
        (false, false) => Sighting::Partly([ended, open].concat()),
    })
}

/// How many of its objects are neither complete nor in error. Only the database tells: where the bot may not look into
/// it, CKAN's own word for the job has to do.
async fn unfinished(site: &Site, job: Uuid) -> Result<i64, CallError> {
    match site.database() {
        Some(database) => database.read().unfinished_harvest_objects(job).await,
        None => Ok(0),
    }
}

fn still_open(job: &HarvestJob) -> String {
    let word = match &job.status {
        JobStatus::New => "new",
        JobStatus::Running => "running",
        JobStatus::Finished => "finished",
        JobStatus::Other(word) => word,
    };
    format!("CKAN still has the job {} as {word}.", job.id)
}

fn over(job: &HarvestJob) -> String {
    let counts = job.counts;
    let mut sentence = format!("CKAN has the job {} as finished.", job.id);
    if counts.gathered() > 0 {
        sentence = format!("{sentence} Its {} objects: {counts}.", counts.gathered());
    }
    if counts.open > 0 {
        sentence.push_str(" What is open there is not imported any more.");
    }
    sentence
}
