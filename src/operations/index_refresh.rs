//! `index refresh`: has CKAN index everything anew, without emptying the index.
//!
//! Guarantees that the site keeps its search the whole time, and that it counts as done only where every document is
//! newer than the request and there are as many as in the database. Leaves emptying to `index rebuild`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::index_window;
use super::index_work::{self, Baseline};
use super::{ChangeOperation, Inverse, Meta, NotNow, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::index::{self, Counts};
use crate::ckan::{CallError, CkanVersion, Site};
use crate::sentences::story::rough;

const COMMAND: &str = "search-index rebuild";

/// Indexes everything anew.
pub struct IndexRefresh;

/// What `index refresh` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

#[derive(Serialize, Deserialize)]
struct Work {
    version: CkanVersion,
}

impl ChangeOperation for IndexRefresh {
    const META: Meta = Meta {
        name: "index refresh",
        short: &[],
        summary: "Have CKAN index everything anew; the site keeps its search meanwhile.",
        risk: Risk::Reversible,
        example: "index refresh --reason \"The schema of the index has changed\" --ticket 51244",
    };
    type Arguments = Arguments;

    async fn plan(&self, site: &Site, _: &Arguments) -> Result<Plan, PlanError> {
        let rules = index_work::rules(site, COMMAND).await?;
        let counts = Counts::of(site).await?;
        let before = Baseline {
            newest: index::newest(site).await?,
            documents: counts.index,
            missing: counts.missing(),
        };
        let limit = site.needed_command_line(COMMAND)?.time_limit();
        let mut warnings =
            vec![index_work::limit_warning(limit, "what is not indexed by then stays as it is.")];
        if let Some(takes) = index_work::too_long(counts, limit) {
            warnings.push(format!(
                "So many take about {} at least, which is longer: have the limit raised first.",
                rough(takes)
            ));
        }
        if counts.surplus() > 0 {
            warnings.push(format!(
                "The index has {} more than the database; this does not take them out. `/ckan index check` names them.",
                counts.surplus()
            ));
        }
        Ok(Plan {
            targets: vec![index_work::whole_index()],
            shown: index_work::shown(counts),
            effects: vec![
                "CKAN indexes everything anew, one dataset after the other. The index is never empty."
                    .to_owned(),
                "CKAN is slower meanwhile. On a large site it takes hours.".to_owned(),
            ],
            warnings,
            alternative: (counts.missing() > 0).then(|| {
                "If only some datasets are missing: `/ckan index missing`, which leaves the others alone."
                    .to_owned()
            }),
            facts: [("CKAN".to_owned(), rules.version().to_string())].into(),
            work: json!(Work { version: rules.version() }),
            baseline: json!(before),
            ..Plan::of(format!("Index everything on {} anew", site.environment))
        })
    }

    async fn execute(&self, site: &Site, plan: &Plan, progress: &Progress) -> Result<(), CallError> {
        let work = Work::deserialize(&plan.work).map_err(|_| index_work::unreadable(COMMAND))?;
        progress.doing("Starting");
        let words = index_work::rules_of(work.version, COMMAND)?.refresh();
        index_work::run(site, COMMAND, &words, progress).await?;
        index_work::judge(COMMAND, &self.probe(site, plan).await)
    }

    async fn probe(&self, site: &Site, plan: &Plan) -> Result<Sighting, CallError> {
        index_work::built_anew(site, &index_work::baseline(plan, COMMAND)?).await
    }

    /// It slows CKAN down for hours, and the sync, which reads all of it, goes round for ever after an error.
    async fn not_now(&self, site: &Site, _: &Plan, now: Timestamp) -> Result<Option<NotNow>, CallError> {
        Ok(index_window::daily_sync(site, now))
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
