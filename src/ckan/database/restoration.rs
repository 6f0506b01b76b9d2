//! A withdrawn dataset's way back that touches nothing but its state and its ties.
//!
//! Guarantees that resources, contacts and the last change stay as they are, that only a withdrawn dataset is
//! touched, and that all of it happens or nothing. CKAN keeps no activity of it, and its search index does not
//! notice: whoever restores has to have CKAN index the dataset.

use uuid::Uuid;

use super::session::Transaction;
use super::{CallError, WriteRole};
use crate::ckan::DatasetState;

/// What becomes of the row that ties a dataset to its publisher. A delete by UUID cut it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublisherTie {
    /// It is mended here.
    Mend,
    /// It is left cut, or cut: CKAN indexes a dataset when `member_create` mends the tie, and only if that changes it.
    LeaveToCkan,
}

/// What to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// The dataset.
    pub id: Uuid,
    /// The state it had.
    pub to: DatasetState,
    /// The slugs of the groups that it goes back into.
    pub groups: Vec<String>,
    /// The publisher's row.
    pub tie: PublisherTie,
}

impl WriteRole {
    /// Restores it. Refused with [`crate::ckan::Cause::DatabaseChanged`] where there is no such withdrawn dataset or
    /// no such group.
    pub async fn restore(&self, restoration: &Restoration) -> Result<(), CallError> {
        let mut transaction = self.begin("UPDATE package").await?;
        let id = restoration.id.to_string();
        let restored = transaction
            .optional(
                sqlx::query_scalar::<_, Option<String>>(
                    "UPDATE package SET state = $2 WHERE id = $1 AND state = 'deleted' AND type = 'dataset' \
                     RETURNING owner_org",
                )
                .bind(&id)
                .bind(restoration.to.as_str()),
            )
            .await?;
        let Some(publisher) = restored else { return Err(transaction.changed_meanwhile()) };
        match (publisher, restoration.tie) {
            (Some(publisher), PublisherTie::Mend) => {
                tie(&mut transaction, &id, &publisher, "organization").await?;
            }
            (Some(publisher), PublisherTie::LeaveToCkan) => cut(&mut transaction, &id, &publisher).await?,
            (None, _) => {}
        }
        for name in &restoration.groups {
            let group = transaction
                .optional(
                    sqlx::query_scalar::<_, String>(
                        "SELECT id FROM \"group\" WHERE name = $1 AND state = 'active' AND NOT is_organization",
                    )
                    .bind(name),
                )
                .await?;
            let Some(group) = group else { return Err(transaction.changed_meanwhile()) };
            tie(&mut transaction, &id, &group, "public").await?;
        }
        transaction.finish().await
    }
}

/// Makes one row of this tie active; writes one where there is none.
async fn tie(
    transaction: &mut Transaction,
    dataset: &str,
    group: &str,
    capacity: &'static str,
) -> Result<(), CallError> {
    let mended = transaction
        .change(
            sqlx::query(
                "UPDATE member SET state = 'active' WHERE id = (SELECT id FROM member WHERE table_name = 'package' \
                 AND table_id = $1 AND group_id = $2 ORDER BY state, id LIMIT 1)",
            )
            .bind(dataset)
            .bind(group),
        )
        .await?;
    if mended > 0 {
        return Ok(());
    }
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("ckan-chatops/member/{group}/{dataset}").as_bytes());
    let written = transaction
        .change(
            sqlx::query(
                "INSERT INTO member (id, table_name, table_id, group_id, capacity, state) \
                 VALUES ($1, 'package', $2, $3, $4, 'active')",
            )
            .bind(id.to_string())
            .bind(dataset)
            .bind(group)
            .bind(capacity),
        )
        .await?;
    if written == 1 { Ok(()) } else { Err(transaction.changed_meanwhile()) }
}

async fn cut(transaction: &mut Transaction, dataset: &str, publisher: &str) -> Result<(), CallError> {
    let rows = transaction.change(
        sqlx::query(
            "UPDATE member SET state = 'deleted' WHERE table_name = 'package' AND table_id = $1 AND group_id = $2 \
             AND state = 'active'",
        )
        .bind(dataset)
        .bind(publisher),
    );
    rows.await.map(|_| ())
}
