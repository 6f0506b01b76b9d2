//! Ends harvest jobs, and looks whether they have ended.
//!
//! Guarantees that each job is ended by its own id whatever comes of the others, and counts as ended only when CKAN
//! itself calls it finished and, where the bot may look into the database, none of its objects is left open; a finished
//! one with open objects is ended in part. Leaves what the workers still do to them: no abort stops a worker.

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

/// Whether all these jobs have ended, with what they had left to do.
pub(super) async fn ended(site: &Site, jobs: &[Uuid]) -> Result<Sighting, CallError> {
    let mut found = Found::default();
    for id in jobs {
        if !found.add(*id, HarvestJob::show(site, *id).await?) {
            continue;
        }
        match unfinished(site, *id).await? {
            0 => {}
            left => found.left_over(*id, left),
        }
    }
    Ok(found.sighting())
}

/// Whether CKAN calls all these jobs finished. A worker that has an object in hand may take hours over it: what does
/// not wait for the workers asks for no more than this.
pub(super) async fn called_finished(site: &Site, jobs: &[Uuid]) -> Result<Sighting, CallError> {
    let mut found = Found::default();
    for id in jobs {
        found.add(*id, HarvestJob::show(site, *id).await?);
    }
    Ok(found.sighting())
}

/// What became of some jobs, a sentence each.
#[derive(Default)]
struct Found {
    over: Vec<String>,
    /// What jobs that are over left behind.
    left: Vec<String>,
    open: Vec<String>,
}

impl Found {
    /// Takes in what CKAN shows of a job; true where that is one that is over.
    fn add(&mut self, id: Uuid, shown: Option<HarvestJob>) -> bool {
        match shown {
            None => self.over.push(format!("CKAN no longer has the job {id}.")),
            Some(job) if job.is_open() => self.open.push(still_open(&job)),
            Some(job) => {
                self.over.push(over(&job));
                return true;
            }
        }
        false
    }

    /// Takes in that a job which is over has so many objects that are not.
    fn left_over(&mut self, id: Uuid, objects: i64) {
        self.left.push(format!(
            "{objects} of the objects of the job {id} are not over: one that the fetch worker has in hand it finishes, \
             and those that wait are queued again at the next `harvester run`."
        ));
    }

    fn sighting(self) -> Sighting {
        let Self { over, left, open } = self;
        match (over.is_empty(), left.is_empty() && open.is_empty()) {
            (_, true) => Sighting::Happened(over),
            (true, false) => Sighting::NotHappened(open),
            (false, false) => Sighting::Partly([over, left, open].concat()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(over: &[&str], left: &[i64], open: &[&str]) -> Sighting {
        let sentences = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let mut found = Found { over: sentences(over), left: vec![], open: sentences(open) };
        for objects in left {
            found.left_over(Uuid::nil(), *objects);
        }
        found.sighting()
    }

    #[test]
    fn a_job_that_is_over_with_open_objects_is_ended_in_part_and_never_called_open() {
        assert!(matches!(found(&["over"], &[], &[]), Sighting::Happened(_)));
        assert!(matches!(found(&[], &[], &["open"]), Sighting::NotHappened(_)));
        assert!(matches!(found(&["over"], &[], &["open"]), Sighting::Partly(_)));
        let Sighting::Partly(seen) = found(&["over"], &[1], &[]) else { panic!("the job is over") };
        assert_eq!(seen.len(), 2);
        assert!(seen[1].starts_with("1 of the objects"), "{seen:?}");
    }
}
