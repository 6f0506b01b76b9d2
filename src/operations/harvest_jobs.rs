//! `harvest jobs`: the harvest jobs that are not over, of every source or of one.
//!
//! Guarantees that only new and running jobs are asked for: the command line's own list has every job that ever was.
//! Changes nothing.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::source_survey::{SourceSurvey, age_at, objects};
use super::source_target::SourceTarget;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::harvest::source::HarvestSource;
use crate::sentences::text::Text;

/// As many as a person reads, and few enough for one message.
const MOST: usize = 15;

/// Lists harvest jobs.
pub struct HarvestJobs;

/// What `harvest jobs` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// Only those of this harvest source: its slug, its UUID, or the address of its page
    #[arg(long, value_name = "SOURCE")]
    source: Option<SourceTarget>,
}

impl ReadOperation for HarvestJobs {
    const META: Meta = Meta {
        name: "harvest jobs",
        short: &[],
        summary: "List the harvests that wait or run.",
        risk: Risk::Read,
        example: "harvest jobs",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let site = asking.site;
        let (of, jobs) = if let Some(target) = &arguments.source {
            let survey = SourceSurvey::of(site, target).await?;
            (format!(" of “{}”", survey.source.title), survey.open)
        } else {
            site.prove().await?;
            (String::new(), HarvestJob::open(site, None).await?)
        };
        if jobs.is_empty() {
            let title = format!("No harvest{of} is waiting or running on {}", site.environment);
            return Ok(Reply::Say(Answer { title, ..Answer::default() }));
        }
        let mut lines = vec![];
        let mut known: Vec<(Uuid, String)> = vec![];
        for job in jobs.iter().take(MOST) {
            let name = if let Some((_, name)) = known.iter().find(|(id, _)| *id == job.source_id) {
                name.clone()
            } else {
                let name = HarvestSource::show(site, &job.source_id.to_string()).await?.name;
                known.push((job.source_id, name.clone()));
                name
            };
            let said = format!(
                ": {}, for {}; objects: {}; job ",
                job.stage(),
                age_at(job, asking.now),
                objects(job)
            );
            lines.push(Text::new().code(name).plain(said).code(job.id.to_string()));
        }
        if jobs.len() > MOST {
            lines.push(Text::from(format!("There are {} more; these are the oldest.", jobs.len() - MOST)));
        }
        lines.push(Text::from("`/ckan stop` and a source's name stops its harvest."));
        let title = format!("Harvests{of} that wait or run on {}: {}", site.environment, jobs.len());
        Ok(Reply::Say(Answer { title, lines, ..Answer::default() }))
    }
}
