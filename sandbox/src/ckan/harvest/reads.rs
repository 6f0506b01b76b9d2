//! The actions of ckanext-harvest that only read.
//!
//! Guarantees: who may ask is ckanext-harvest's own answer, its 500s included: a list of jobs without a source is for
//! sysadmins, and to anybody else an error that nobody caught.

use serde_json::{Value, json};

use super::super::call::{Call, truth};
use super::super::refusal::Refusal;
use super::super::rows::{Kind, Package};
use super::super::views as package_views;
use super::rows::Job;
use super::views;

/// Rows of `harvest_source_list`.
const MOST_SOURCES: usize = 100;

/// Any package will do: like the real one, it only adds `active` to what `package_show` says.
pub(in super::super) fn harvest_source_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    if let (None, Some(url)) = (call.text("id"), call.text("url")) {
        let mut sources = call.catalogue.packages.iter().filter(|package| is_source(package));
        let id = sources.find(|source| source.fields.url == url).map(|source| source.id.clone());
        call.args.insert("id".to_owned(), json!(id.ok_or(Refusal::NotFound(None))?));
    }
    let wanted = call.text("id").or_else(|| call.text("name_or_id"));
    let wanted = wanted.ok_or_else(|| Refusal::missing("name_or_id"))?;
    let package = call.readable_package(wanted)?;
    let mut shown = package_views::package(call.catalogue, package);
    let active = shown.get("state").is_some_and(|state| state == "active");
    package_views::put(&mut shown, "active", json!(active));
    Ok(shown)
}

/// By id only, although its own documentation says id or name.
pub(in super::super) fn harvest_source_show_status(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("id").ok_or(Refusal::Internal)?;
    let package = call.catalogue.package(wanted);
    if !call.is_sysadmin() {
        // Only who is not a sysadmin is asked for permission, and that question looks the package up.
        let package = package.ok_or_else(no_source)?;
        if !call.may_read(package) {
            return Err(call.denied("read harvest source", wanted));
        }
    }
    let source = package.filter(|package| package.id == wanted && is_source(package));
    Ok(views::status(call.catalogue, source.ok_or_else(|| missing_source(wanted))?))
}

/// The newest sources first, and no more than a hundred; nothing at all for somebody who is no sysadmin.
#[expect(clippy::unnecessary_wraps, reason = "every action has this shape")]
pub(in super::super) fn harvest_source_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    if call.caller.is_some() && !call.is_sysadmin() {
        return Ok(json!([]));
    }
    let only_active = truth(call.args.get("only_active"));
    let organisation = call.text("organization_id");
    let mut sources: Vec<&Package> = call
        .catalogue
        .packages
        .iter()
        .filter(|package| is_source(package))
        .filter(|source| !only_active || source.fields.state == "active")
        .filter(|source| organisation.is_none_or(|wanted| source.owner_org == wanted))
        .collect();
    sources.sort_by(|a, b| b.created.cmp(&a.created));
    let with_job = truth(call.args.get("return_last_job_status"));
    let shown = sources.into_iter().take(MOST_SOURCES).map(|source| {
        let mut shown = views::source(call.catalogue, source);
        if with_job {
            let last = views::status(call.catalogue, source).get("last_job").cloned();
            package_views::put(&mut shown, "last_job_status", json!(last));
        }
        shown
    });
    Ok(json!(shown.collect::<Vec<_>>()))
}

/// All jobs, of a source or with a status, the newest first. A source is not looked up: an unknown one has no jobs.
pub(in super::super) fn harvest_job_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let source = call.text("source_id");
    if !call.is_sysadmin() {
        let wanted = source.ok_or(Refusal::Internal)?;
        may_update(call, wanted, "list jobs for source")?;
    }
    let status = call.text("status");
    let harvest = &call.catalogue.harvest;
    let jobs = harvest.jobs.iter().rev();
    let jobs = jobs.filter(|job| source.is_none_or(|source| job.source_id == source));
    let jobs = jobs.filter(|job| status.is_none_or(|status| job.status == status));
    Ok(json!(jobs.map(|job| views::job(harvest, job, false)).collect::<Vec<_>>()))
}

pub(in super::super) fn harvest_job_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let job = readable_job(call)?;
    Ok(views::job(&call.catalogue.harvest, job, true))
}

pub(in super::super) fn harvest_job_report(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let job = readable_job(call)?;
    Ok(views::report(&call.catalogue.harvest, job))
}

pub(in super::super) fn harvest_object_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let missing = || Refusal::NotFound(Some("Harvest object not found".to_owned()));
    let harvest = &call.catalogue.harvest;
    let object = if let Some(id) = call.text("id") {
        harvest.objects.iter().find(|object| object.id == id)
    } else if let Some(dataset) = call.text("dataset_id") {
        let unknown = || Refusal::NotFound(Some("Dataset not found".to_owned()));
        harvest.current_object(&call.catalogue.package(dataset).ok_or_else(unknown)?.id)
    } else {
        return Err(Refusal::message("Please provide either an \"id\" or a \"dataset_id\" parameter"));
    };
    Ok(views::object(object.ok_or_else(missing)?))
}

fn readable_job<'a>(call: &'a Call<'_>) -> Result<&'a Job, Refusal> {
    let job = call.text("id").and_then(|id| call.catalogue.harvest.job(id));
    let job = job.ok_or(Refusal::NotFound(None))?;
    if !call.is_sysadmin() {
        may_update(call, &job.source_id, "see jobs from source")?;
    }
    Ok(job)
}

/// Whether the caller may change the source, which is what it takes to see its jobs.
fn may_update(call: &Call<'_>, source: &str, what: &str) -> Result<(), Refusal> {
    let package = call.catalogue.package(source).ok_or_else(no_source)?;
    if call.may_edit(package) { Ok(()) } else { Err(call.denied(what, source)) }
}

pub(super) fn is_source(package: &Package) -> bool {
    matches!(package.kind, Kind::Harvest { .. })
}

pub(super) fn no_source() -> Refusal {
    Refusal::NotFound(Some("Harvest source not found".to_owned()))
}

pub(super) fn missing_source(wanted: &str) -> Refusal {
    Refusal::NotFound(Some(format!("Harvest source {wanted} does not exist")))
}
