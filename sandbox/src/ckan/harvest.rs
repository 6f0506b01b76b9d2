//! What ckanext-harvest knows: sources, their last job, and which dataset came from where.
//!
//! Guarantees: read-only; a source that brought datasets has one finished job that added them, a source that brought
//! none has no job. Leaves harvesting itself to the CKAN lab.

use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::rows::{Kind, Package};
use super::seed::seeded_id;

/// The harvest source that brought this dataset.
pub(super) fn source_of<'a>(catalogue: &'a Catalogue, package: &Package) -> Option<&'a Package> {
    let Kind::Dataset { harvested_from: Some(source) } = &package.kind else { return None };
    catalogue.package(source)
}

/// The harvest object of a harvested dataset: one for each, with the id that the seed gives it.
pub(super) fn object_id(package: &Package) -> String {
    seeded_id("harvest-object", &package.seeded_name).to_string()
}

fn job_id(source: &Package) -> String {
    seeded_id("harvest-job", &source.seeded_name).to_string()
}

/// The answer of `harvest_source_show_status`, which `harvest_source_show` repeats under `status`.
pub(super) fn status(catalogue: &Catalogue, source: &Package) -> Value {
    let brought: Vec<&Package> = catalogue
        .packages
        .iter()
        .filter(|package| source_of(catalogue, package).is_some_and(|from| from.id == source.id))
        .collect();
    if brought.is_empty() {
        return json!({"job_count": 0, "last_job": Value::Null, "total_datasets": 0});
    }
    let at = job_time(catalogue, source);
    json!({
        "job_count": 1,
        "last_job": {
            "id": job_id(source),
            "source_id": source.id,
            "status": "Finished",
            "created": at,
            "gather_started": at,
            "gather_finished": at,
            "finished": at,
            "stats": {"added": brought.len(), "updated": 0, "not modified": 0, "errored": 0, "deleted": 0},
            "object_error_summary": [],
            "gather_error_summary": [],
        },
        "total_datasets": brought.iter().filter(|package| package.is_public()).count(),
    })
}

/// When the source's one job ran, with the blank that ckanext-harvest puts into its times.
fn job_time(catalogue: &Catalogue, source: &Package) -> String {
    let from_here =
        |package: &&Package| source_of(catalogue, package).is_some_and(|from| from.id == source.id);
    let times = catalogue.packages.iter().filter(from_here).map(|package| package.seeded_modified.as_str());
    times.max().unwrap_or_default().replace('T', " ")
}

/// The answer of `harvest_object_show`.
pub(super) fn object(catalogue: &Catalogue, source: &Package, package: &Package) -> Value {
    let at = job_time(catalogue, source);
    json!({
        "id": object_id(package),
        "guid": package.id,
        "current": true,
        "state": "COMPLETE",
        "report_status": "added",
        "source": source.id,
        "harvest_source_id": source.id,
        "job": job_id(source),
        "harvest_job_id": job_id(source),
        "package": package.id,
        "package_id": package.id,
        "content": "{}",
        "gathered": at,
        "fetch_started": at,
        "fetch_finished": at,
        "import_started": at,
        "import_finished": at,
        "metadata_modified_date": Value::Null,
        "retry_times": 0,
        "errors": [],
        "extras": {},
    })
}
