//! The last resort for a stuck harvest job: its end, written into the database.
//!
//! Guarantees that one job ends and no other is touched, in one transaction: its unfinished objects go into error
//! first, or `harvester run` would queue them anew. Leaves the queues and the consumers alone, and the source's status
//! in the index to `harvest_source_reindex`.

use uuid::Uuid;

use super::WriteRole;
use crate::ckan::CallError;

/// What an abort did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedJob {
    /// How many objects went into error.
    pub objects: u64,
}

impl WriteRole {
    /// Ends this job of this source. Refused with [`crate::ckan::Cause::DatabaseChanged`] where the source has no such
    /// job or it is finished.
    pub async fn abort_harvest_job(&self, job: Uuid, source: Uuid) -> Result<AbortedJob, CallError> {
        let mut transaction = self.begin("UPDATE harvest_job").await?;
        let open = transaction
            .optional(
                sqlx::query_scalar::<_, String>(
                    "SELECT id FROM harvest_job WHERE id = $1 AND source_id = $2 AND status IN ('New', 'Running') \
                     FOR UPDATE",
                )
                .bind(job.to_string())
                .bind(source.to_string()),
            )
            .await?;
        if open.is_none() {
            return Err(transaction.changed_meanwhile());
        }
        let objects = transaction
            .change(
                sqlx::query(
                    "UPDATE harvest_object SET state = 'ERROR', report_status = 'errored' \
                     WHERE harvest_job_id = $1 AND coalesce(state, '') NOT IN ('COMPLETE', 'ERROR')",
                )
                .bind(job.to_string()),
            )
            .await?;
        // ckanext-harvest writes UTC without a zone; `now()` alone would be the server's zone.
        let ended = transaction
            .optional(
                sqlx::query_scalar::<_, String>(
                    "UPDATE harvest_job SET status = 'Finished', finished = now() AT TIME ZONE 'utc' \
                     WHERE id = $1 AND status <> 'Finished' RETURNING id",
                )
                .bind(job.to_string()),
            )
            .await?;
        if ended.is_none() {
            return Err(transaction.changed_meanwhile());
        }
        transaction.finish().await?;
        Ok(AbortedJob { objects })
    }
}
