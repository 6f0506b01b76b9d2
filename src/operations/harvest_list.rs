//! `harvest list`: the harvest sources, and which of them are being harvested.
//!
//! Guarantees that a list which is not whole says so. Leaves sources that were switched off out, as CKAN's search does:
//! `harvest status` shows each of them. Changes nothing.

use serde::{Deserialize, Serialize};

use super::source_survey::age_at;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::HarvestSource;
use crate::sentences::text::Text;

/// As many as a person reads, and few enough for one message.
const MOST: usize = 20;

/// Lists harvest sources.
pub struct HarvestList;

/// What `harvest list` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// Only those with this in their slug or title
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

impl ReadOperation for HarvestList {
    const META: Meta = Meta {
        name: "harvest list",
        short: &["harvests"],
        summary: "List the harvest sources, those that are being harvested first.",
        risk: Risk::Read,
        example: "harvest list",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let site = asking.site;
        let (proof, list, open) =
            tokio::join!(site.prove(), HarvestSource::list(site), HarvestJob::open(site, None));
        proof?;
        let (list, open) = (list?, open?);
        let running = |source: &HarvestSource| open.iter().find(|job| job.source_id == source.id);
        let word = arguments.word.as_deref().map(str::to_lowercase).unwrap_or_default();
        let fits = |source: &&HarvestSource| {
            source.name.contains(&word) || source.title.to_lowercase().contains(&word)
        };
        let mut sources: Vec<&HarvestSource> = list.sources.iter().filter(fits).collect();
        sources.sort_by_key(|source| running(source).is_none());
        let mut lines: Vec<Text> = sources
            .iter()
            .take(MOST)
            .map(|source| {
                let now =
                    running(source).map(|job| format!("{}, for {}", job.stage(), age_at(job, asking.now)));
                Text::new().code(&source.name).plain(format!(
                    " {}: {}",
                    source.label(),
                    now.unwrap_or_else(|| last(source))
                ))
            })
            .collect();
        if sources.len() > MOST {
            lines.push(Text::from(format!(
                "There are {} more: `/ckan harvest list` and a part of the name finds them.",
                sources.len() - MOST
            )));
        }
        if list.left_out > 0 {
            lines.push(Text::from(format!("CKAN has {} more, which were not read.", list.left_out)));
        }
        if !sources.is_empty() {
            lines.push(Text::from("`/ckan harvest status` and a name shows one of them, and those that were switched off, which are not listed."));
        }
        let title = format!("Harvest sources on {}: {}", site.environment, sources.len());
        Ok(Reply::Say(Answer { title, lines, ..Answer::default() }))
    }
}

/// Its last harvest, as the index was told of it.
fn last(source: &HarvestSource) -> String {
    let job = source.status.as_ref().and_then(|status| status.last.as_ref());
    job.map_or_else(
        || "no harvest yet".to_owned(),
        |job| format!("last on {}: {}", job.created_for_people(), job.counts),
    )
}
