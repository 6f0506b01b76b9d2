//! When the index is not worked on though it is approved: what runs beside it, and the time of the daily CSW sync.
//!
//! Guarantees that what cannot be told holds nothing up: the plan that is made under the claim then decides. Leaves the
//! waiting to `worker::holding`.

use std::time::Duration;

use jiff::Timestamp;

use super::NotNow;
use super::index_csw_sync::Sync;
use crate::ckan::harvest::job::HarvestJob;
use crate::ckan::{CallError, Cause, Site};

/// The pause between two looks at what runs.
const LOOK_AGAIN_IN: Duration = Duration::from_mins(1);

/// The time that the configuration gives to the daily CSW sync.
pub(super) fn daily_sync(site: &Site, now: Timestamp) -> Option<NotNow> {
    let until = site.csw_sync()?.until(now)?;
    Some(NotNow {
        why: format!(
            "This is the time of the daily CSW sync on {}, which reads the whole index.",
            site.environment
        ),
        look_again_in: Duration::try_from(until.duration_since(now)).unwrap_or(LOOK_AGAIN_IN),
    })
}

/// Whatever works from the index and must not find it empty.
pub(super) async fn readers(site: &Site, now: Timestamp) -> Result<Option<NotNow>, CallError> {
    if let Some(sync) = daily_sync(site, now) {
        return Ok(Some(sync));
    }
    let why = if harvests(site).await? > 0 {
        "A harvest is not over, and harvesters work from the index."
    } else if Sync::look(site).await? == Sync::Running {
        "The CSW sync runs, and would delete from the catalogue whatever the emptied index does not have."
    } else {
        return Ok(None);
    };
    Ok(Some(NotNow { why: why.to_owned(), look_again_in: LOOK_AGAIN_IN }))
}

/// How many harvests are not over.
pub(super) async fn harvests(site: &Site) -> Result<usize, CallError> {
    match HarvestJob::open(site, None).await {
        Ok(open) => Ok(open.len()),
        // Without ckanext-harvest there is no harvest.
        Err(error) if error.cause == Cause::UnknownAction => Ok(0),
        Err(error) => Err(error),
    }
}
