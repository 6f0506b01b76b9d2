//! `index dataset`: has CKAN index one dataset anew, or take it out of the index where it is withdrawn.
//!
//! Guarantees that the command is given a UUID and nothing else (an empty argument would mean all), and that its exit
//! code proves nothing: the index's own clock does. Changes nothing in the database.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::index_work::{self, Baseline};
use super::survey::Survey;
use super::target::OneDataset;
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::{CallError, CkanVersion, Dataset, DatasetState, Site, index};
use std::time::Duration;

const COMMAND: &str = "search-index rebuild";

/// Indexes one dataset anew.
pub struct IndexDataset;

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    version: CkanVersion,
}

impl ChangeOperation for IndexDataset {
    const META: Meta = Meta {
        name: "index dataset",
        short: &["reindex"],
        summary: "Have CKAN index one dataset anew, where the site does not show it as it is.",
        risk: Risk::Reversible,
        example: "reindex road-accidents-2019 --reason \"The site shows the old title\" --ticket 51242",
    };
    type Arguments = OneDataset;

    async fn plan(&self, site: &Site, arguments: &OneDataset) -> Result<Plan, PlanError> {
        let rules = index_work::rules(site, COMMAND).await?;
        let survey = Survey::of(site, &arguments.target).await?;
        survey.must_be_a_dataset("indexing it would not index its datasets")?;
        let dataset = &survey.dataset;
        let is_there = Dataset::is_in_search(site, dataset.id).await?;
        let before =
            Baseline { newest: index::newest(site).await?, documents: u64::from(is_there), missing: 0 };
        let mut shown = survey.shown();
        shown.push(("In the index".to_owned(), if is_there { "yes" } else { "no" }.to_owned()));
        let effect = if dataset.state == DatasetState::Deleted {
            "It is withdrawn, so its document is taken out of the index, if there is one."
        } else {
            "CKAN builds its document in the index anew. The dataset itself stays as it is."
        };
        let mut facts = survey.facts();
        facts.insert("CKAN".to_owned(), rules.version().to_string());
        Ok(Plan {
            targets: vec![survey.target()],
            owners: survey.owners(),
            shown,
            effects: vec![effect.to_owned(), "It takes a few seconds.".to_owned()],
            warnings: survey.remark.iter().cloned().collect(),
            facts,
            work: json!(Work { id: dataset.id, version: rules.version() }),
            baseline: json!(before),
            ..Plan::of(format!("Index “{}” on {} anew", dataset.title, site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let Work { id, version } = work(plan)?;
        progress.doing("Indexing");
        let words = index_work::rules_of(version, COMMAND)?.index_dataset(id);
        index_work::run(site, COMMAND, &words, progress).await?;
        index_work::judge(COMMAND, &self.probe(site, plan).await)
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let id = work(plan)?.id;
        let before = index_work::baseline(plan, COMMAND)?;
        let dataset = Dataset::show(site, &id.to_string()).await?;
        if dataset.state == DatasetState::Deleted {
            return Ok(if Dataset::is_in_search(site, id).await? {
                Sighting::NotHappened(vec!["It is withdrawn, and the search still finds it.".to_owned()])
            } else {
                Sighting::Happened(vec!["It is withdrawn, and the search does not find it.".to_owned()])
            });
        }
        Ok(if index::was_indexed_since(site, id, before.newest).await? {
            Sighting::Happened(vec![
                "The search finds it, and its document is newer than this request.".to_owned(),
            ])
        } else if Dataset::is_in_search(site, id).await? {
            Sighting::NotHappened(vec!["Its document in the index is older than this request.".to_owned()])
        } else {
            Sighting::NotHappened(vec!["The search does not find it.".to_owned()])
        })
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
