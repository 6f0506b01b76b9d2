//! `harvest reharvest`: harvests one source now, and watches it to its end.
//!
//! Guarantees that no second job is asked for where one is new or running, and that a harvest counts as started only
//! when CKAN shows a job that was not there before. Leaves to CKAN's workers when it is its turn.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::source_survey::{SourceSurvey, age};
use super::source_target::OneSource;
use super::{ChangeOperation, Inverse, Look, Meta, PlanError, Progress, Risk, Sighting, Watch, job_watch};
use crate::approval::Plan;
use crate::ckan::harvest::NextRun;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::{CallError, Cause, Site};

/// Harvests one source now.
pub struct HarvestReharvest;

#[derive(Serialize, Deserialize)]
struct Work {
    source: Uuid,
    /// The newest job there was. Whatever is newer was started since.
    newest: Option<Uuid>,
}

impl ChangeOperation for HarvestReharvest {
    const META: Meta = Meta {
        name: "harvest reharvest",
        short: &["reharvest"],
        summary: "Harvest one source now, and tell how it goes until it is done.",
        risk: Risk::Partly,
        example: "reharvest quick-source --reason \"The publisher mended its list\" --ticket 51237",
    };
    type Arguments = OneSource;

    async fn plan(&self, site: &Site, arguments: &OneSource) -> Result<Plan, PlanError> {
        let survey = SourceSurvey::of(site, &arguments.source).await?;
        must_not_run(&survey)?;
        must_be_active(&survey)?;
        let waiting = HarvestJob::open(site, None).await?;
        let work = Work { source: survey.source.id, newest: survey.newest_job() };
        let mut warnings: Vec<String> = survey.remark.iter().cloned().collect();
        warnings.extend(in_the_way(&waiting));
        warnings.extend(comes_back(&survey));
        Ok(Plan {
            targets: vec![survey.target()],
            shown: survey.shown(),
            effects: effects(&survey),
            warnings,
            irreversible: irreversible(),
            facts: survey.facts(),
            work: json!(work),
            ..Plan::of(format!("Harvest “{}” on {}", survey.source.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, _: &Progress) -> Result<(), CallError> {
        HarvestJob::create(site, work(plan)?.source).await
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        job_watch::sighting(site, work.source, work.newest).await
    }

    /// Harvesters work from the index, and a purge would lose the job it does not know of.
    fn never_beside(&self) -> &'static [&'static str] {
        &["index rebuild", "harvest purge-queues"]
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    fn watch(&self, _: &Plan) -> Option<Watch> {
        Some(job_watch::watch())
    }

    async fn look(&self, site: &Site, plan: &Plan, memory: &Value) -> Result<Look, CallError> {
        let work = work(plan)?;
        job_watch::look(site, work.source, work.newest, memory).await
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work)
        .map_err(|_| CallError::nothing_done("harvest_job_create", Cause::BadRequest))
}

fn must_not_run(survey: &SourceSurvey) -> Result<(), PlanError> {
    let Some(job) = survey.open.first() else { return Ok(()) };
    let (title, name) = (&survey.source.title, &survey.source.name);
    Err(PlanError::Refused(format!(
        "A harvest of “{title}” (`{name}`) is running already: it was asked for {} ago, on {}, and is {}. To stop it \
         and begin anew, type `/ckan harvest restart {name}`.",
        age(job),
        job.created_for_people(),
        job.stage()
    )))
}

/// Refused where the source was switched off: CKAN takes no job for it.
pub(super) fn must_be_active(survey: &SourceSurvey) -> Result<(), PlanError> {
    if survey.is_active() {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "“{}” (`{}`) is switched off, so CKAN does not harvest it. Have it switched on on its page first.",
        survey.source.title, survey.source.name
    )))
}

/// Other harvests that come before this one.
pub(super) fn in_the_way(open: &[HarvestJob]) -> Option<String> {
    let ungathered = open.iter().filter(|job| job.gather_finished.is_none());
    let (count, oldest) = (ungathered.clone().count(), ungathered.min_by_key(|job| job.created)?);
    let harvests = if count == 1 { "harvest is".to_owned() } else { "harvests are".to_owned() };
    Some(format!(
        "The gather worker takes one source after the other, and {count} other {harvests} not gathered yet, the oldest \
         since {}. If that does not move, this one does not begin: `/ckan harvest jobs` shows them.",
        oldest.created_for_people()
    ))
}

/// What this kind of harvester does to datasets.
pub(super) fn effects(survey: &SourceSurvey) -> Vec<String> {
    let changes = match survey.source.source_type.as_deref() {
        Some("ckan" | "gemini-waf" | "gemini-csw" | "gemini-single") => {
            "Datasets that are new at the publisher's are made, and changed ones are replaced. None is withdrawn."
        }
        Some("dcat_rdf" | "dcat_json") => {
            "Datasets that are new at the publisher's are made, changed ones are replaced, and those that are no longer \
             there are withdrawn."
        }
        Some("inventory") => {
            "Datasets that are new at the publisher's are made, changed ones are replaced, and those that are marked as \
             inactive there are withdrawn."
        }
        _ => {
            "Datasets may be made, replaced and withdrawn: the bot does not know what this kind of harvester does."
        }
    };
    vec![
        "CKAN queues a harvest of this source; it begins when the gather worker is free.".to_owned(),
        changes.to_owned(),
        "The thread tells how it goes until it is done.".to_owned(),
    ]
}

/// What it does to datasets that were withdrawn.
pub(super) fn comes_back(survey: &SourceSurvey) -> Option<String> {
    let next_run = survey.source.source_type.as_deref().map_or(NextRun::Unknown, NextRun::of);
    let what = match next_run {
        NextRun::ReactivatesWhenNewer | NextRun::ReactivatesWhenRedated | NextRun::ReactivatesWhenChanged => {
            "may bring back datasets of this source that were withdrawn here, where the publisher has changed them"
        }
        NextRun::Duplicates => "makes new copies of datasets of this source that were withdrawn here",
        NextRun::Unknown => "may bring back datasets of this source that were withdrawn here",
        NextRun::Leaves => return None,
    };
    Some(format!("A harvest {what}."))
}

/// What stays.
pub(super) fn irreversible() -> Vec<String> {
    vec!["What it changes in datasets is not given back as a whole.".to_owned()]
}
