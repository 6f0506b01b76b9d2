//! `index missing`: has CKAN index what the database has and the index lacks.
//!
//! Guarantees that nothing is taken out of the index, and that it counts as done only where the index has what the
//! database has. Leaves what the index has too much to `index rebuild`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::index_work::{self, Baseline};
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::index::Counts;
use crate::ckan::{CallError, Cause, CkanVersion, Site};

const COMMAND: &str = "search-index rebuild";

/// Indexes what is missing.
pub struct IndexMissing;

/// What `index missing` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

#[derive(Serialize, Deserialize)]
struct Work {
    version: CkanVersion,
}

impl ChangeOperation for IndexMissing {
    const META: Meta = Meta {
        name: "index missing",
        short: &[],
        summary: "Have CKAN index what the search index lacks; what is in it stays.",
        risk: Risk::Reversible,
        example: "index missing --reason \"Datasets are missing after the Solr restart\" --ticket 51243",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, _: &Arguments) -> Result<Plan, PlanError> {
        let rules = index_work::rules(site, COMMAND).await?;
        let counts = Counts::of(site).await?;
        let (named, slugs) = look(site).await?;
        let missing = counts.missing().max(named);
        if missing == 0 {
            return Err(PlanError::Refused(format!(
                "Nothing is missing. {} If one dataset is not shown as it is, `/ckan reindex` and its slug.",
                index_work::in_words(counts)
            )));
        }
        let mut shown = index_work::shown(counts);
        shown.push(("Missing".to_owned(), listed(missing, &slugs)));
        Ok(Plan {
            targets: vec![index_work::whole_index()],
            shown,
            effects: vec![
                "CKAN indexes what the index lacks, and every draft; what is in the index stays.".to_owned(),
            ],
            facts: [("CKAN".to_owned(), rules.version().to_string())].into(),
            work: json!(Work { version: rules.version() }),
            baseline: json!(Baseline { newest: None, documents: counts.index, missing }),
            ..Plan::of(format!("Index what the search index of {} lacks", site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = Work::deserialize(&plan.work).map_err(|_| index_work::unreadable(COMMAND))?;
        progress.doing("Looking for what is missing");
        let words = index_work::rules_of(work.version, COMMAND)?.index_missing();
        index_work::run(site, COMMAND, &words, progress).await?;
        index_work::judge(COMMAND, &self.probe(site, plan).await)
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        let before = index_work::baseline(plan, COMMAND)?;
        let counts = Counts::of(site).await?;
        let (named, slugs) = look(site).await?;
        let missing = counts.missing().max(named);
        let mut seen = vec![index_work::in_words(counts)];
        // Where the index has too much, CKAN's own check can name something wrongly; the numbers cannot.
        if missing == 0 {
            seen.push("CKAN's own check finds nothing missing.".to_owned());
            return Ok(Sighting::Happened(seen));
        }
        seen.push(format!("Still missing: {}.", listed(missing, &slugs)));
        Ok(if missing < before.missing { Sighting::Partly(seen) } else { Sighting::NotHappened(seen) })
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    fn may_go_on(&self, site: &Site) -> Duration {
        index_work::may_go_on(site)
    }
}

/// What CKAN's own check names as not indexed.
async fn look(site: &Site) -> Result<(u64, Vec<String>), CallError> {
    let named = index_work::not_indexed(site).await?;
    named.ok_or(CallError::nothing_done(index_work::CHECK, Cause::CommandFailed))
}

fn listed(missing: u64, slugs: &[String]) -> String {
    if slugs.is_empty() {
        return missing.to_string();
    }
    let shown = u64::try_from(slugs.len()).unwrap_or(u64::MAX);
    let more = if missing > shown { ", …" } else { "" };
    format!("{missing} ({}{more})", slugs.join(", "))
}
