//! `dataset restore`: gives a withdrawn dataset back as it was.
//!
//! Guarantees that it comes back in its previous state, with its publisher and groups, and that nothing is lost on
//! the way that two people did not agree to lose. Leaves many at once to `many`, and datasets that were purged to backups.
//!
//! Over the API it takes two calls. Where the first, which mends the tie to the publisher, went through and the second was refused,
//! the restore counts as not applied: what was approved is that people get the dataset back, a withdrawn dataset looks
//! the same with the tie and without, and asking again mends it again. The outcome says that the tie was mended.
//!
//! Where the API would lose something and the bot has a role that may write to CKAN's database, it goes that way:
//! see [`by_database`].

mod by_database;
mod comparison;
mod many;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::dataset_withdraw::{self, DatasetWithdraw, version};
use super::survey::Survey;
use super::target::OneDataset;
use super::{
    BulkWork, ChangeOperation, Inverse, Look, Meta, PlanError, Progress, Risk, Sighting, Watch, public_page,
    visibility,
};
use crate::approval::Plan;
use crate::ckan::{CallError, Cause, Dataset, DatasetState, Effect, Reindexing, Restoring, Site};

/// Gives a withdrawn dataset back.
pub struct DatasetRestore;

/// The state that a dataset had before it was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PreviousState {
    /// Published, unless private
    Active,
    /// Not finished
    Draft,
}

impl PreviousState {
    pub(super) fn ckan(self) -> DatasetState {
        match self {
            Self::Active => DatasetState::Active,
            Self::Draft => DatasetState::Draft,
        }
    }

    /// What is typed for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Draft => "draft",
        }
    }
}

/// What `dataset restore` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    #[command(flatten)]
    #[serde(flatten)]
    dataset: OneDataset,
    /// The state to give back; without it, active
    #[arg(long, value_enum, value_name = "STATE")]
    to: Option<PreviousState>,
    /// A group to put it back into, by its slug; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    #[serde(default)]
    groups: Vec<String>,
    /// Accept that CKAN before 2.12 erases resources that were removed from the dataset earlier
    #[arg(long)]
    #[serde(default)]
    erase_removed_resources: bool,
}

impl Arguments {
    /// To give the dataset of this UUID back as it was.
    pub fn of(id: Uuid, to: PreviousState, groups: Vec<String>) -> Self {
        Self { dataset: OneDataset::of(id), to: Some(to), groups, erase_removed_resources: false }
    }
}

const MENDED: &str = "It was not restored; only its tie to its publisher was mended, which nobody sees while it is \
                      withdrawn.";

const PERHAPS_MENDED: &str = "It was not restored; at most its tie to its publisher was mended, which nobody sees \
                              while it is withdrawn.";

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    to: PreviousState,
    private: bool,
    resources: usize,
    publisher: Option<String>,
    groups: Vec<String>,
    keep_resources_aside: bool,
    /// Where the database is the way: how the index is brought to follow.
    #[serde(default)]
    in_database: Option<Reindexing>,
}

impl ChangeOperation for DatasetRestore {
    const META: Meta = Meta {
        name: "dataset restore",
        short: &["restore"],
        summary: "Give a withdrawn dataset back as it was.",
        risk: Risk::Reversible,
        example: "restore business-counts-2015 --reason \"Withdrawn by mistake\" --ticket 51235",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        let survey = Survey::of(site, &arguments.dataset.target).await?;
        survey.must_be_a_dataset("the bot does not switch harvesters on")?;
        must_be_withdrawn(&survey)?;
        must_lose_nothing(&survey, arguments)?;
        let dataset = &survey.dataset;
        let in_database = match survey.restoring {
            Restoring::InDatabase(reindexing) => Some(reindexing),
            Restoring::Complete | Restoring::ErasesRemovedResources | Restoring::BlanksContacts => None,
        };
        if in_database.is_some() {
            by_database::must_agree(site, dataset).await?;
        }
        let to = arguments.to.unwrap_or(PreviousState::Active);
        let work = Work {
            id: dataset.id,
            to,
            private: dataset.private,
            resources: dataset.resources,
            publisher: dataset.organisation.as_ref().map(|publisher| publisher.id.clone()),
            groups: missing_groups(dataset, &arguments.groups),
            keep_resources_aside: survey.restoring == Restoring::Complete,
            in_database,
        };
        let mut shown = survey.shown();
        shown.push(("Comes back as".to_owned(), as_what(to, dataset.private)));
        shown.extend(in_database.map(|way| ("Way".to_owned(), by_database::way(way).to_owned())));
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown,
            effects: effects(to, &work),
            warnings: warnings(&survey, arguments),
            irreversible: irreversible(&survey),
            facts: survey.facts(),
            work: json!(work),
            ..Plan::of(format!("Restore “{}” on {}", dataset.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        match work.in_database {
            Some(reindexing) => by_database::execute(site, &work, reindexing, progress).await,
            None => restore(site, &work).await,
        }
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        if work.in_database.is_some() {
            return by_database::probe(site, &work).await;
        }
        seen(site, &work).await
    }

    fn bulk(&self) -> Option<&dyn BulkWork> {
        Some(self)
    }

    fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        let arguments = match &plan.bulk {
            Some(_) => Value::Null,
            None => serde_json::to_value(dataset_withdraw::Arguments::of(work(plan).ok()?.id)).ok()?,
        };
        Some(Inverse { label: "Withdraw again", operation: DatasetWithdraw::META.name, arguments })
    }

    fn watch(&self, plan: &Plan) -> Option<Watch> {
        let work = work(plan).ok()?;
        (work.to == PreviousState::Active && !work.private).then(public_page::watch)
    }

    async fn look(&self, site: &Site, plan: &Plan, _: &Value) -> Result<Look, CallError> {
        Ok(public_page::look(site, work(plan)?.id, true).await)
    }
}

const VISIBLE: [&str; 2] = ["The search finds it.", "A visitor who is not signed in can read it."];

/// What is to be said where the state is not the one that was asked for.
fn otherwise(state: &DatasetState, work: &Work) -> Option<Sighting> {
    if *state == DatasetState::Deleted {
        Some(Sighting::NotHappened(vec!["CKAN still has it as withdrawn.".to_owned()]))
    } else if *state == work.to.ckan() {
        None
    } else {
        Some(Sighting::NotHappened(vec![format!(
            "CKAN has it as “{}”, which is not what was asked for: somebody else changed it.",
            state.as_str()
        )]))
    }
}

/// What `member_create` needs to tie the dataset to its publisher.
fn publisher_tie(publisher: &str, id: Uuid) -> Value {
    json!({"id": publisher, "object": id, "object_type": "package", "capacity": "organization"})
}

async fn restore(site: &Site, work: &Work) -> Result<(), CallError> {
    if let Some(publisher) = &work.publisher {
        // Deleting by id cut the row that ties the dataset to its publisher, and no update mends it.
        let mended = site.write("member_create", &publisher_tie(publisher, work.id)).await;
        mended.map_err(|error| {
            let earlier = (error.effect == Effect::Unknown).then_some(PERHAPS_MENDED);
            CallError { effect: Effect::NotApplied, earlier, ..error }
        })?;
    }
    let revised = site.write("package_revise", &revision(work)).await;
    let earlier = work.publisher.is_some().then_some(MENDED);
    revised.map_err(|error| CallError { earlier, ..error })
}

async fn seen(site: &Site, work: &Work) -> Result<Sighting, CallError> {
    let dataset = Dataset::show(site, &work.id.to_string()).await?;
    if let Some(otherwise) = otherwise(&dataset.state, work) {
        return Ok(otherwise);
    }
    let mut seen = vec![format!("CKAN has it as “{}” again.", dataset.state.as_str())];
    if work.to == PreviousState::Active && !dataset.private {
        visibility::agrees(site, work.id, true).await?;
        seen.extend(VISIBLE.map(str::to_owned));
    }
    let compared = comparison::of(work, &dataset);
    let whole = compared.iter().all(Result::is_ok);
    seen.extend(compared.into_iter().map(|found| found.unwrap_or_else(|missing| missing)));
    Ok(if whole { Sighting::Happened(seen) } else { Sighting::Partly(seen) })
}

/// One update that CKAN makes only if the dataset is still withdrawn.
fn revision(work: &Work) -> Value {
    let groups: Vec<Value> = work.groups.iter().map(|name| json!({ "name": name })).collect();
    let parts = [
        ("match", Some(json!({"id": work.id, "state": "deleted"}))),
        ("update", Some(json!({"state": work.to}))),
        // From 2.12 on, resources that an update does not bring along stay as they are, removed ones included.
        ("filter", work.keep_resources_aside.then(|| json!(["-resources"]))),
        ("update__groups__extend", (!groups.is_empty()).then(|| json!(groups))),
        // The whole dataset would come back as the answer otherwise.
        ("include", Some(json!(["-*"]))),
    ];
    parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The plan's work. A plan of another version of the bot may not be readable; then nothing was done.
fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| CallError::nothing_done("package_revise", Cause::BadRequest))
}

fn missing_groups(dataset: &Dataset, wanted: &[String]) -> Vec<String> {
    wanted.iter().filter(|group| !dataset.groups.contains(group)).cloned().collect()
}

fn must_be_withdrawn(survey: &Survey) -> Result<(), PlanError> {
    let dataset = &survey.dataset;
    if dataset.state == DatasetState::Deleted {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "“{}” (`{}`) is not withdrawn: it is {}. If you mean an older dataset that had this slug, give its UUID.",
        dataset.title,
        dataset.name,
        dataset.state.as_str()
    )))
}

fn must_lose_nothing(survey: &Survey, arguments: &Arguments) -> Result<(), PlanError> {
    let dataset = &survey.dataset;
    let by_hand = format!(
        "set `state` of the row `{}` in the table `package`, and then run `ckan search-index rebuild {}`",
        dataset.id, dataset.id
    );
    match survey.restoring {
        Restoring::Complete | Restoring::InDatabase(_) => Ok(()),
        Restoring::BlanksContacts => Err(PlanError::Refused(format!(
            "The bot does not restore “{}”: this CKAN hides author and maintainer, and a restore over its API would \
             blank them. Restore it in the database: {by_hand}.",
            dataset.title
        ))),
        Restoring::ErasesRemovedResources if arguments.erase_removed_resources => Ok(()),
        Restoring::ErasesRemovedResources => Err(PlanError::Refused(format!(
            "{}: a restore over its API erases resources that were removed from “{}” earlier, and the bot cannot see \
             whether there are any. If they may go, add --erase-removed-resources. If not, restore it in the \
             database: {by_hand}.",
            version(survey),
            dataset.title
        ))),
    }
}

fn as_what(to: PreviousState, private: bool) -> String {
    match (to, private) {
        (PreviousState::Active, false) => "active".to_owned(),
        (PreviousState::Active, true) => "active, private".to_owned(),
        (PreviousState::Draft, false) => "draft".to_owned(),
        (PreviousState::Draft, true) => "draft, private".to_owned(),
    }
}

fn effects(to: PreviousState, work: &Work) -> Vec<String> {
    let mut effects = vec![match (to, work.private) {
        (PreviousState::Active, false) => "Everybody can find and read it again, as it was.".to_owned(),
        (PreviousState::Active, true) => {
            "Its publisher's members can find and read it again, as it was.".to_owned()
        }
        (PreviousState::Draft, _) => {
            "Its publisher's editors can work on it again; the public sees nothing.".to_owned()
        }
    }];
    if !work.groups.is_empty() {
        effects.push(format!("It is put back into its groups: {}.", work.groups.join(", ")));
    }
    effects
}

fn warnings(survey: &Survey, arguments: &Arguments) -> Vec<String> {
    let dataset = &survey.dataset;
    let mut warnings: Vec<String> = survey.remark.iter().cloned().collect();
    if arguments.to.is_none() {
        warnings.push(
            "Nobody told the bot which state it had before, so it comes back as active. If it was a draft, cancel \
             and ask again with --to draft."
                .to_owned(),
        );
    }
    if dataset.name == dataset.id.to_string() {
        warnings.push(
            "Another dataset took its slug meanwhile: it comes back with its UUID in place of a slug."
                .to_owned(),
        );
    }
    let publisher = dataset.organisation.as_ref();
    if publisher.is_some_and(|publisher| publisher.state.as_deref() == Some("deleted")) {
        warnings
            .push("Its publisher has been deleted meanwhile: CKAN may refuse to bring it back.".to_owned());
    }
    if let Some(harvester) = &survey.harvester {
        warnings.push(format!(
            "It belongs to the harvester “{}”, which may have made a copy of it meanwhile: look at the publisher's \
             list for one.",
            harvester.label()
        ));
    }
    warnings
}

fn irreversible(survey: &Survey) -> Vec<String> {
    match survey.restoring {
        Restoring::ErasesRemovedResources => vec![
            "CKAN erases resources that were removed from the dataset earlier, if there are any. The bot cannot see \
             them."
                .to_owned(),
        ],
        Restoring::Complete | Restoring::InDatabase(_) | Restoring::BlanksContacts => vec![],
    }
}
