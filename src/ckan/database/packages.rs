//! Rows of `package` and what hangs on them.
//!
//! Guarantees that withdrawn ones, drafts and private ones are found like any other. Leaves what the search index
//! holds to the action API.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::ReadRole;
use crate::ckan::version::CkanVersion;
use crate::ckan::{CallError, DatasetState};

/// A dataset, or another thing that CKAN keeps as one, in any state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRow {
    /// CKAN's id.
    pub id: Uuid,
    /// The slug.
    pub name: String,
    /// The title; may be empty.
    pub title: String,
    /// `dataset`, `harvest`, …
    pub kind: String,
    /// Its state.
    pub state: DatasetState,
    /// Shown to its publisher's members only.
    pub private: bool,
    /// The publisher's id.
    pub publisher: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    title: String,
    kind: String,
    state: String,
    private: bool,
    owner_org: Option<String>,
}

impl Row {
    /// `None` for an id that is no UUID: CKAN makes none, but a sysadmin may have given one.
    fn typed(self) -> Option<PackageRow> {
        Some(PackageRow {
            id: self.id.parse().ok()?,
            name: self.name,
            title: self.title,
            kind: self.kind,
            state: self.state.into(),
            private: self.private,
            publisher: self.owner_org,
        })
    }
}

/// A tie between a dataset and a publisher or a group, as `member` has it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Membership {
    /// The publisher's or group's id.
    pub group_id: String,
    /// Its slug.
    pub group_name: String,
    /// True for a publisher.
    pub is_publisher: bool,
    /// `active`, or `deleted` where it was cut.
    pub state: String,
}

/// How many packages are alike.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct PackageCount {
    /// CKAN's word for the state.
    pub state: String,
    /// Shown to members only.
    pub private: bool,
    /// `dataset`, `harvest`, …
    pub kind: String,
    /// How many.
    pub count: i64,
}

/// Where this CKAN keeps extras.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extras {
    /// One row each in `package_extra`: before 2.12.
    Rows,
    /// A JSONB object in `package.extras`: from 2.12 on.
    Column,
}

impl Extras {
    /// Where a CKAN of this version keeps them.
    pub fn of(version: CkanVersion) -> Self {
        if version.is_at_least(2, 12) { Self::Column } else { Self::Rows }
    }
}

impl ReadRole {
    /// The packages of these ids or slugs, those that exist, ordered by slug. One statement for all.
    pub async fn packages(&self, keys: &[String]) -> Result<Vec<PackageRow>, CallError> {
        let mut transaction = self.begin("SELECT package").await?;
        let rows = transaction
            .all(
                sqlx::query_as::<_, Row>(
                    "SELECT id, name, coalesce(title, '') AS title, coalesce(type, 'dataset') AS kind, \
                     coalesce(state, '') AS state, coalesce(private, false) AS private, owner_org \
                     FROM package WHERE id = ANY($1) OR name = ANY($1) ORDER BY name",
                )
                .bind(keys),
            )
            .await?;
        transaction.finish().await?;
        Ok(rows.into_iter().filter_map(Row::typed).collect())
    }

    /// The package of this id.
    pub async fn package(&self, id: Uuid) -> Result<Option<PackageRow>, CallError> {
        let found = self.packages(&[id.to_string()]).await?;
        Ok(found.into_iter().find(|package| package.id == id))
    }

    /// How many packages there are of each state, privacy and type: runbook task D10, and what the index is compared
    /// with.
    pub async fn package_counts(&self) -> Result<Vec<PackageCount>, CallError> {
        let mut transaction = self.begin("SELECT count package").await?;
        let counts = transaction
            .all(sqlx::query_as::<_, PackageCount>(
                "SELECT coalesce(state, '') AS state, coalesce(private, false) AS private, \
                 coalesce(type, 'dataset') AS kind, count(*) AS count FROM package GROUP BY 1, 2, 3 ORDER BY 3, 1, 2",
            ))
            .await?;
        transaction.finish().await?;
        Ok(counts)
    }

    /// The ids of a publisher's datasets in this state, ordered: `ckan search-index rebuild` takes no publisher.
    pub async fn datasets_of(&self, publisher: &str, state: &DatasetState) -> Result<Vec<Uuid>, CallError> {
        let mut transaction = self.begin("SELECT package by owner_org").await?;
        let ids: Vec<(String,)> = transaction
            .all(
                sqlx::query_as(
                    "SELECT id FROM package WHERE owner_org = $1 AND state = $2 AND type = 'dataset' ORDER BY id",
                )
                .bind(publisher)
                .bind(state.as_str()),
            )
            .await?;
        transaction.finish().await?;
        Ok(ids.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// The ties of a dataset to its publisher and groups, cut ones included. A delete by UUID cuts them all; one by
    /// slug cuts none (CKAN compares `member.table_id` with what it was given).
    pub async fn memberships(&self, id: Uuid) -> Result<Vec<Membership>, CallError> {
        let mut transaction = self.begin("SELECT member").await?;
        let rows = transaction
            .all(
                sqlx::query_as::<_, Membership>(
                    "SELECT g.id AS group_id, g.name AS group_name, coalesce(g.is_organization, false) AS is_publisher, \
                     coalesce(m.state, '') AS state FROM member m JOIN \"group\" g ON g.id = m.group_id \
                     WHERE m.table_name = 'package' AND m.table_id = $1 ORDER BY g.name, m.state, m.id",
                )
                .bind(id.to_string()),
            )
            .await?;
        transaction.finish().await?;
        Ok(rows)
    }

    /// How many resources were removed from a dataset earlier and are still kept: what a restore over the API before
    /// CKAN 2.12 erases.
    pub async fn removed_resources(&self, id: Uuid) -> Result<i64, CallError> {
        let mut transaction = self.begin("SELECT count resource").await?;
        let count = transaction
            .optional(
                sqlx::query_scalar::<_, i64>(
                    "SELECT count(*) FROM resource WHERE package_id = $1 AND state = 'deleted'",
                )
                .bind(id.to_string()),
            )
            .await?;
        transaction.finish().await?;
        Ok(count.unwrap_or(0))
    }

    /// How many harvest objects point to a dataset. A purge leaves them pointing nowhere, so that the next harvest
    /// makes the dataset anew. Fails with [`crate::ckan::Cause::DatabaseUnexpected`] where ckanext-harvest is not
    /// installed.
    pub async fn harvest_objects_of(&self, id: Uuid) -> Result<i64, CallError> {
        let mut transaction = self.begin("SELECT count harvest_object").await?;
        let count = transaction
            .optional(
                sqlx::query_scalar::<_, i64>("SELECT count(*) FROM harvest_object WHERE package_id = $1")
                    .bind(id.to_string()),
            )
            .await?;
        transaction.finish().await?;
        Ok(count.unwrap_or(0))
    }

    /// Active datasets with the same `guid` as this one: copies that a harvester made while it was withdrawn.
    pub async fn copies_by_guid(&self, id: Uuid, extras: Extras) -> Result<Vec<PackageRow>, CallError> {
        let statement = match extras {
            Extras::Rows => {
                "SELECT p.id, p.name, coalesce(p.title, '') AS title, coalesce(p.type, 'dataset') AS kind, p.state, \
                 coalesce(p.private, false) AS private, p.owner_org FROM package p \
                 JOIN package_extra mine ON mine.package_id = $1 AND mine.key = 'guid' AND mine.value <> '' \
                 JOIN package_extra other ON other.package_id = p.id AND other.key = 'guid' AND other.value = mine.value \
                 WHERE p.id <> $1 AND p.state = 'active' ORDER BY p.name LIMIT 20"
            }
            Extras::Column => {
                "SELECT p.id, p.name, coalesce(p.title, '') AS title, coalesce(p.type, 'dataset') AS kind, p.state, \
                 coalesce(p.private, false) AS private, p.owner_org FROM package p \
                 JOIN package mine ON mine.id = $1 AND mine.extras ->> 'guid' <> '' \
                 AND p.extras ->> 'guid' = mine.extras ->> 'guid' \
                 WHERE p.id <> $1 AND p.state = 'active' ORDER BY p.name LIMIT 20"
            }
        };
        let mut transaction = self.begin("SELECT package by guid").await?;
        let rows = transaction.all(sqlx::query_as::<_, Row>(statement).bind(id.to_string())).await?;
        transaction.finish().await?;
        Ok(rows.into_iter().filter_map(Row::typed).collect())
    }
}
