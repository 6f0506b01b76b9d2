//! Publishers, which CKAN calls organisations.
//!
//! Guarantees that a publisher's datasets are its own, found whether or not the search index has them. Leaves people and
//! their roles to `users`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{CallError, Cause, Dataset, DatasetState, Site, index};

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Its UUID.
    pub id: Uuid,
    /// The slug.
    pub name: String,
    /// The title; the slug where there is none.
    pub title: String,
}

#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    name: String,
    #[serde(default)]
    title: Option<String>,
}

impl Publisher {
    /// The publisher of this slug or UUID. CKAN finds no group and no dataset by this question.
    pub async fn show(site: &Site, key: &str) -> Result<Self, CallError> {
        let question = json!({
            "id": key, "include_users": false, "include_datasets": false, "include_extras": false,
            "include_tags": false, "include_followers": false, "include_groups": false,
        });
        let shown: Shown = site.read("organization_show", &question).await?;
        let title =
            shown.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| shown.name.clone());
        Ok(Self { id: shown.id, name: shown.name, title })
    }

    /// The ids of its datasets, drafts and private ones too, in order; not withdrawn ones and not harvest sources. From
    /// the database where it is configured; else what the index has, and what CKAN's list of its members has and the
    /// index lacks, which is looked at one by one: at most `most_looks` of those.
    pub async fn datasets(
        &self,
        site: &Site,
        most_looks: usize,
    ) -> Result<Result<Vec<Uuid>, TooMany>, CallError> {
        if let Some(database) = site.database() {
            let publisher = self.id.to_string();
            let mut ids = database.read().datasets_of(&publisher, &DatasetState::Active).await?;
            ids.extend(database.read().datasets_of(&publisher, &DatasetState::Draft).await?);
            ids.sort();
            return Ok(Ok(ids));
        }
        let indexed = index::documents_of(site, self.id, None).await?;
        let mut ids: BTreeSet<Uuid> = indexed.into_iter().collect();
        let question = json!({ "id": self.id, "object_type": "package" });
        let members: Vec<(String, String, String)> = site.read("member_list", &question).await?;
        let unindexed: Vec<Uuid> =
            members.iter().filter_map(|(id, ..)| id.parse().ok()).filter(|id| !ids.contains(id)).collect();
        if unindexed.len() > most_looks {
            return Ok(Err(TooMany(unindexed.len())));
        }
        for id in unindexed {
            match Dataset::show(site, &id.to_string()).await {
                Ok(dataset) if dataset.kind == "dataset" && dataset.state != DatasetState::Deleted => {
                    ids.insert(id);
                }
                Ok(_) => {}
                Err(error) if error.cause == Cause::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(ids.into_iter().collect()))
    }
}

/// More of a publisher's datasets are not in the index than can be looked at one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub usize);
