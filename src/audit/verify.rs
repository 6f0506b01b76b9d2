//! Verifying what a store holds, from the first entry to its head.
//!
//! Guarantees that the first fault is named, and that a store which is being written to meanwhile is not called
//! faulty for it. Leaves to `chain` what a fault is.

use async_trait::async_trait;

use super::chain::{self, ChainHead, Fault, Link};
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

/// What holds an audit. Every store does; so does a file that is only read.
#[async_trait]
pub trait AuditSource: Send + Sync {
    /// Where the chain says it ends.
    async fn head(&self) -> Result<ChainHead, StoreError>;
    /// Entries after `seq`, in order, at most `limit`.
    async fn links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError>;
}

#[async_trait]
impl<S: Store + ?Sized> AuditSource for S {
    async fn head(&self) -> Result<ChainHead, StoreError> {
        self.audit_head().await
    }

    async fn links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        self.audit_links(after_seq, limit).await
    }
}

/// Reads the whole audit and returns where it ends.
pub async fn verify_store<S: AuditSource + ?Sized>(store: &S) -> Result<ChainHead, VerifyError> {
    let mut end = read_on(store, ChainHead::default()).await?;
    loop {
        let head = store.head().await.map_err(VerifyError::Store)?;
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

async fn read_on<S: AuditSource + ?Sized>(store: &S, mut end: ChainHead) -> Result<ChainHead, VerifyError> {
    loop {
        let links = store.links(end.seq, PAGE).await.map_err(VerifyError::Store)?;
        if links.is_empty() {
            return Ok(end);
        }
        end = chain::verify(&end, &links).map_err(VerifyError::Fault)?;
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
