//! The tables and queues of ckanext-harvest.
//!
//! Guarantees: rows are what ckanext-harvest stores, times as it prints them (UTC, a blank in the middle, no zone);
//! rows are kept in the order in which they were made. Leaves who changes them to [`super::writes`] and
//! [`super::consumers`].

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::super::catalogue::Catalogue;
use super::super::clock::ckan_time;
use super::super::rows::{Kind, Package};
use super::super::seed::seeded_id;
use super::{Consumer, Remote, source_of};

/// A harvest job.
#[derive(Debug, Clone)]
pub(in super::super) struct Job {
    pub(in super::super) id: String,
    pub(in super::super) source_id: String,
    /// `New`, `Running` or `Finished`: there is no other.
    pub(in super::super) status: &'static str,
    pub(in super::super) created: String,
    pub(in super::super) gather_started: Option<String>,
    pub(in super::super) gather_finished: Option<String>,
    pub(in super::super) finished: Option<String>,
    pub(in super::super) gather_errors: Vec<String>,
}

/// A harvest object: one dataset of the remote, as one job saw it.
#[derive(Debug, Clone)]
pub(in super::super) struct Object {
    pub(in super::super) id: String,
    /// What the remote calls it; its id, with CKAN's own harvester.
    pub(in super::super) guid: String,
    pub(in super::super) job_id: String,
    pub(in super::super) source_id: String,
    pub(in super::super) package_id: Option<String>,
    pub(in super::super) current: bool,
    /// `WAITING`, `FETCH`, `IMPORT`, `COMPLETE` or `ERROR`.
    pub(in super::super) state: &'static str,
    /// `added`, `updated`, `not modified`, `errored` or `deleted`, once there is something to report.
    pub(in super::super) report: Option<&'static str>,
    pub(in super::super) gathered: String,
    pub(in super::super) started: Option<String>,
    pub(in super::super) finished: Option<String>,
    pub(in super::super) errors: Vec<String>,
    pub(in super::super) retry_times: u32,
    /// Which of the remote's datasets it is, from 0.
    pub(in super::super) position: usize,
}

impl Object {
    pub(in super::super) fn is_done(&self) -> bool {
        matches!(self.state, "COMPLETE" | "ERROR")
    }
}

/// Something that waits in a queue, and since when.
pub(super) type Queued = (String, Timestamp);

/// Everything that ckanext-harvest keeps.
#[derive(Debug, Default)]
pub(in super::super) struct Harvest {
    pub(in super::super) jobs: Vec<Job>,
    pub(in super::super) objects: Vec<Object>,
    /// Ids of jobs that nobody has begun to gather.
    pub(in super::super) gather_queue: VecDeque<Queued>,
    /// Ids of objects that nobody has begun to fetch.
    pub(in super::super) fetch_queue: VecDeque<Queued>,
    pub(in super::super) gather: Consumer,
    pub(in super::super) fetch: Consumer,
    /// No consumer: the catalogue service that stands beside CKAN and can be restarted as well.
    pub(in super::super) csw: Consumer,
    /// What the remote of each source offers, by the source's id.
    pub(in super::super) remotes: HashMap<String, Remote>,
    /// When the gather of a job was begun that nobody has told the end of: a killed consumer leaves it behind.
    pub(in super::super) markers: HashMap<String, Timestamp>,
    /// A `harvester run` of its own every so many seconds, as a site's cron does it; and when the last one was.
    pub(in super::super) cron: Option<(u64, Timestamp)>,
    made: u64,
}

impl Harvest {
    pub(in super::super) fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub(in super::super) fn job_mut(&mut self, id: &str) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// The source's jobs, the newest first.
    pub(in super::super) fn jobs_of<'a>(&'a self, source_id: &'a str) -> impl Iterator<Item = &'a Job> {
        self.jobs.iter().rev().filter(move |job| job.source_id == source_id)
    }

    pub(in super::super) fn objects_of<'a>(&'a self, job_id: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |object| object.job_id == job_id)
    }

    pub(in super::super) fn object_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.objects.iter_mut().find(|object| object.id == id)
    }

    pub(in super::super) fn current_object(&self, package_id: &str) -> Option<&Object> {
        let of_it = |object: &&Object| object.current && object.package_id.as_deref() == Some(package_id);
        self.objects.iter().rev().find(of_it)
    }

    /// An id that no row has yet, and that the same steps give again.
    pub(super) fn new_id(&mut self, kind: &str) -> String {
        self.made += 1;
        seeded_id(kind, &self.made.to_string()).to_string()
    }

    /// A new job in the state `New`, in no queue.
    pub(super) fn add_job(&mut self, source_id: &str, now: Timestamp) -> Job {
        let job = Job {
            id: self.new_id("harvest-job"),
            source_id: source_id.to_owned(),
            status: "New",
            created: harvest_time(now),
            gather_started: None,
            gather_finished: None,
            finished: None,
            gather_errors: Vec::new(),
        };
        self.jobs.push(job.clone());
        job
    }

    /// What is there when nothing has happened yet: one finished job for each source that brought datasets.
    pub(in super::super) fn seeded(catalogue: &Catalogue) -> Self {
        let mut harvest = Self::default();
        for source in &catalogue.packages {
            let Kind::Harvest { .. } = source.kind else { continue };
            let from_it =
                |package: &&Package| source_of(catalogue, package).is_some_and(|from| from.id == source.id);
            let brought: Vec<&Package> = catalogue.packages.iter().filter(from_it).collect();
            harvest.remotes.insert(source.id.clone(), Remote::at(&source.fields.url, &brought));
            if brought.is_empty() {
                continue;
            }
            let at = brought.iter().map(|package| package.seeded_modified.as_str()).max();
            let at = at.unwrap_or_default().replace('T', " ");
            let job_id = seeded_id("harvest-job", &source.seeded_name).to_string();
            for (position, package) in brought.into_iter().enumerate() {
                harvest.objects.push(seeded_object(&job_id, source, package, position, &at));
            }
            harvest.jobs.push(Job {
                id: job_id,
                source_id: source.id.clone(),
                status: "Finished",
                created: at.clone(),
                gather_started: Some(at.clone()),
                gather_finished: Some(at.clone()),
                finished: Some(at),
                gather_errors: Vec::new(),
            });
        }
        harvest.jobs.sort_by(|a, b| a.created.cmp(&b.created));
        harvest
    }
}

fn seeded_object(job_id: &str, source: &Package, package: &Package, position: usize, at: &str) -> Object {
    Object {
        id: seeded_id("harvest-object", &package.seeded_name).to_string(),
        guid: package.id.clone(),
        job_id: job_id.to_owned(),
        source_id: source.id.clone(),
        package_id: Some(package.id.clone()),
        current: true,
        state: "COMPLETE",
        report: Some("added"),
        gathered: at.to_owned(),
        started: Some(at.to_owned()),
        finished: Some(at.to_owned()),
        errors: Vec::new(),
        retry_times: 0,
        position,
    }
}

/// A time as ckanext-harvest prints it.
pub(super) fn harvest_time(at: Timestamp) -> String {
    ckan_time(at).replace('T', " ")
}
