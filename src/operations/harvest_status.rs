//! `harvest status`: how one harvest source is doing.
//!
//! Guarantees CKAN's own counts and the harvester's own words of its errors, without addresses and secrets. Changes
//! nothing.

use super::source_survey::{SourceSurvey, age_at};
use super::source_target::OneSource;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk, job_watch};
use crate::ckan::Site;
use crate::ckan::harvest::job::HarvestJob;
use crate::sentences::text::Text;

/// Jobs that are listed.
const LAST: usize = 5;
/// CKAN gives all jobs of a source or none, and counts the objects of each: of more than these none is asked for.
const MOST_JOBS: u64 = 300;

/// Shows how one harvest source is doing.
pub struct HarvestStatus;

impl ReadOperation for HarvestStatus {
    const META: Meta = Meta {
        name: "harvest status",
        short: &[],
        summary: "Show how one harvest source is doing: its last harvests, their counts and errors.",
        risk: Risk::Read,
        example: "harvest status environment-agency-catalogue",
    };
    type Arguments = OneSource;

    async fn answer(&self, asking: Asking<'_>, arguments: &OneSource) -> Result<Reply, PlanError> {
        let survey = SourceSurvey::of(asking.site, &arguments.source).await?;
        let mut lines: Vec<String> = survey.remark.iter().cloned().collect();
        let history = history(asking.site, &survey).await?;
        lines.extend(history.iter().map(|job| {
            format!(
                "{}, {} ago, {}: {}. Job `{}`.",
                job.created_for_people(),
                age_at(job, asking.now),
                job.stage(),
                job.counts,
                job.id
            )
        }));
        if survey.status.jobs > MOST_JOBS {
            lines.push(format!(
                "It has had {} harvests; that is too many to ask CKAN for all of them.",
                survey.status.jobs
            ));
        }
        lines.extend(survey.status.last.iter().flat_map(job_watch::errors));
        Ok(Reply::Say(Answer {
            title: format!("Harvest source “{}” on {}", survey.source.title, asking.site.environment),
            shown: survey
                .shown()
                .into_iter()
                .map(|(label, value)| (label, Text::new().plain(value)))
                .collect(),
            lines: lines.iter().map(|line| Text::from(line.as_str())).collect(),
        }))
    }
}

/// The last few jobs, newest first.
async fn history(site: &Site, survey: &SourceSurvey) -> Result<Vec<HarvestJob>, PlanError> {
    if survey.status.jobs > MOST_JOBS {
        return Ok(survey.status.last.iter().cloned().collect());
    }
    let mut jobs = HarvestJob::history(site, survey.source.id).await?;
    jobs.truncate(LAST);
    Ok(jobs)
}
