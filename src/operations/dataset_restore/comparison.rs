//! Whether a dataset that came back is the one that approvers saw.
//!
//! Guarantees that resources, publisher, privacy and groups are each looked at, and that what is missing is never
//! called whole. Leaves its state and who can see it to the probe.

use super::{Work, missing_groups};
use crate::ckan::Dataset;

/// What is as it was wanted, or else what is not; nothing where there is nothing to tell.
type Compared = Result<Option<String>, String>;

/// One sentence on each part that there is something to say about: as it was wanted, or else what is wrong with it.
pub(super) fn of(work: &Work, dataset: &Dataset) -> Vec<Result<String, String>> {
    [resources(work, dataset), publisher(work, dataset), privacy(work, dataset), groups(work, dataset)]
        .into_iter()
        .filter_map(Compared::transpose)
        .collect()
}

fn resources(work: &Work, dataset: &Dataset) -> Compared {
    match (dataset.resources, work.resources) {
        (now, before) if now < before => {
            Err(format!("Resources are missing: it has {now} now, and had {before}."))
        }
        (now, before) if now > before => Ok(Some(format!("It has {now} resources now, and had {before}."))),
        (0, _) => Ok(Some("It has no resources, as before.".to_owned())),
        (1, _) => Ok(Some("It has its resource.".to_owned())),
        (now, _) => Ok(Some(format!("It has all its {now} resources."))),
    }
}

fn publisher(work: &Work, dataset: &Dataset) -> Compared {
    match (&dataset.organisation, &work.publisher) {
        (None, None) => Ok(None),
        (Some(now), Some(before)) if now.id == *before => {
            Ok(Some(format!("Its publisher is {}.", now.label())))
        }
        (Some(now), _) => Err(format!("Its publisher is {} now, which it was not before.", now.label())),
        (None, Some(_)) => Err("It has no publisher now, and had one.".to_owned()),
    }
}

fn privacy(work: &Work, dataset: &Dataset) -> Compared {
    match (dataset.private, work.private) {
        (true, true) => Ok(Some("It is private, as before.".to_owned())),
        (false, false) => Ok(None),
        (true, false) => Err("It is private now, and was not before.".to_owned()),
        (false, true) => Err("It is not private now, and was before.".to_owned()),
    }
}

fn groups(work: &Work, dataset: &Dataset) -> Compared {
    let missing = missing_groups(dataset, &work.groups);
    match (work.groups.is_empty(), missing.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(format!("It is back in its groups: {}.", work.groups.join(", ")))),
        (false, false) => Err(format!("It is not back in these of its groups: {}.", missing.join(", "))),
    }
}
