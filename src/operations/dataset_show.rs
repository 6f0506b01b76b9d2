//! `dataset show`: what CKAN says of one dataset.
//!
//! Guarantees that it answers in the words in which withdraw and restore show a dataset to approvers. Changes nothing.

use serde::{Deserialize, Serialize};

use super::survey::Survey;
use super::target::{DatasetTarget, refuse_second_target};
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::{DatasetState, Harvester, Site};
use crate::sentences::text::Text;

/// Shows one dataset.
pub struct DatasetShow;

/// What `dataset show` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The dataset: its slug, its UUID, or the address of its page
    #[arg(value_name = "DATASET")]
    target: DatasetTarget,
    #[arg(hide = true, value_name = "NOTHING", value_parser = refuse_second_target)]
    #[serde(skip)]
    second: Vec<String>,
}

impl ReadOperation for DatasetShow {
    const META: Meta = Meta {
        name: "dataset show",
        short: &["show"],
        summary: "Show what CKAN says of one dataset.",
        risk: Risk::Read,
        example: "show road-accidents-2019",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        Ok(Reply::Say(Self::describe(asking.site, &arguments.target).await?))
    }
}

impl DatasetShow {
    /// What CKAN says of the dataset of this name.
    pub async fn describe(site: &Site, target: &DatasetTarget) -> Result<Answer, PlanError> {
        let survey = Survey::of(site, target).await?;
        Ok(answer(&survey, &site.environment))
    }
}

fn answer(survey: &Survey, environment: &str) -> Answer {
    let dataset = &survey.dataset;
    let mut lines: Vec<String> = survey.remark.iter().cloned().collect();
    match dataset.kind.as_str() {
        "dataset" => {}
        "harvest" => lines.push("It is a harvest source, not a dataset.".to_owned()),
        kind => lines.push(format!("It is not a dataset but of the type “{kind}”.")),
    }
    if dataset.state == DatasetState::Deleted && dataset.kind == "dataset" {
        lines.push(format!("It is withdrawn. To bring it back, type `/ckan restore {}`.", dataset.name));
    } else {
        lines.extend(
            survey
                .harvester
                .as_ref()
                .map(Harvester::outlook)
                .map(|outlook| format!("If it were withdrawn: {outlook}")),
        );
    }
    Answer {
        title: format!("“{}” on {environment}", dataset.title),
        shown: survey.shown().into_iter().map(|(label, value)| (label, Text::new().plain(value))).collect(),
        lines: lines.into_iter().map(Into::into).collect(),
    }
}
