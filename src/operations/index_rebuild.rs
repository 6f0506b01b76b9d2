//! `index rebuild`: empties the search index and has CKAN build it again.
//!
//! Guarantees that it is refused while a harvest is not over or the CSW catalogue is being filled: both work from the
//! index, and the catalogue deletes what an empty index does not have. Counts as done only where every document is newer
//! than the request and there are as many as in the database.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::index_work::{self, Baseline};
use super::{ChangeOperation, Inverse, Meta, PlanError, Progress, Risk, Sighting};
use crate::approval::Plan;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::index::{self, Counts};
use crate::ckan::{CallError, Cause, CkanVersion, Effect, Finished, Service, Site, Stream};

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

/// Whether the CSW catalogue is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    Idle,
    Running,
    /// The configuration says nothing of it.
    NobodyLooks,
    /// Its status cannot be read.
    Unclear,
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
        let sync = sync(site).await?;
        match sync {
            Sync::Idle | Sync::NobodyLooks => {}
            Sync::Running => return Err(PlanError::Refused(SYNC_RUNS.to_owned())),
            Sync::Unclear => return Err(PlanError::Refused(SYNC_UNCLEAR.to_owned())),
        }
        let counts = Counts::of(site).await?;
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
                         have. Wait until it is over, then ask again; `/ckan index refresh` can run meanwhile.";
const SYNC_UNCLEAR: &str = "The bot cannot tell whether the CSW sync runs: the status of `csw` that it was given says \
                            neither. Whoever runs the bot has to look at that command; `/ckan index refresh` can run \
                            meanwhile.";

async fn refuse_while_harvesting(site: &Site) -> Result<(), PlanError> {
    let open = match HarvestJob::open(site, None).await {
        Ok(open) => open,
        // Without ckanext-harvest there is no harvest.
        Err(error) if error.cause == Cause::UnknownAction => vec![],
        Err(error) => return Err(error.into()),
    };
    match open.len() {
        0 => Ok(()),
        count => Err(PlanError::Refused(format!(
            "{} not over on {}, and harvesters work from the index. Wait until none runs, or stop them: `/ckan harvest \
             list` shows which. `/ckan index missing` and `/ckan index refresh` can run meanwhile.",
            if count == 1 { "A harvest is".to_owned() } else { format!("{count} harvests are") },
            site.environment
        ))),
    }
}

async fn sync(site: &Site) -> Result<Sync, CallError> {
    match site.services().status(Service::Csw).await {
        Ok(status) => Ok(says(&status)),
        Err(error) if error.cause == Cause::CommandNotConfigured => Ok(Sync::NobodyLooks),
        Err(error) => Err(error),
    }
}

/// What a supervisor's, systemd's or kubectl's status says. What says neither counts as running where it says something.
fn says(status: &Finished) -> Sync {
    const AT_WORK: [&str; 3] = ["running", "active", "activating"];
    const AT_REST: [&str; 11] = [
        "inactive",
        "stopped",
        "idle",
        "dead",
        "exited",
        "completed",
        "complete",
        "succeeded",
        "finished",
        "suspended",
        "none",
    ];
    // CKAN's own programs log to the other one whatever they do.
    let said = status.tail.iter().filter(|line| line.from == Stream::Out);
    let text = said.map(|line| line.text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_denied = |at: usize| {
        at.checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|word| matches!(*word, "not" | "no"))
    };
    let mut at_work = false;
    let mut at_rest = words.is_empty();
    for (at, word) in words.iter().enumerate() {
        at_rest |= AT_REST.contains(word);
        if AT_WORK.contains(word) {
            // systemd: "Active: inactive (dead)".
            let is_label = words.get(at + 1).is_some_and(|next| AT_REST.contains(next));
            if is_denied(at) {
                at_rest = true;
            } else {
                at_work |= !is_label;
            }
        }
    }
    match (at_work, at_rest, status.exit.code()) {
        (false, true, 0 | 3) => Sync::Idle,
        (true, ..) | (false, false, 0) => Sync::Running,
        _ => Sync::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckan::Line;

    #[test]
    fn hazard_15_a_sync_counts_as_idle_only_where_its_status_says_so() {
        let said = |text: &str, code| {
            let tail = text.lines().map(|line| Line { from: Stream::Out, text: line.to_owned() }).collect();
            says(&Finished::ended("service status", tail, code))
        };
        for (text, code) in [
            ("csw RUNNING pid 4711, uptime 0:01:03", 0),
            ("active", 0),
            ("Active: activating (start)", 0),
            ("Active: active (running) since Fri", 0),
            ("ckan-pycsw-load-29384", 0),
            ("running", 1),
        ] {
            assert_eq!(said(text, code), Sync::Running, "{text}");
        }
        for (text, code) in
            [("", 0), ("inactive", 3), ("csw STOPPED", 3), ("not running", 0), ("Active: inactive (dead)", 3)]
        {
            assert_eq!(said(text, code), Sync::Idle, "{text}");
        }
        for (text, code) in
            [("", 1), ("ssh: connect to host x: Connection refused", 255), ("NotFound", 1), ("stopped", 255)]
        {
            assert_eq!(said(text, code), Sync::Unclear, "{text}");
        }
    }
}
