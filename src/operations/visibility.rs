//! Whether the world sees what CKAN's own record says.
//!
//! Guarantees that a dataset counts as shown or hidden only when the search and an anonymous visitor agree with each
//! other. Leaves CKAN's own record to its callers.

use std::time::Duration;

use uuid::Uuid;

use crate::ckan::{CallError, Cause, Dataset, Effect, Site};

/// The index follows CKAN's record at once, or within moments where Solr commits late.
const LOOK_AGAIN_AFTER: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// Waits a little until both agree on `shown`. If they do not, the index is the cause: CKAN answers visitors from it.
pub(super) async fn agrees(site: &Site, id: Uuid, shown: bool) -> Result<(), CallError> {
    let mut pauses = LOOK_AGAIN_AFTER.into_iter();
    loop {
        let (found, readable) = tokio::join!(Dataset::is_in_search(site, id), Dataset::is_public(site, id));
        if found? == shown && readable? == shown {
            return Ok(());
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => {
                return Err(CallError {
                    action: "package_search",
                    cause: Cause::SearchIndex,
                    effect: Effect::Unknown,
                    status: None,
                    earlier: None,
                });
            }
        }
    }
}
