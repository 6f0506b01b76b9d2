//! What every operation on a dataset finds out first, and how it is shown.
//!
//! Guarantees that the token was proved before anything CKAN said is believed (to a wrong token CKAN shows what an
//! anonymous visitor sees), and that withdraw, restore and show describe a dataset in the same words. Leaves refusals
//! about its state to each operation.

use super::target::DatasetTarget;
use super::{Facts, PlanError, owners};
use crate::approval::{Owner, Target};
use crate::ckan::{Cause, Dataset, Harvester, Restoring, Site};

/// A dataset as it stands.
pub struct Survey {
    /// The dataset.
    pub dataset: Dataset,
    /// The harvester that owns it, if one does.
    pub harvester: Option<Harvester>,
    /// What a restore costs here.
    pub restoring: Restoring,
    /// CKAN's version, where it tells.
    pub ckan_version: Option<String>,
    /// Something to think about that comes from how the dataset was named.
    pub remark: Option<String>,
}

impl Survey {
    /// Looks at the dataset of this name.
    pub async fn of(site: &Site, target: &DatasetTarget) -> Result<Self, PlanError> {
        let (proof, shown) = tokio::join!(site.prove(), Dataset::show(site, target.key()));
        let proof = proof?;
        let dataset = shown.map_err(|error| match error.cause {
            Cause::NotFound => PlanError::Refused(unknown(site, target)),
            _ => PlanError::Ckan(error),
        })?;
        let harvester = Harvester::of(site, &dataset).await?;
        let restoring = Restoring::at(site, &dataset, proof.ckan_version.as_deref());
        let remark = target.host().filter(|host| !site.is_known_as(host)).map(|host| {
            format!(
                "The address that was pasted is on {host}, which the bot does not know as {}: make sure that this is \
                 the dataset that is meant.",
                site.environment
            )
        });
        Ok(Self { dataset, harvester, restoring, ckan_version: proof.ckan_version, remark })
    }

    /// Refuses what CKAN keeps as a dataset without being one.
    pub fn must_be_a_dataset(&self, instead: &str) -> Result<(), PlanError> {
        let dataset = &self.dataset;
        match dataset.kind.as_str() {
            "dataset" => Ok(()),
            "harvest" => Err(PlanError::Refused(format!(
                "“{}” (`{}`) is a harvest source, not a dataset: {instead}. Give the slug, UUID or address of a \
                 dataset.",
                dataset.title, dataset.name
            ))),
            kind => Err(PlanError::Refused(format!(
                "“{}” (`{}`) is not a dataset but of the type “{kind}”, which the bot leaves alone. Give the slug, \
                 UUID or address of a dataset.",
                dataset.title, dataset.name
            ))),
        }
    }

    /// What a request about it acts on.
    pub fn target(&self) -> Target {
        Target { id: self.dataset.id, name: self.dataset.name.clone(), title: self.dataset.title.clone() }
    }

    /// Whose it is.
    pub fn owners(&self) -> Vec<Owner> {
        owners::of(self.dataset.organisation.as_ref())
    }

    /// Label and value, in reading order.
    pub fn shown(&self) -> Vec<(String, String)> {
        let dataset = &self.dataset;
        let mut lines = vec![
            ("Title", dataset.title.clone()),
            ("Slug", dataset.name.clone()),
            ("UUID", dataset.id.to_string()),
            ("Publisher", self.publisher()),
            ("State", self.state()),
            ("Resources", dataset.resources.to_string()),
            ("Last change", dataset.modified_for_people()),
            ("Harvested by", self.harvested_by()),
        ];
        if !dataset.groups.is_empty() {
            lines.push(("Groups", dataset.groups.join(", ")));
        }
        lines.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    /// What would change an approver's mind. The last change is among it: somebody may just have put right what the
    /// request is about.
    pub fn facts(&self) -> Facts {
        let dataset = &self.dataset;
        let mut facts = vec![
            ("Title", dataset.title.clone()),
            ("Slug", dataset.name.clone()),
            ("Publisher", self.publisher()),
            ("State", self.state()),
            ("Resources", dataset.resources.to_string()),
            ("Last change", dataset.modified_exactly()),
            ("Harvested by", self.harvested_by()),
            ("Groups", self.groups()),
            ("A restore", restore(self.restoring).to_owned()),
        ];
        if let Some(harvester) = &self.harvester {
            facts.push(("Harvest source", harvester.source_id.clone()));
        }
        facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    fn groups(&self) -> String {
        let groups = &self.dataset.groups;
        if groups.is_empty() { "none".to_owned() } else { groups.join(", ") }
    }

    fn publisher(&self) -> String {
        match &self.dataset.organisation {
            Some(publisher) => publisher.label().to_owned(),
            None => "none".to_owned(),
        }
    }

    fn state(&self) -> String {
        let word = match self.dataset.state.as_str() {
            "deleted" => "withdrawn",
            other => other,
        };
        if self.dataset.private { format!("{word}, private") } else { word.to_owned() }
    }

    fn harvested_by(&self) -> String {
        self.harvester.as_ref().map_or_else(|| "nobody, published by hand".to_owned(), Harvester::label)
    }
}

fn restore(restoring: Restoring) -> &'static str {
    match restoring {
        Restoring::Complete => "loses nothing",
        Restoring::InDatabase(_) => "is made in CKAN's database, and loses nothing",
        Restoring::ErasesRemovedResources => "erases resources that were removed earlier",
        Restoring::BlanksContacts => "blanks author and maintainer",
    }
}

fn unknown(site: &Site, target: &DatasetTarget) -> String {
    let kind = if target.id().is_some() { "UUID" } else { "slug" };
    format!(
        "There is no dataset with the {kind} `{}` on {}. Check it against the address of the dataset's page, and the \
         environment.",
        target.key(),
        site.environment
    )
}
