//! Whether the public site has followed.
//!
//! Guarantees that only a clear answer of the public site is told, and that nothing is told where none is configured.
//! The public site is a cache in front of CKAN that lags some ten minutes (data.gov.uk), so it is watched after CKAN
//! itself was seen to have changed, and is no part of that proof.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{Look, Watch};
use crate::ckan::{PublicPage, Site};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_mins(1);
/// Far beyond the lag of a site that is well.
const LONGEST: Duration = Duration::from_mins(40);

/// A watch on the public site.
pub(super) fn watch() -> Watch {
    Watch { first: Duration::ZERO, longest: LONGEST, memory: Value::Null }
}

/// One look at the page of this dataset, which is to be `shown` there, or not to be.
pub(super) async fn look(site: &Site, id: Uuid, shown: bool) -> Look {
    let Some(page) = site.public_page(id).await else { return Look::Over(vec![]) };
    match (page, shown) {
        (PublicPage::Gone, false) => over("The public site does not show it any more."),
        (PublicPage::StillThere, true) => over("The public site shows it again."),
        _ => Look::Again { pause: PAUSE, memory: Value::Null, said: vec![] },
    }
}

fn over(sentence: &str) -> Look {
    Look::Over(vec![sentence.to_owned()])
}
