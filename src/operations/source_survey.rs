//! What every operation on a harvest source finds out first, and how it is shown.
//!
//! Guarantees that the token was proved before anything CKAN said is believed, that a dataset is never taken for a
//! source, and that jobs that are not over are CKAN's own and of this source only. Leaves refusals about them to each
//! operation.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::source_target::SourceTarget;
use super::{Facts, PlanError, owners};
use crate::approval::{Owner, Target};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::{HarvestSource, SourceStatus};
use crate::ckan::{Cause, DatasetState, Site};
use crate::clock::{Clock as _, SystemClock};
use crate::sentences::story::rough;
use crate::suggestion::nearest;

/// A harvest source as it stands.
pub struct SourceSurvey {
    /// The source.
    pub source: HarvestSource,
    /// What CKAN says of its jobs.
    pub status: SourceStatus,
    /// Its jobs that are not over, oldest first. More than one only where something went wrong.
    pub open: Vec<HarvestJob>,
    /// Something to think about that comes from how the source was named.
    pub remark: Option<String>,
}

impl SourceSurvey {
    /// Looks at the harvest source of this name.
    pub async fn of(site: &Site, target: &SourceTarget) -> Result<Self, PlanError> {
        let (proof, shown) = tokio::join!(site.prove(), HarvestSource::show(site, target.key()));
        proof?;
        let source = match shown {
            Ok(source) => source,
            Err(error) if error.cause == Cause::NotFound => {
                return Err(PlanError::Refused(unknown(site, target).await));
            }
            Err(error) => return Err(PlanError::Ckan(error)),
        };
        if !source.is_one() {
            return Err(PlanError::Refused(format!(
                "“{}” (`{}`) is a dataset, not a harvest source. Give the slug, UUID or address of a harvest source; \
                 `/ckan harvest list` shows them, and `/ckan show {}` says who harvests this dataset.",
                source.title, source.name, source.name
            )));
        }
        let (status, open) =
            tokio::join!(HarvestSource::status(site, source.id), HarvestJob::open(site, Some(source.id)));
        let remark = target.host().filter(|host| !site.is_known_as(host)).map(|host| {
            format!(
                "The address that was pasted is on {host}, which the bot does not know as {}: make sure that this is \
                 the harvest source that is meant.",
                site.environment
            )
        });
        Ok(Self { source, status: status?, open: open?, remark })
    }

    /// What a request about it acts on.
    pub fn target(&self) -> Target {
        let HarvestSource { id, name, title, .. } = &self.source;
        Target { id: *id, name: name.clone(), title: title.clone() }
    }

    /// Whose it is.
    pub fn owners(&self) -> Vec<Owner> {
        owners::of(self.source.organisation.as_ref())
    }

    /// True where it was not switched off.
    pub fn is_active(&self) -> bool {
        self.source.state == DatasetState::Active
    }

    /// The id of its newest job.
    pub fn newest_job(&self) -> Option<Uuid> {
        self.status.last.as_ref().map(|job| job.id)
    }

    /// Label and value, in reading order.
    pub fn shown(&self) -> Vec<(String, String)> {
        let mut lines = self.bound();
        lines.extend([
            ("Runs by itself", self.source.rhythm()),
            ("Datasets on the site", self.status.datasets.to_string()),
        ]);
        for job in &self.open {
            lines
                .push(("Running harvest", format!("job {}, asked for {}", job.id, job.created_for_people())));
            lines.push(("Its state", job.stage().to_owned()));
            lines.push(("Its objects", objects(job)));
        }
        if self.open.is_empty() {
            lines.push(("Last harvest", self.last_harvest()));
        }
        lines.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    /// What would change an approver's mind: which source, and which of its jobs. Never counts and ages, which tick.
    pub fn facts(&self) -> Facts {
        let mut facts = self.bound();
        let open: Vec<String> =
            self.open.iter().map(|job| format!("{} of {}", job.id, job.created_exactly())).collect();
        facts.push(("Running harvest", if open.is_empty() { "none".to_owned() } else { open.join(", ") }));
        let last = self.status.last.as_ref().map(|job| format!("{} of {}", job.id, job.created_exactly()));
        facts.push(("Newest harvest", last.unwrap_or_else(|| "none".to_owned())));
        facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    fn bound(&self) -> Vec<(&'static str, String)> {
        let source = &self.source;
        let publisher = source.organisation.as_ref().map_or("none", |publisher| publisher.label());
        vec![
            ("Harvest source", source.label()),
            ("Slug", source.name.clone()),
            ("UUID", source.id.to_string()),
            ("Publisher", publisher.to_owned()),
            ("Harvests from", source.url.clone()),
            ("State", if self.is_active() { "active" } else { "switched off" }.to_owned()),
        ]
    }

    /// Its newest job in one line.
    pub fn last_harvest(&self) -> String {
        self.status.last.as_ref().map_or_else(
            || "none yet".to_owned(),
            |job| format!("{}, {}: {}", job.created_for_people(), job.stage(), job.counts),
        )
    }
}

/// How many objects a job has and what came of them, for people.
pub fn objects(job: &HarvestJob) -> String {
    match job.counts.gathered() {
        0 => "none yet".to_owned(),
        gathered => format!("{gathered}: {}", job.counts),
    }
}

/// How long ago it was asked for, for people. Read off the machine's clock, so it is never a fact of a plan.
pub fn age(job: &HarvestJob) -> String {
    age_at(job, SystemClock.now())
}

/// How long before `now` it was asked for, for people.
pub fn age_at(job: &HarvestJob, now: Timestamp) -> String {
    let Some(created) = job.created else { return "an unknown time".to_owned() };
    rough(Duration::try_from(now.duration_since(created)).unwrap_or_default())
}

async fn unknown(site: &Site, target: &SourceTarget) -> String {
    let kind = if target.is_id() { "UUID" } else { "slug" };
    let sentence =
        format!("There is no harvest source with the {kind} `{}` on {}.", target.key(), site.environment);
    // Only a courtesy: where it fails, the refusal stands without it.
    let known = HarvestSource::list(site).await.map(|list| list.sources).unwrap_or_default();
    match nearest(target.key(), known.iter().map(|source| source.name.as_str())) {
        Some(name) => format!("{sentence} Did you mean `{name}`?"),
        None => format!("{sentence} `/ckan harvest list` shows them all."),
    }
}
