//! Finds a harvest job that was started, and watches it to its end.
//!
//! Guarantees that a job counts as started only when CKAN shows one that was not there when the plan was made, that its
//! thread hears of each stage once, and that errors are told in the harvester's words without addresses and secrets.
//! Leaves keeping the watch to `worker`.
//!
//! CKAN marks a job as finished only at the site's next `harvester run`, on data.gov.uk once an hour: so the result is
//! told once every object is done, and the mark when it comes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Look, Sighting, Watch};
use crate::ckan::harvest::job::{HarvestJob, JobError, JobStatus};
use crate::ckan::harvest::source::HarvestSource;
use crate::ckan::{CallError, Redaction, Site};

/// CKAN itself calls a job timed out after 12 hours without a sign of life.
const LONGEST: Duration = Duration::from_hours(13);
/// The pause before the first look; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// Errors that are told, and characters of each.
const ERRORS_TOLD: usize = 5;
const LONGEST_ERROR: usize = 300;

/// What a look tells the next one.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    job: Option<Uuid>,
    pause_s: u64,
    /// The end of the gathering was told.
    gathered: bool,
    /// So many quarters of the import were told.
    quarters: u64,
    /// The result was told.
    settled: bool,
}

/// The job of this source that came after `newest`, if there is one.
pub(super) async fn started(
    site: &Site,
    source: Uuid,
    newest: Option<Uuid>,
) -> Result<Option<HarvestJob>, CallError> {
    let last = HarvestSource::status(site, source).await?.last;
    Ok(last.filter(|job| Some(job.id) != newest))
}

/// Whether a job of this source came after `newest`, and is queued.
pub(super) async fn sighting(site: &Site, source: Uuid, newest: Option<Uuid>) -> Result<Sighting, CallError> {
    Ok(match started(site, source, newest).await? {
        None => Sighting::NotHappened(vec!["CKAN has no new harvest job of it.".to_owned()]),
        Some(job) if job.status == JobStatus::New => Sighting::Partly(vec![format!(
            "CKAN made the harvest job {}, but did not queue it: nothing will harvest it. Stop it, and ask again when \
             CKAN's Redis is up.",
            job.id
        )]),
        Some(job) => Sighting::Happened(vec![format!(
            "CKAN has the new harvest job {}, asked for {}. I watch it and tell here how it goes.",
            job.id,
            job.created_for_people()
        )]),
    })
}

/// The watch of a harvest that was just started.
pub(super) fn watch() -> Watch {
    Watch { first: FIRST_PAUSE, longest: LONGEST, memory: json!(Memory::default()) }
}

/// One look at the job of this source that came after `newest`.
pub(super) async fn look(
    site: &Site,
    source: Uuid,
    newest: Option<Uuid>,
    memory: &Value,
) -> Result<Look, CallError> {
    let memory = Memory::deserialize(memory).unwrap_or_default();
    let job = match memory.job {
        Some(id) => HarvestJob::show(site, id).await?,
        None => started(site, source, newest).await?,
    };
    Ok(match job {
        Some(job) => seen(&job, memory),
        None => Look::Over(vec![
            "CKAN no longer has this harvest job: somebody cleared the source's history.".to_owned(),
        ]),
    })
}

fn seen(job: &HarvestJob, mut memory: Memory) -> Look {
    let mut said = vec![];
    if job.gather_finished.is_some() && !memory.gathered && !job.is_settled() {
        said.push(format!("Gathered {} objects; they are being imported.", job.counts.gathered()));
    }
    memory.gathered |= job.gather_finished.is_some();
    let quarters = (job.counts.settled() * 4).checked_div(job.counts.gathered()).unwrap_or(0);
    if memory.gathered && !job.is_settled() && job.is_open() && quarters > memory.quarters {
        memory.quarters = quarters;
        let counts = job.counts;
        said.push(format!("Done so far: {} of {} objects: {counts}.", counts.settled(), counts.gathered()));
    }
    if job.is_settled() && !memory.settled {
        memory.settled = true;
        said.extend(result(job));
        if job.is_open() {
            said.push("CKAN marks it as finished at its next `harvester run`.".to_owned());
        }
    }
    if !job.is_open() {
        if !memory.settled {
            said.extend(cut_short(job));
        } else if said.is_empty() {
            said.push("CKAN has marked the harvest as finished.".to_owned());
        }
        return Look::Over(said);
    }
    memory.job = Some(job.id);
    memory.pause_s = (memory.pause_s * 2).clamp(FIRST_PAUSE.as_secs(), LONGEST_PAUSE.as_secs());
    Look::Again { pause: Duration::from_secs(memory.pause_s), memory: json!(memory), said }
}

/// How a harvest went of which every object is done.
fn result(job: &HarvestJob) -> Vec<String> {
    let gathered = job.counts.gathered();
    let first = match (gathered, job.errors.is_empty()) {
        (0, true) => "The harvest is done: there was nothing to import.".to_owned(),
        _ => format!("The harvest is done. Gathered {gathered} objects: {}.", job.counts),
    };
    [vec![first], errors(job)].concat()
}

/// How a harvest went that was over before every object was done.
fn cut_short(job: &HarvestJob) -> Vec<String> {
    let first = match job.counts.gathered() {
        0 => "The harvest was stopped, or timed out, before anything was gathered.".to_owned(),
        gathered => format!(
            "The harvest was stopped, or timed out, before it was done. Of {gathered} objects: {}.",
            job.counts
        ),
    };
    [vec![first], errors(job)].concat()
}

/// The most frequent errors.
pub(super) fn errors(job: &HarvestJob) -> Vec<String> {
    let mut errors: Vec<&JobError> = job.errors.iter().collect();
    errors.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.message.cmp(&other.message)));
    let more = errors.len().saturating_sub(ERRORS_TOLD);
    let mut said: Vec<String> = errors.into_iter().take(ERRORS_TOLD).map(error).collect();
    if more > 0 {
        said.push(format!("And {more} other errors: the source's page on CKAN has them all."));
    }
    said
}

fn error(error: &JobError) -> String {
    let words = Redaction::default().line(&error.message.replace('`', "'"), false);
    let times = if error.count == 1 { "once".to_owned() } else { format!("{} times", error.count) };
    let mut short: String = words.chars().take(LONGEST_ERROR).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    format!("Error, {times}: {short}")
}
