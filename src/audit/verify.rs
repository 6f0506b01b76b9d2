//! Verifying what a store holds, from the first entry to its head.
//!
//! Guarantees that the first fault is named, and that a store which is being written to meanwhile is not called
//! faulty for it. Leaves to `chain` what a fault is.

use super::chain::{self, ChainHead, Fault};
use crate::store::{Store, StoreError};

/// How many entries are held in memory at once.
const PAGE: u32 = 1000;

/// Why a store's audit was not found to be whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not whole.
    #[error("{0}")]
    Fault(Fault),
    /// It could not be read to the end.
    #[error("the audit could not be read to its end")]
    Store(#[source] StoreError),
}

/// Reads the whole audit and returns where it ends.
pub async fn verify_store(store: &dyn Store) -> Result<ChainHead, VerifyError> {
    let mut end = read_on(store, ChainHead::default()).await?;
    loop {
        let head = store.audit_head().await.map_err(VerifyError::Store)?;
        if head == end {
            return Ok(end);
        }
        if head.seq == end.seq {
            // The head is a second witness of the last entry.
            return Err(VerifyError::Fault(Fault::Altered { seq: end.seq }));
        }
        // The head was read after the entries, so it may be ahead of them by what was written in between.
        let further = read_on(store, end.clone()).await?;
        if further == end {
            return Err(VerifyError::Fault(Fault::Head { expected: head.seq, found: end.seq }));
        }
        end = further;
    }
}

async fn read_on(store: &dyn Store, mut end: ChainHead) -> Result<ChainHead, VerifyError> {
    loop {
        let links = store.audit_links(end.seq, PAGE).await.map_err(VerifyError::Store)?;
        if links.is_empty() {
            return Ok(end);
        }
        end = chain::verify(&end, &links).map_err(VerifyError::Fault)?;
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
