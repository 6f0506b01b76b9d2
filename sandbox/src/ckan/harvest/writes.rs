//! The actions of ckanext-harvest that start, stop and finish jobs.
//!
//! Guarantees: a job that exists already, a deactivated source and a missing argument are each a 500 that says
//! nothing, as in ckanext-harvest 1.6.3; an abort ends the job in the database and stops no consumer; only
//! `harvest_jobs_run` lets a job that has done its work be finished.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::catalogue::Catalogue;
use super::super::refusal::Refusal;
use super::reads::{is_source, missing_source, no_source};
use super::rows::Job;
use super::views;

/// How long a gather that somebody has begun may take before `harvest_jobs_run` puts its job into the queue again.
const GATHER_IS_LOST: SignedDuration = SignedDuration::from_secs(7200);

/// Why there is no new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum NoJob {
    /// The source is deactivated.
    Inactive,
    /// It has one that is new or running.
    Exists,
}

pub(in super::super) fn harvest_job_create(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("source_id").map(str::to_owned).ok_or(Refusal::Internal)?;
    call.effect.id = Some(wanted.clone());
    if !call.is_sysadmin() {
        let package = call.catalogue.package(&wanted).ok_or_else(no_source)?;
        if !call.may_edit(package) {
            let detail = format!("User not authorized to create a job for source {wanted}");
            return Err(Refusal::NotAuthorized(detail));
        }
    }
    let run = call.args.get("run").is_none_or(is_true_in_python);
    let by_id = call.catalogue.package(&wanted).filter(|package| package.id == wanted && is_source(package));
    let source = by_id.ok_or_else(|| missing_source(&wanted))?.id.clone();
    let job = create_job(call.catalogue, &source, run, call.now).map_err(|_| Refusal::Internal)?;
    call.effect.changed = true;
    Ok(views::job(&call.catalogue.harvest, &job, true))
}

/// A new job of a source, in the gather queue where it shall run.
pub(in super::super) fn create_job(
    catalogue: &mut Catalogue,
    source_id: &str,
    run: bool,
    now: Timestamp,
) -> Result<Job, NoJob> {
    if catalogue.package(source_id).is_none_or(|source| source.fields.state != "active") {
        return Err(NoJob::Inactive);
    }
    let harvest = &mut catalogue.harvest;
    if harvest.jobs_of(source_id).any(|job| job.status != "Finished") {
        return Err(NoJob::Exists);
    }
    let mut job = harvest.add_job(source_id, now);
    if run {
        job.status = "Running";
        if let Some(row) = harvest.job_mut(&job.id) {
            row.status = "Running";
        }
        harvest.gather_queue.push_back((job.id.clone(), now));
    }
    Ok(job)
}

/// What Python takes for true: any text but an empty one, the word `false` too.
fn is_true_in_python(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

pub(in super::super) fn harvest_job_abort(call: &mut Call<'_>) -> Result<Value, Refusal> {
    only_sysadmins(call)?;
    let wanted = call.text("source_id").or_else(|| call.text("id")).map(str::to_owned);
    let wanted = wanted.ok_or(Refusal::Internal)?;
    let (job, changed) = abort(call.catalogue, &wanted)?;
    call.effect.id = Some(job.id.clone());
    call.effect.changed = changed;
    Ok(views::job(&call.catalogue.harvest, &job, true))
}

/// Ends a job by its id, or the latest job of a source by its id or name. Says whether a row is different for it.
pub(in super::super) fn abort(catalogue: &mut Catalogue, wanted: &str) -> Result<(Job, bool), Refusal> {
    let source = catalogue.package(wanted).map(|package| package.id.clone());
    let harvest = &mut catalogue.harvest;
    let job = match source.as_deref() {
        None => harvest.job(wanted).ok_or(Refusal::NotFound(None))?,
        Some(source) => {
            let none = || Refusal::NotFound(Some("Error: source has no jobs".to_owned()));
            harvest.jobs_of(source).next().ok_or_else(none)?
        }
    };
    let mut job = job.clone();
    let mut changed = job.status != "Finished";
    job.status = "Finished";
    if let Some(row) = harvest.job_mut(&job.id) {
        row.status = "Finished";
    }
    for object in harvest.objects.iter_mut().filter(|object| object.job_id == job.id && !object.is_done()) {
        object.state = "ERROR";
        changed = true;
    }
    Ok((job, changed))
}

/// Always an empty list, whatever it did.
pub(in super::super) fn harvest_jobs_run(call: &mut Call<'_>) -> Result<Value, Refusal> {
    only_sysadmins(call)?;
    let source = call.text("source_id").map(str::to_owned);
    call.effect.id.clone_from(&source);
    call.effect.changed = finish_jobs(call.catalogue, source.as_deref(), call.now);
    Ok(json!([]))
}

/// Finishes the running jobs that have nothing left to do, and puts back what the queues have lost. Says whether
/// anything is different for it.
pub(in super::super) fn finish_jobs(catalogue: &mut Catalogue, source: Option<&str>, now: Timestamp) -> bool {
    let harvest = &mut catalogue.harvest;
    let mut finished: Vec<(String, Option<String>)> = Vec::new();
    for job in harvest.jobs.iter().filter(|job| job.status == "Running") {
        let is_meant = source.is_none_or(|source| job.source_id == source);
        let is_done = harvest.objects_of(&job.id).all(super::Object::is_done);
        if is_meant && is_done && job.gather_finished.is_some() {
            let last = harvest.objects_of(&job.id).filter_map(|object| object.finished.clone()).max();
            finished.push((job.id.clone(), last.or_else(|| job.gather_finished.clone())));
        }
    }
    let mut changed = !finished.is_empty();
    for (id, at) in finished {
        if let Some(job) = harvest.job_mut(&id) {
            job.status = "Finished";
            job.finished = at;
        }
    }
    let mut lost = Vec::new();
    for job in harvest.jobs.iter().filter(|job| job.status == "Running" && job.gather_finished.is_none()) {
        let since = harvest.markers.get(&job.id).copied();
        if since.is_some_and(|since| now.duration_since(since) > GATHER_IS_LOST) {
            lost.push(job.id.clone());
        }
    }
    for id in lost {
        harvest.markers.remove(&id);
        harvest.gather_queue.push_back((id, now));
        changed = true;
    }
    let waiting = harvest.objects.iter().filter(|object| object.state == "WAITING");
    let is_queued = |id: &str| harvest.fetch_queue.iter().any(|(queued, _)| queued == id);
    let missing: Vec<String> =
        waiting.filter(|object| !is_queued(&object.id)).map(|object| object.id.clone()).collect();
    for id in missing {
        harvest.fetch_queue.push_back((id, now));
        changed = true;
    }
    changed
}

/// Any package will do; it is put into the index again.
pub(in super::super) fn harvest_source_reindex(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.needed("id")?;
    let package = call.catalogue.package(&wanted).ok_or_else(no_source)?;
    let id = package.id.clone();
    if !call.may_edit(package) {
        return Err(call.denied("update harvest source", &wanted));
    }
    call.effect.id = Some(id.clone());
    if call.search_is_down {
        return Err(Refusal::SearchIndex);
    }
    call.effect.changed = call.catalogue.index.put(&id);
    Ok(json!(true))
}

/// Anybody else is refused, and an anonymous visitor with a 500: the question itself fails.
fn only_sysadmins(call: &Call<'_>) -> Result<(), Refusal> {
    match &call.caller {
        None => Err(Refusal::Internal),
        Some(user) if user.sysadmin => Ok(()),
        Some(_) => Err(Refusal::NotAuthorized("Only sysadmins can run the pending harvest jobs".to_owned())),
    }
}
