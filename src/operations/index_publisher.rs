//! `index publisher`: has CKAN index each dataset of one publisher anew, such as after the publisher was renamed.
//!
//! Guarantees that CKAN's command is given each dataset's UUID: given a publisher's slug it does nothing, and says that
//! it succeeded. Counts as done only where every one of them has a new document. Leaves renaming to people.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::index_work::{self, Baseline};
use super::progress::Step;
use super::publisher_target::PublisherTarget;
use super::{ChangeOperation, Facts, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::{Owner, Plan, Target};
use crate::ckan::publishers::{Publisher, TooMany};
use crate::ckan::{CallError, Cause, CkanVersion, Effect, Site, index};
use crate::sentences::story::rough;

const COMMAND: &str = "search-index rebuild";
/// Each dataset is a command of its own, so that many are better refreshed with all others.
const MOST: usize = 500;
/// What a command takes to start, as seen on 2.10 to 2.12 (median).
const START_UP: Duration = Duration::from_millis(2_400);
/// After so many commands in a row that failed, the rest would fail too.
const MOST_FAILURES: usize = 3;
/// Datasets that are named where they are missing.
const NAMED: usize = 5;

/// Indexes each dataset of a publisher anew.
pub struct IndexPublisher;

/// What `index publisher` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The publisher: its slug, its UUID, or the address of its page
    #[arg(value_name = "PUBLISHER")]
    publisher: PublisherTarget,
}

#[derive(Serialize, Deserialize)]
struct Work {
    publisher: Uuid,
    datasets: Vec<Uuid>,
    version: CkanVersion,
}

impl ChangeOperation for IndexPublisher {
    const META: Meta = Meta {
        name: "index publisher",
        short: &[],
        summary: "Have CKAN index each dataset of a publisher anew, such as after it was renamed.",
        risk: Risk::Reversible,
        example: "index publisher environment-agency --reason \"It was renamed\" --ticket 51246",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
        let rules = index_work::rules(site, COMMAND).await?;
        let publisher = find(site, &arguments.publisher).await?;
        let datasets = match publisher.datasets(site, MOST).await? {
            Ok(datasets) if datasets.len() <= MOST => datasets,
            Ok(datasets) => return Err(too_many(&publisher, datasets.len())),
            Err(TooMany(count)) => return Err(too_many(&publisher, count)),
        };
        if datasets.is_empty() {
            return Err(PlanError::Refused(format!(
                "“{}” (`{}`) has no datasets, so there is nothing to index.",
                publisher.title, publisher.name
            )));
        }
        let count = datasets.len();
        let indexed = index::documents_of(site, publisher.id, None).await?.len();
        let takes = START_UP.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let before = Baseline {
            newest: index::newest(site).await?,
            documents: u64::try_from(indexed).unwrap_or(u64::MAX),
            missing: 0,
        };
        let shown = [
            ("Publisher", publisher.title.clone()),
            ("Slug", publisher.name.clone()),
            ("UUID", publisher.id.to_string()),
            ("Datasets", count.to_string()),
            ("In the index", indexed.to_string()),
            ("Takes about", rough(takes)),
        ];
        Ok(Plan {
            targets: vec![Target {
                id: publisher.id,
                name: publisher.name.clone(),
                title: publisher.title.clone(),
            }],
            shown: shown.into_iter().map(|(label, value)| (label.to_owned(), value)).collect(),
            effects: vec![
                "CKAN builds the document of each of its datasets in the index anew, one after the other. The datasets \
                 themselves stay as they are."
                    .to_owned(),
            ],
            facts: facts(&publisher, &datasets, rules.version()),
            work: json!(Work { publisher: publisher.id, datasets, version: rules.version() }),
            baseline: json!(before),
            owners: vec![Owner::Publisher {
                id: publisher.id.to_string(),
                name: publisher.title.clone(),
            }],
            ..Plan::of(format!("Index the datasets of “{}” on {} anew", publisher.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = work(plan)?;
        let rules = index_work::rules_of(work.version, COMMAND)?;
        let total = u64::try_from(work.datasets.len()).unwrap_or(u64::MAX);
        let mut failed: Option<CallError> = None;
        let mut failures = 0;
        for (done, id) in (0..).zip(&work.datasets) {
            progress.step(Step { done, total: Some(total), doing: "Indexing".to_owned() });
            let Err(error) = index_work::run(site, COMMAND, &rules.index_dataset(*id), progress).await else {
                failures = 0;
                continue;
            };
            failures += 1;
            let is_over = failures == MOST_FAILURES || error.cause != Cause::CommandFailed;
            // What the commands before did stays, whatever became of this one.
            let effect = if done > 0 { Effect::Unknown } else { error.effect };
            failed.get_or_insert(CallError { effect, ..error });
            if is_over {
                break;
            }
        }
        match failed {
            Some(error) => Err(error),
            None => index_work::judge(COMMAND, &self.probe(site, plan).await),
        }
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let work = work(plan)?;
        let before = index_work::baseline(plan, COMMAND)?;
        let anew = index::documents_of(site, work.publisher, before.newest).await?;
        let anew: BTreeSet<Uuid> = anew.into_iter().collect();
        let old: Vec<String> =
            work.datasets.iter().filter(|id| !anew.contains(id)).map(Uuid::to_string).collect();
        let all = work.datasets.len();
        if old.is_empty() {
            return Ok(Sighting::Happened(vec![format!(
                "The documents of all {all} datasets are newer than this request."
            )]));
        }
        let named = old.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if old.len() > NAMED { ", …" } else { "" };
        let seen = vec![
            format!("The documents of {} of {all} datasets are newer than this request.", all - old.len()),
            format!("Not indexed: {named}{more}."),
        ];
        Ok(if old.len() == all { Sighting::NotHappened(seen) } else { Sighting::Partly(seen) })
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    fn may_go_on(&self, site: &Site) -> Duration {
        index_work::may_go_on(site)
    }
}

fn work(plan: &Plan) -> Result<Work, CallError> {
    Work::deserialize(&plan.work).map_err(|_| index_work::unreadable(COMMAND))
}

async fn find(site: &Site, target: &PublisherTarget) -> Result<Publisher, PlanError> {
    Publisher::show(site, target.key()).await.map_err(|error| match error.cause {
        Cause::NotFound => PlanError::Refused(format!(
            "There is no publisher with the {} `{}` on {}. Give the slug at the end of the address of the publisher's \
             page; for one dataset, `/ckan reindex` and its slug.",
            if target.is_id() { "UUID" } else { "slug" },
            target.key(),
            site.environment
        )),
        _ => PlanError::Ckan(error),
    })
}

fn too_many(publisher: &Publisher, count: usize) -> PlanError {
    PlanError::Refused(format!(
        "“{}” (`{}`) has {count} datasets, and the bot indexes at most {MOST} one by one. `/ckan index refresh` does \
         all of them in one run.",
        publisher.title, publisher.name
    ))
}

/// Which datasets they are counts, not only how many.
fn facts(publisher: &Publisher, datasets: &[Uuid], version: CkanVersion) -> Facts {
    let mut digest = Sha256::new();
    for id in datasets {
        digest.update(id.as_bytes());
    }
    let digest = hex::encode(digest.finalize());
    let which = format!("{} (digest {})", datasets.len(), digest.get(..12).unwrap_or_default());
    let facts = [
        ("Publisher", publisher.title.clone()),
        ("Slug", publisher.name.clone()),
        ("Datasets", which),
        ("CKAN", version.to_string()),
    ];
    facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}
