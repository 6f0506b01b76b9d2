//! `index rebuild`: empties the search index and has CKAN build it again.
//!
//! Guarantees that it is refused while a harvest is not over or the CSW catalogue is being filled: both work from the
//! index, and the catalogue deletes what an empty index does not have (what is approved by then is held until they are
//! over); and where there is so much to build that the
//! command would be ended at its time limit, with the index half empty. Counts as done only where every document is newer
//! than the request and there are as many as in the database.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::index_csw_sync::Sync;
use super::index_window;
use super::index_work::{self, Baseline};
use super::{ChangeOperation, Inverse, Meta, NotNow, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::index::{self, Counts};
use crate::ckan::{CallError, CkanVersion, Effect, Site};
use crate::sentences::story::rough;

const COMMAND: &str = "search-index rebuild";

/// Empties the index and builds it again.
pub struct IndexRebuild;

/// What `index rebuild` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

#[derive(Serialize, Deserialize)]
struct Work {
    version: CkanVersion,
}

impl ChangeOperation for IndexRebuild {
    const META: Meta = Meta {
        name: "index rebuild",
        short: &[],
        summary: "Empty the search index and build it again: the site has no search meanwhile.",
        risk: Risk::Irreversible,
        example: "index rebuild --reason \"The index is broken, and a refresh did not mend it\" --ticket 51245",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, _: &Arguments) -> Result<Plan, PlanError> {
        let rules = index_work::rules(site, COMMAND).await?;
        refuse_while_harvesting(site).await?;
        let sync = Sync::look(site).await?;
        match sync {
            Sync::Idle | Sync::NobodyLooks => {}
            Sync::Running => return Err(PlanError::Refused(SYNC_RUNS.to_owned())),
            Sync::Unclear => return Err(PlanError::Refused(SYNC_UNCLEAR.to_owned())),
        }
        let counts = Counts::of(site).await?;
        let limit = site.needed_command_line(COMMAND)?.time_limit();
        if let Some(takes) = index_work::too_long(counts, limit) {
            return Err(PlanError::Refused(format!(
                "The index would stay empty in part: {} datasets and sources take about {} at least, and the bot ends a \
                 command after {}. Whoever runs the bot has to raise `command_time_limit` of {}, to a day at most. What \
                 takes longer than that has to be run on the machine of CKAN itself.",
                counts.database.max(counts.index),
                rough(takes),
                rough(limit),
                site.environment
            )));
        }
        let before = Baseline {
            newest: index::newest(site).await?,
            documents: counts.index,
            missing: counts.missing(),
        };
        let environment = &site.environment;
        let mut shown = index_work::shown(counts);
        shown.push(("Goes dark meanwhile".to_owned(), format!("{} datasets and sources", counts.index)));
        let mut warnings = vec![
            "Find and everything else that reads the index shows no datasets until they are built again."
                .to_owned(),
            "Start no harvest and no CSW sync before it is over.".to_owned(),
            index_work::limit_warning(
                limit,
                "the site would be left with what is built by then. If the last one took nearly as long or the bot has \
                 done none here, have the limit raised first.",
            ),
        ];
        if sync == Sync::NobodyLooks {
            warnings.push(
                "The bot has not been told how to see whether the CSW sync runs: make sure that it does not. It deletes \
                 from the catalogue what the index does not have."
                    .to_owned(),
            );
        }
        Ok(Plan {
            targets: vec![index_work::whole_index()],
            shown,
            effects: vec![
                "CKAN empties its search index, then indexes everything, one dataset after the other.".to_owned(),
            ],
            warnings,
            irreversible: vec![
                "An index that is empty fills only by being built again, on a large site in hours or days.".to_owned(),
            ],
            alternative: Some(
                "`/ckan index missing` adds what is missing, and `/ckan index refresh` builds every document anew: \
                 neither takes anything off the site."
                    .to_owned(),
            ),
            facts: [("CKAN".to_owned(), rules.version().to_string())].into(),
            work: json!(Work { version: rules.version() }),
            confirmation: Some(format!("empty {environment}")),
            baseline: json!(before),
            ..Plan::of(format!("Empty the search index of {environment} and build it again"))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = Work::deserialize(&plan.work).map_err(|_| index_work::unreadable(COMMAND))?;
        let commands = index_work::rules_of(work.version, COMMAND)?.empty_and_rebuild();
        progress.doing("Emptying the index");
        let mut failed: Option<CallError> = None;
        for (before, words) in (0..).zip(&commands) {
            let Err(error) = index_work::run(site, COMMAND, words, progress).await else { continue };
            // A first command that never began has emptied nothing.
            if before == 0 && error.effect == Effect::NotApplied {
                return Err(error);
            }
            // A clear whose end was not seen may have cleared: what fills the index again runs in any case.
            failed.get_or_insert(CallError { effect: Effect::Unknown, ..error });
        }
        match failed {
            Some(error) => Err(error),
            None => index_work::judge(COMMAND, &self.probe(site, plan).await),
        }
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        index_work::built_anew(site, &index_work::baseline(plan, COMMAND)?).await
    }

    async fn not_now(&self, site: &Site, _: &Plan, now: Timestamp) -> Result<Option<NotNow>, CallError> {
        index_window::readers(site, now).await
    }

    fn inverse(&self, _: &Plan) -> Option<Inverse> {
        None
    }

    fn may_go_on(&self, site: &Site) -> Duration {
        index_work::may_go_on(site)
    }

    fn tells_how_long_the_last_took(&self) -> bool {
        true
    }
}

const SYNC_RUNS: &str = "The CSW sync runs: it would delete from the catalogue whatever the emptied index does not \
                         have. Wait until it is over, then ask again; `/ckan index missing` can run meanwhile.";
const SYNC_UNCLEAR: &str = "The bot cannot tell whether the CSW sync runs: the status of `csw` that it was given says \
                            neither. Whoever runs the bot has to look at that command; `/ckan index refresh` can run \
                            meanwhile.";

async fn refuse_while_harvesting(site: &Site) -> Result<(), PlanError> {
    match index_window::harvests(site).await? {
        0 => Ok(()),
        count => Err(PlanError::Refused(format!(
            "{} not over on {}, and harvesters work from the index. Wait until none runs, or stop them: `/ckan harvest \
             list` shows which. `/ckan index missing` and `/ckan index refresh` can run meanwhile.",
            if count == 1 { "A harvest is".to_owned() } else { format!("{count} harvests are") },
            site.environment
        ))),
    }
}
