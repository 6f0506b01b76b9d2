//! `harvest workers`: how the gather and the fetch worker are doing, and what waits for them.
//!
//! Guarantees that a worker whose status nobody configured is called unknown, never well. The queues themselves are in
//! Redis, which the bot does not look into: what waits is told by CKAN's own record of jobs. Changes nothing.

use serde::{Deserialize, Serialize};

use super::source_survey::age_at;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::{Cause, Service, Site};
use crate::sentences::text::Text;

/// Lines of a status that are shown.
const LINES: usize = 5;

/// Shows the harvest workers.
pub struct HarvestWorkers;

/// What `harvest workers` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

impl ReadOperation for HarvestWorkers {
    const META: Meta = Meta {
        name: "harvest workers",
        short: &[],
        summary: "Show how the harvest workers are doing and what waits for them.",
        risk: Risk::Read,
        example: "harvest workers",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, _: &Arguments) -> Result<Reply, PlanError> {
        let site = asking.site;
        site.prove().await?;
        let open = HarvestJob::open(site, None).await?;
        let (gather, fetch) = tokio::join!(status(site, Service::Gather), status(site, Service::Fetch));
        let ungathered: Vec<&HarvestJob> = open.iter().filter(|job| job.gather_finished.is_none()).collect();
        let importing = open.iter().filter(|job| job.gather_finished.is_some());
        let objects: u64 = importing.clone().map(|job| job.counts.open).sum();
        let mut waits = harvests(ungathered.len());
        if let Some(oldest) = ungathered.first() {
            waits = format!("{waits}, the oldest for {}", age_at(oldest, asking.now));
        }
        let shown = [
            ("Gather worker", gather),
            ("Waits for it, or is in its hand", waits),
            ("Fetch worker", fetch),
            (
                "Waits for it, or is in its hand",
                format!("{objects} objects of {}", harvests(importing.count())),
            ),
        ];
        Ok(Reply::Say(Answer {
            title: format!("The harvest workers of {}", site.environment),
            shown: shown
                .into_iter()
                .map(|(label, value)| (label.to_owned(), Text::new().plain(value)))
                .collect(),
            lines: vec![Text::from(
                "`/ckan harvest jobs` shows what waits; `/ckan harvest restart-worker` restarts a worker that hangs.",
            )],
        }))
    }
}

fn harvests(count: usize) -> String {
    if count == 1 { "1 harvest".to_owned() } else { format!("{count} harvests") }
}

/// What a worker's status command says.
async fn status(site: &Site, service: Service) -> String {
    match site.services().status(service).await {
        Ok(status) => {
            let from = status.tail.len().saturating_sub(LINES);
            let lines: Vec<&str> = status.tail.iter().skip(from).map(|line| line.text.trim()).collect();
            let said = if lines.is_empty() { "nothing".to_owned() } else { lines.join(" / ") };
            if status.exit.is_zero() { said } else { format!("not well: {said}") }
        }
        Err(error) if error.cause == Cause::CommandNotConfigured => {
            "unknown: nobody has configured its status command".to_owned()
        }
        Err(_) => "unknown: its status command did not run to its end".to_owned(),
    }
}
