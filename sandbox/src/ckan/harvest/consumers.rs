//! The gather consumer and the fetch consumer: what turns a queued job into datasets while time goes by.
//!
//! Guarantees: each does one thing at a time, in the order of its queue, and what is finished by now is finished at
//! its own time, not when somebody looks. As with ckanext-harvest, a gather goes on whatever became of its job, one
//! remote that does not answer keeps every other source waiting, and an object of a finished job is errored. Leaves
//! the end of a job to [`super::writes`]: no consumer marks one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::catalogue::Catalogue;
use super::super::clock::ckan_time;
use super::super::rows::{Fields, Kind, Package};
use super::rows::{Object, harvest_time};

/// What a consumer process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Does {
    /// What is in its queue.
    #[default]
    Work,
    /// Nothing: the process is down, or waits for the next step of a test.
    Stop,
    /// Nothing, and it is up: it waits for something that does not come.
    Hang,
}

/// A consumer process.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Consumer {
    pub(in super::super) does: Does,
    /// What it took from its queue, and when it began.
    pub(in super::super) busy: Option<(String, Timestamp)>,
    /// Since when it has been free for the next one.
    pub(in super::super) free: Option<Timestamp>,
    /// How often it was started.
    pub(in super::super) starts: u32,
}

impl Consumer {
    fn start_of(&self, queued: Timestamp) -> Timestamp {
        self.free.map_or(queued, |free| free.max(queued))
    }
}

impl Consumer {
    /// What the process does from now on. A process that ends forgets what it was busy with.
    pub(in super::super) fn turn_to(&mut self, does: Does, now: Timestamp) {
        if does == Does::Stop {
            self.busy = None;
        }
        if does == Does::Work && self.does == Does::Stop {
            self.starts += 1;
        }
        if self.does == Does::Stop {
            self.free = Some(now);
        }
        self.does = does;
    }

    /// Ends the process and starts a new one.
    pub(in super::super) fn restart(&mut self, now: Timestamp) {
        self.turn_to(Does::Stop, now);
        self.turn_to(Does::Work, now);
    }
}

fn after(start: Timestamp, takes: Duration) -> Timestamp {
    let takes = SignedDuration::try_from(takes).unwrap_or(SignedDuration::MAX);
    start.saturating_add(takes).unwrap_or(Timestamp::MAX)
}

impl Catalogue {
    /// Everything that the consumers have done by `now`.
    pub(in super::super) fn harvest_until(&mut self, now: Timestamp) {
        while self.gather_next(now) {}
        while self.fetch_next(now) {}
    }

    /// One more step of a consumer that is stopped: a gather, or the import of an object.
    pub(in super::super) fn harvest_step(&mut self, gather: bool, now: Timestamp) -> bool {
        let harvest = &mut self.harvest;
        let (queue, consumer) = if gather {
            (&mut harvest.gather_queue, &mut harvest.gather)
        } else {
            (&mut harvest.fetch_queue, &mut harvest.fetch)
        };
        let next = consumer.busy.take().or_else(|| queue.pop_front());
        let Some((id, _)) = next else { return false };
        if gather {
            self.gathered(&id, now, now);
        } else {
            self.imported(&id, now, now);
        }
        true
    }

    fn gather_next(&mut self, now: Timestamp) -> bool {
        let harvest = &mut self.harvest;
        if harvest.gather.does == Does::Stop {
            return false;
        }
        if harvest.gather.busy.is_none() {
            let Some((id, queued)) = harvest.gather_queue.pop_front() else { return false };
            let start = harvest.gather.start_of(queued);
            harvest.markers.insert(id.clone(), start);
            harvest.gather.busy = Some((id, start));
        }
        let Some((id, start)) = harvest.gather.busy.clone() else { return false };
        let source = harvest.job(&id).map(|job| job.source_id.clone()).unwrap_or_default();
        let takes = harvest.remotes.get(&source).map_or(Some(Duration::ZERO), super::Remote::gathering);
        let ends = takes.filter(|_| harvest.gather.does == Does::Work).map(|takes| after(start, takes));
        let Some(end) = ends.filter(|end| *end <= now) else { return false };
        harvest.gather.busy = None;
        harvest.gather.free = Some(end);
        self.gathered(&id, start, end);
        true
    }

    fn fetch_next(&mut self, now: Timestamp) -> bool {
        let harvest = &mut self.harvest;
        if harvest.fetch.does == Does::Stop {
            return false;
        }
        if harvest.fetch.busy.is_none() {
            let Some((id, queued)) = harvest.fetch_queue.pop_front() else { return false };
            let start = harvest.fetch.start_of(queued);
            if let Some(object) = harvest.object_mut(&id).filter(|object| !object.is_done()) {
                object.state = "IMPORT";
                object.started = Some(harvest_time(start));
            }
            harvest.fetch.busy = Some((id, start));
        }
        let Some((id, start)) = harvest.fetch.busy.clone() else { return false };
        let source = harvest.object_mut(&id).map(|object| object.source_id.clone()).unwrap_or_default();
        let takes = harvest.remotes.get(&source).map_or(Duration::ZERO, super::Remote::importing);
        let end = after(start, takes);
        if harvest.fetch.does != Does::Work || end > now {
            return false;
        }
        harvest.fetch.busy = None;
        harvest.fetch.free = Some(end);
        self.imported(&id, start, end);
        true
    }

    /// Notes what the remote offered. That the job may be aborted by now is not looked at, as in ckanext-harvest.
    fn gathered(&mut self, job_id: &str, start: Timestamp, end: Timestamp) {
        let harvest = &mut self.harvest;
        harvest.markers.remove(job_id);
        let Some(job) = harvest.job_mut(job_id) else { return };
        job.gather_started = Some(harvest_time(start));
        job.gather_finished = Some(harvest_time(end));
        let source_id = job.source_id.clone();
        let Some(remote) = harvest.remotes.get(&source_id).cloned() else { return };
        if let Some(error) = remote.gather_error {
            if let Some(job) = harvest.job_mut(job_id) {
                job.gather_errors.push(error);
            }
            return;
        }
        for position in 0..remote.datasets as usize {
            let object = Object {
                id: harvest.new_id("harvest-object"),
                guid: remote.id(position),
                job_id: job_id.to_owned(),
                source_id: source_id.clone(),
                package_id: None,
                current: false,
                state: "WAITING",
                report: None,
                gathered: harvest_time(end),
                started: None,
                finished: None,
                errors: Vec::new(),
                retry_times: 0,
                position,
            };
            harvest.fetch_queue.push_back((object.id.clone(), end));
            harvest.objects.push(object);
        }
    }

    /// Imports one object, or errors it where its job is finished already.
    fn imported(&mut self, object_id: &str, start: Timestamp, end: Timestamp) {
        let Some(object) = self.harvest.object_mut(object_id) else { return };
        object.retry_times += 1;
        let mut object = object.clone();
        let is_over = self.harvest.job(&object.job_id).is_none_or(|job| job.status == "Finished");
        let remote = self.harvest.remotes.get(&object.source_id).cloned();
        if is_over || object.retry_times >= 5 {
            (object.state, object.report) = ("ERROR", is_over.then_some("errored").or(object.report));
        } else if let Some(remote) = remote {
            object.started = Some(harvest_time(start));
            object.finished = Some(harvest_time(end));
            if remote.is_errored(object.position) {
                object.errors.push(remote.error.replace("{guid}", &object.guid));
                (object.state, object.report) = ("ERROR", Some("errored"));
            } else {
                let report = self.import(&object, &remote, end);
                (object.state, object.report) = ("COMPLETE", Some(report));
                if report != "not modified" {
                    self.make_current(&mut object);
                }
            }
        }
        if let Some(row) = self.harvest.object_mut(object_id) {
            *row = object;
        }
    }

    fn make_current(&mut self, object: &mut Object) {
        for other in self.harvest.objects.iter_mut().filter(|other| other.guid == object.guid) {
            other.current = false;
        }
        object.current = true;
        object.package_id = Some(object.guid.clone());
    }

    /// What CKAN's harvester does with one dataset: a new one is made, a newer one replaces what is here.
    fn import(&mut self, object: &Object, remote: &super::Remote, at: Timestamp) -> &'static str {
        let known = self.packages.iter().find(|package| package.id == object.guid).cloned();
        if let Some(package) = known {
            if !remote.is_updated(object.position) {
                return "not modified";
            }
            let mut fields = package.fields;
            "active".clone_into(&mut fields.state);
            self.replace_fields(&package.id, fields, true, at);
            return "updated";
        }
        let Some(source) = self.package(&object.source_id).cloned() else { return "not modified" };
        let package = harvested(&source, object, remote, at);
        self.index.put(&package.id);
        self.packages.push(package);
        "added"
    }
}

fn harvested(source: &Package, object: &Object, remote: &super::Remote, at: Timestamp) -> Package {
    let name = remote.name(object.position);
    Package {
        id: object.guid.clone(),
        seeded_name: name.clone(),
        seeded_modified: ckan_time(at),
        created: ckan_time(at),
        modified: ckan_time(at),
        owner_org: source.owner_org.clone(),
        creator: source.creator.clone(),
        is_member: true,
        fields: Fields {
            title: format!("Dataset {} of {}", object.position + 1, remote.site),
            notes: format!("Offered by the remote site {}.", remote.site),
            name,
            state: "active".to_owned(),
            private: false,
            author: String::new(),
            author_email: String::new(),
            maintainer: String::new(),
            maintainer_email: String::new(),
            url: String::new(),
            tags: vec![remote.site.clone()],
            extras: Vec::new(),
            resources: Vec::new(),
        },
        kind: Kind::Dataset { harvested_from: Some(source.id.clone()) },
        visibility: vec![(Timestamp::MIN, false), (at, true)],
    }
}
