//! `dataset purge`: removes a withdrawn dataset for good.
//!
//! Guarantees that only a dataset that is withdrawn already is purged, that what CKAN says of it is on our disk before,
//! and that it counts as purged only when CKAN knows it no more. There is no way back: withdrawing is offered instead.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::survey::Survey;
use super::target::OneDataset;
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::{CallError, Cause, Dataset, DatasetState, Site};

/// Removes a withdrawn dataset for good.
pub struct DatasetPurge;

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    /// The copy's name in the archive.
    copy: String,
}

impl ChangeOperation for DatasetPurge {
    const META: Meta = Meta {
        name: "dataset purge",
        short: &["purge"],
        summary: "Remove a withdrawn dataset for good; nothing gives it back.",
        risk: Risk::Irreversible,
        example: "dataset purge business-counts-2015 --reason \"It was never to be kept\" --ticket 51237",
    };
    type Arguments = OneDataset;

    async fn plan(&self, site: &Site, arguments: &OneDataset) -> Result<Plan, PlanError> {
        let survey = Survey::of(site, &arguments.target).await?;
        survey.must_be_a_dataset("the bot does not remove harvesters")?;
        must_be_withdrawn(&survey)?;
        if site.archive().is_none() {
            return Err(PlanError::Refused(
                "The bot purges nothing without a place for a copy: whoever runs the bot has to set `archive_dir` in \
                 its configuration. Until then it stays withdrawn, which hides it from everybody but sysadmins."
                    .to_owned(),
            ));
        }
        let dataset = &survey.dataset;
        let work = Work { id: dataset.id, copy: copy_name(site, dataset) };
        let objects = harvest_objects(site, dataset.id).await?;
        let mut shown = survey.shown();
        let mut facts = survey.facts();
        if let Some(objects) = objects {
            shown.push(("Harvest objects".to_owned(), objects.to_string()));
            facts.insert("Harvest objects".to_owned(), objects.to_string());
        }
        shown.push(("Copy".to_owned(), work.copy.clone()));
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown,
            effects: effects(&survey),
            warnings: warnings(&survey),
            irreversible: vec![
                "CKAN forgets the dataset with its resources, its groups and its UUID. Nobody can restore it but from a \
                 backup of the whole database."
                    .to_owned(),
            ],
            alternative: Some(
                "Leave it withdrawn: nobody but sysadmins sees it, and it can be restored at any time.".to_owned(),
            ),
            facts,
            work: json!(work),
            confirmation: Some(dataset.name.clone()),
            ..Plan::of(format!("Purge “{}” from {}", dataset.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        let archive = site.archive().ok_or(CallError::nothing_done("archive", Cause::ArchiveNotWritten))?;
        progress.doing("Keeping a copy");
        let shown: Value = site.read("package_show", &json!({ "id": work.id })).await?;
        if shown.get("state").and_then(Value::as_str) != Some("deleted") {
            return Err(CallError::nothing_done("dataset_purge", Cause::Invalid));
        }
        archive.keep(&work.copy, &shown).await?;
        progress.doing("Purging");
        site.write("dataset_purge", &json!({ "id": work.id })).await
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        match Dataset::show(site, &work.id.to_string()).await {
            Ok(_) => return Ok(Sighting::NotHappened(vec!["CKAN still has it, withdrawn.".to_owned()])),
            Err(error) if error.cause == Cause::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut seen = vec!["CKAN does not know its UUID any more.".to_owned()];
        let mut whole = true;
        if Dataset::is_in_search(site, work.id).await? {
            whole = false;
            seen.push(format!(
                "The search still finds it. Have somebody run `ckan search-index clear {}`.",
                work.id
            ));
        } else {
            seen.push("The search does not find it.".to_owned());
        }
        let kept = match site.archive() {
            Some(archive) => archive.has(&work.copy).await,
            None => false,
        };
        seen.push(if kept {
            format!("A copy of what CKAN said of it is kept as `{}`.", work.copy)
        } else {
            whole = false;
            format!("The copy `{}` is not where it should be.", work.copy)
        });
        Ok(if whole { Sighting::Happened(seen) } else { Sighting::Partly(seen) })
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("dataset_purge", Cause::BadRequest))
}

/// A name for one dataset as it stands: another content has another one.
fn copy_name(site: &Site, dataset: &Dataset) -> String {
    let stamp: String = dataset.modified.chars().filter(char::is_ascii_digit).collect();
    format!("{}-{}-{stamp}.json", site.environment, dataset.id)
}

async fn harvest_objects(site: &Site, id: Uuid) -> Result<Option<i64>, CallError> {
    let Some(database) = site.database() else { return Ok(None) };
    match database.read().harvest_objects_of(id).await {
        Ok(count) => Ok(Some(count)),
        // A CKAN without ckanext-harvest has no such table.
        Err(error) if error.cause == Cause::DatabaseUnexpected => Ok(None),
        Err(error) => Err(error),
    }
}

fn must_be_withdrawn(survey: &Survey) -> Result<(), PlanError> {
    let dataset = &survey.dataset;
    if dataset.state == DatasetState::Deleted {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "“{}” (`{}`) is not withdrawn, and only what is withdrawn can be purged. To take it off the site, type \
         `/ckan withdraw {}`: that can be undone.",
        dataset.title, dataset.name, dataset.name
    )))
}

fn effects(survey: &Survey) -> Vec<String> {
    let mut effects = vec![
        "A copy of what CKAN says of it is kept beside the bot first; without the copy nothing is purged."
            .to_owned(),
        "CKAN removes it, with its resources and its places in groups, from its database.".to_owned(),
    ];
    if survey.dataset.resources > 0 {
        effects.push(
            "Files that were uploaded to it stay where they are, with nothing that leads to them.".to_owned(),
        );
    }
    effects
}

fn warnings(survey: &Survey) -> Vec<String> {
    let mut warnings: Vec<String> = survey.remark.iter().cloned().collect();
    if survey.dataset.contacts_hidden {
        warnings.push(
            "This CKAN hides author and maintainer: the copy will not have them, and nobody can get them back."
                .to_owned(),
        );
    }
    if let Some(harvester) = &survey.harvester {
        warnings.push(format!(
            "It belongs to the harvester “{}”: once it is purged, the next harvest makes it anew, as another dataset. \
             Have the publisher remove it from what is harvested first.",
            harvester.label()
        ));
    }
    warnings
}
