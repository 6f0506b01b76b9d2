//! Rows of ckanext-harvest as its actions show them.
//!
//! Guarantees: its keys, its nulls and its counting: an object that has nothing to report yet is counted under
//! `null`, and an object or a gather with errors counts as errored.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::catalogue::Catalogue;
use super::super::rows::{Kind, Package};
use super::super::views::put;
use super::rows::{Harvest, Job, Object};

/// Messages of an error summary.
const SUMMARY: usize = 20;

/// The answer of `harvest_source_show_status`, which `harvest_source_show` repeats under `status`.
pub(in super::super) fn status(catalogue: &Catalogue, source: &Package) -> Value {
    let harvest = &catalogue.harvest;
    let Some(last) = harvest.jobs_of(&source.id).next() else {
        return json!({"job_count": 0, "last_job": Value::Null, "total_datasets": 0});
    };
    let current = harvest.objects.iter().filter(|object| object.current && object.source_id == source.id);
    let public = current.filter(|object| {
        let package = object.package_id.as_deref().and_then(|id| catalogue.package(id));
        package.is_some_and(Package::is_public)
    });
    json!({
        "job_count": harvest.jobs_of(&source.id).count(),
        "last_job": job(harvest, last, true),
        "total_datasets": public.count(),
    })
}

/// A job; only a list of jobs is without the summaries of errors.
pub(in super::super) fn job(harvest: &Harvest, job: &Job, with_errors: bool) -> Value {
    let mut shown = json!({
        "id": job.id,
        "source_id": job.source_id,
        "status": job.status,
        "created": job.created,
        "gather_started": job.gather_started,
        "gather_finished": job.gather_finished,
        "finished": job.finished,
        "stats": stats(harvest, job),
    });
    if with_errors {
        let objects = harvest.objects_of(&job.id).flat_map(|object| &object.errors);
        put(&mut shown, "object_error_summary", summary(objects));
        put(&mut shown, "gather_error_summary", summary(job.gather_errors.iter()));
    }
    shown
}

fn stats(harvest: &Harvest, job: &Job) -> Value {
    let mut stats = Map::new();
    for name in ["added", "updated", "not modified", "errored", "deleted"] {
        stats.insert(name.to_owned(), json!(0));
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut with_errors = 0;
    for object in harvest.objects_of(&job.id) {
        *counts.entry(object.report.unwrap_or("null")).or_default() += 1;
        with_errors += u64::from(!object.errors.is_empty());
    }
    let reported = counts.get("errored").copied().unwrap_or(0);
    for (name, count) in counts {
        stats.insert(name.to_owned(), json!(count));
    }
    let objects = if with_errors > 0 { with_errors } else { reported };
    stats.insert("errored".to_owned(), json!(objects + job.gather_errors.len() as u64));
    Value::Object(stats)
}

/// The most frequent message first.
fn summary<'a>(messages: impl Iterator<Item = &'a String>) -> Value {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for message in messages {
        *counts.entry(message).or_default() += 1;
    }
    let mut rows: Vec<(&str, u64)> = counts.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    let rows = rows.into_iter().take(SUMMARY);
    json!(rows.map(|(message, count)| json!({"message": message, "error_count": count})).collect::<Vec<_>>())
}

/// The answer of `harvest_job_report`.
pub(super) fn report(harvest: &Harvest, job: &Job) -> Value {
    let mut objects = Map::new();
    for object in harvest.objects_of(&job.id).filter(|object| !object.errors.is_empty()) {
        let errors: Vec<Value> = object
            .errors
            .iter()
            .map(|message| json!({"message": message, "line": Value::Null, "type": "Import"}))
            .collect();
        objects.insert(object.id.clone(), json!({"guid": object.guid, "errors": errors}));
    }
    let gather = job.gather_errors.iter().rev().map(|message| json!({"message": message}));
    json!({"gather_errors": gather.collect::<Vec<_>>(), "object_errors": objects})
}

/// A row of `harvest_source_list`, which comes from ckanext-harvest's own table and has no slug.
pub(super) fn source(catalogue: &Catalogue, source: &Package) -> Value {
    let Kind::Harvest { source_type, config } = &source.kind else { return Value::Null };
    let jobs =
        |status: &'static str| catalogue.harvest.jobs_of(&source.id).filter(move |job| job.status == status);
    let count = catalogue.harvest.jobs_of(&source.id).count();
    let status = if count == 0 {
        json!({"job_count": 0, "next_harvest": "", "last_harvest_request": "", "msg": "No jobs yet"})
    } else {
        let gathered = |job: &Job| job.gather_finished.clone().unwrap_or_else(|| "None".to_owned());
        json!({
            "job_count": count,
            "next_harvest": if jobs("New").next().is_some() { "Scheduled" } else { "Not yet scheduled" },
            "last_harvest_request":
                jobs("Finished").next().map_or_else(|| "Not yet harvested".to_owned(), gathered),
        })
    };
    json!({
        "id": source.id,
        "url": source.fields.url,
        "title": source.fields.title,
        "description": source.fields.notes,
        "config": config,
        "created": source.created.replace('T', " "),
        "type": source_type,
        "active": source.fields.state == "active",
        "user_id": "",
        "publisher_id": "",
        "frequency": "MANUAL",
        "next_run": Value::Null,
        "publisher_title": "",
        "status": status,
    })
}

/// The answer of `harvest_object_show`.
pub(super) fn object(object: &Object) -> Value {
    let errors: Vec<Value> = object
        .errors
        .iter()
        .map(|message| json!({"harvest_object_id": object.id, "message": message, "stage": "Import", "line": Value::Null}))
        .collect();
    let mut shown = json!({
        "id": object.id,
        "guid": object.guid,
        "current": object.current,
        "state": object.state,
        "report_status": object.report,
        "source": object.source_id,
        "harvest_source_id": object.source_id,
        "job": object.job_id,
        "harvest_job_id": object.job_id,
        "package_id": object.package_id,
        "content": "{}",
        "gathered": object.gathered,
        "fetch_started": object.started,
        "fetch_finished": object.finished,
        "import_started": object.started,
        "import_finished": object.finished,
        "metadata_modified_date": Value::Null,
        "retry_times": object.retry_times,
        "errors": errors,
        "extras": {},
    });
    if let Some(package) = &object.package_id {
        put(&mut shown, "package", json!(package));
    }
    shown
}
