//! `dataset withdraw`: takes datasets off the site, so that they can be given back.
//!
//! Guarantees that a dataset is withdrawn by its UUID, once, and counts as withdrawn only when CKAN's own record, its
//! search and an anonymous visitor agree. Leaves many at once to `many`, and purging to nobody: it cannot be undone.

mod many;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::dataset_restore::{self, DatasetRestore, PreviousState};
use super::list::ReadList;
use super::survey::Survey;
use super::target::DatasetTarget;
use super::{
    BulkWork, ChangeOperation, Facts, Inverse, Look, Meta, PlanError, Progress, Risk, Sighting, Watch,
    public_page, visibility,
};
use crate::approval::Plan;
use crate::ckan::{CallError, Cause, Dataset, DatasetState, Harvester, Restoring, Site};

pub(super) use many::before;

/// Takes datasets off the site.
pub struct DatasetWithdraw;

/// Which datasets `dataset withdraw` is about.
#[derive(Debug, Default, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The datasets: slugs, UUIDs, or addresses of their pages
    #[arg(value_name = "DATASET", required_unless_present_any = ["publisher", "list"])]
    #[serde(default)]
    targets: Vec<DatasetTarget>,
    /// All active datasets of this publisher, by its slug or UUID
    #[arg(long, value_name = "PUBLISHER")]
    #[serde(default)]
    publisher: Option<String>,
    /// Opens a form for a list of datasets, to be pasted or attached
    #[arg(long, conflicts_with_all = ["targets", "publisher"])]
    #[serde(default)]
    list: bool,
    /// Of a list, the lines that name no dataset.
    #[arg(skip)]
    #[serde(default)]
    bad_lines: Vec<u32>,
    /// Of a list, how many lines name the same as one before.
    #[arg(skip)]
    #[serde(default)]
    repeated: Vec<String>,
}

impl Arguments {
    /// The dataset of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self { targets: vec![DatasetTarget::of(id)], ..Self::default() }
    }

    /// These datasets, of which some may be left out.
    pub fn of_many(ids: &[Uuid]) -> Self {
        Self { targets: ids.iter().copied().map(DatasetTarget::of).collect(), list: true, ..Self::default() }
    }

    /// What a list names; some of it may be left out.
    pub fn listed(list: ReadList) -> Self {
        Self {
            targets: list.targets.into_iter().map(|(_, target)| target).collect(),
            list: true,
            bad_lines: list.bad.into_iter().map(|(line, _)| line).collect(),
            repeated: list.duplicates.into_iter().map(|twice| twice.target.key().to_owned()).collect(),
            publisher: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    previous_state: PreviousState,
    groups: Vec<String>,
    offers_restore: bool,
}

impl ChangeOperation for DatasetWithdraw {
    const META: Meta = Meta {
        name: "dataset withdraw",
        short: &["withdraw"],
        summary: "Take datasets off the site; they can be restored.",
        risk: Risk::Reversible,
        example: "withdraw road-accidents-2019 --reason \"Published by mistake\" --ticket 51234",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        let target = match (arguments.targets.as_slice(), &arguments.publisher) {
            ([target], None) if !arguments.list => target,
            _ => return many::plan(site, arguments).await,
        };
        let survey = Survey::of(site, target).await?;
        survey.must_be_a_dataset("withdrawing it would switch its harvester off")?;
        let previous_state = withdrawable(&survey)?;
        let dataset = &survey.dataset;
        let work = Work {
            id: dataset.id,
            previous_state,
            groups: dataset.groups.clone(),
            // The form asks for a reason and a ticket, not for what a restore may erase.
            offers_restore: survey.restoring.loses_nothing(),
        };
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown: survey.shown(),
            effects: effects(&survey),
            warnings: warnings(&survey, &site.environment, previous_state),
            irreversible: irreversible(&survey),
            alternative: alternative(&survey),
            facts: facts(&survey),
            work: json!(work),
            ..Plan::of(format!("Withdraw “{}” from {}", dataset.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, _: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        site.write("package_delete", &json!({ "id": work.id })).await
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let id = work(plan)?.id;
        let dataset = Dataset::show(site, &id.to_string()).await?;
        if dataset.state != DatasetState::Deleted {
            let state = dataset.state.as_str();
            return Ok(Sighting::NotHappened(vec![format!("CKAN still has it as “{state}”.")]));
        }
        visibility::agrees(site, id, false).await?;
        Ok(Sighting::Happened(vec![
            "CKAN has it as withdrawn.".to_owned(),
            "The search does not find it any more.".to_owned(),
            "A visitor who is not signed in cannot read it any more.".to_owned(),
        ]))
    }

    fn bulk(&self) -> Option<&dyn BulkWork> {
        Some(self)
    }

    fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        if plan.bulk.is_some() {
            return many::inverse(plan);
        }
        let work = work(plan).ok().filter(|work| work.offers_restore)?;
        let arguments = dataset_restore::Arguments::of(work.id, work.previous_state, work.groups);
        Some(Inverse {
            label: "Restore",
            operation: DatasetRestore::META.name,
            arguments: serde_json::to_value(arguments).ok()?,
        })
    }

    fn watch(&self, plan: &Plan) -> Option<Watch> {
        // Of many there are many pages: each was seen to be gone from CKAN.
        plan.bulk.is_none().then(public_page::watch)
    }

    async fn look(&self, site: &Site, plan: &Plan, _: &Value) -> Result<Look, CallError> {
        Ok(public_page::look(site, work(plan)?.id, false).await)
    }
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("package_delete", Cause::BadRequest))
}

fn withdrawable(survey: &Survey) -> Result<PreviousState, PlanError> {
    let dataset = &survey.dataset;
    match &dataset.state {
        DatasetState::Active => Ok(PreviousState::Active),
        DatasetState::Draft => Ok(PreviousState::Draft),
        DatasetState::Deleted => Err(PlanError::Refused(format!(
            "“{}” (`{}`) is already withdrawn; it last changed on {}. To bring it back, type `/ckan restore {}`.",
            dataset.title,
            dataset.name,
            dataset.modified_for_people(),
            dataset.name
        ))),
        DatasetState::Other(_) => Err(PlanError::Refused(format!(
            "“{}” (`{}`) is in a state that CKAN does not know, so it could not be given back as it was. Have \
             somebody put its state right on CKAN first.",
            dataset.title, dataset.name
        ))),
    }
}

fn effects(survey: &Survey) -> Vec<String> {
    let mut effects = vec![
        "It disappears from the site, the search and the API for everybody but sysadmins.".to_owned(),
        "CKAN keeps it with its resources and files.".to_owned(),
    ];
    if !survey.dataset.groups.is_empty() {
        let leaves = match survey.restoring {
            Restoring::Complete | Restoring::InDatabase(_) => {
                "It leaves its groups; the Restore that is offered afterwards puts it back into them."
            }
            Restoring::ErasesRemovedResources => {
                "It leaves its groups; the command below that restores it puts it back into them."
            }
            Restoring::BlanksContacts => "It leaves its groups.",
        };
        effects.push(leaves.to_owned());
    }
    effects
}

/// Once it is withdrawn, CKAN no longer tells its groups or that it was a draft: whoever restores it types them.
fn restore_command(dataset: &Dataset, environment: &str, previous_state: PreviousState) -> String {
    let groups: Vec<String> = dataset.groups.iter().map(|group| format!("--group {group} ")).collect();
    format!(
        "/ckan restore {} --to {} {}--erase-removed-resources --env {environment} --reason \"…\"",
        dataset.name,
        previous_state.word(),
        groups.concat()
    )
}

/// What the harvester will do counts as well: an approver's "it stays away" hangs on it.
fn facts(survey: &Survey) -> Facts {
    let mut facts = survey.facts();
    if let Some(harvester) = &survey.harvester {
        facts.insert("What the harvester does".to_owned(), harvester.outlook());
    }
    facts
}

fn warnings(survey: &Survey, environment: &str, previous_state: PreviousState) -> Vec<String> {
    let mut warnings: Vec<String> = survey.remark.iter().cloned().collect();
    if survey.dataset.state == DatasetState::Draft {
        warnings.push("It is a draft: the public has never seen it in this form.".to_owned());
    }
    if survey.dataset.private {
        warnings.push("It is private: only its publisher's members see it now.".to_owned());
    }
    warnings.extend(survey.harvester.as_ref().map(Harvester::outlook));
    if survey.restoring == Restoring::ErasesRemovedResources {
        warnings.push(format!(
            "{}: a restore erases resources that were removed from the dataset earlier, if there are any, so no \
             button offers it. It is asked for with `{}`.",
            version(survey),
            restore_command(&survey.dataset, environment, previous_state)
        ));
    }
    warnings
}

fn irreversible(survey: &Survey) -> Vec<String> {
    match survey.restoring {
        Restoring::BlanksContacts => vec![
            "The bot cannot give it back: this CKAN hides author and maintainer, and its restore would blank them. It \
             would have to be restored in the database."
                .to_owned(),
        ],
        Restoring::Complete | Restoring::InDatabase(_) | Restoring::ErasesRemovedResources => vec![],
    }
}

fn alternative(survey: &Survey) -> Option<String> {
    let harvester = survey.harvester.as_ref().filter(|harvester| !harvester.leaves_it())?;
    Some(format!(
        "To keep it away for good, have the publisher remove it from what “{}” harvests.",
        harvester.label()
    ))
}

/// How people say which CKAN this is.
pub(super) fn version(survey: &Survey) -> String {
    match &survey.ckan_version {
        Some(version) => format!("This is CKAN {version}"),
        None => "This CKAN does not tell its version and may be older than 2.12".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::Bulk;

    #[test]
    fn the_public_site_is_watched_for_one_and_not_for_many() {
        let one = Plan::of("Withdraw one");
        let many = Plan { bulk: Some(Bulk::of([])), ..one.clone() };
        assert!(DatasetWithdraw.watch(&one).is_some());
        assert_eq!(DatasetWithdraw.watch(&many), None);
    }
}
