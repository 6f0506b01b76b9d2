//! What ckanext-harvest 1.6.3 knows and does: sources, jobs, objects, the two queues and the two consumers.
//!
//! Guarantees: a seeded source that brought datasets has one finished job that added them, a source that brought none
//! has no job; a job is gathered and its objects are imported as the sandbox's clock goes on, by one gather and one
//! fetch consumer, each of which does one thing at a time. Leaves real harvesters and real remote sites to the CKAN
//! lab.

mod consumers;
pub(super) mod control;
mod reads;
mod remote;
mod rows;
mod views;
mod writes;

pub(super) use consumers::{Consumer, Does};
pub(super) use reads::{
    harvest_job_list, harvest_job_report, harvest_job_show, harvest_object_show, harvest_source_list,
    harvest_source_show, harvest_source_show_status,
};
pub(super) use remote::Remote;
pub(super) use rows::{Harvest, Object};
pub(super) use views::{job as shown_job, status};
pub(super) use writes::{
    NoJob, abort, create_job, finish_jobs, harvest_job_abort, harvest_job_create, harvest_jobs_run,
    harvest_source_reindex,
};

use super::catalogue::Catalogue;
use super::rows::{Kind, Package};

/// The harvest source that brought this dataset.
pub(super) fn source_of<'a>(catalogue: &'a Catalogue, package: &Package) -> Option<&'a Package> {
    let Kind::Dataset { harvested_from: Some(source) } = &package.kind else { return None };
    catalogue.package(source)
}

/// The harvest object that says where a dataset came from.
pub(super) fn object_id(catalogue: &Catalogue, package: &Package) -> Option<String> {
    catalogue.harvest.current_object(&package.id).map(|object| object.id.clone())
}
