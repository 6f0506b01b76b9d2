//! Which datasets a list means.
//!
//! Guarantees that every line ends in exactly one place: found, or left out for one of the reasons that are counted;
//! that two lines for one dataset are one; and that the search is asked first, many at a time, and CKAN's own record
//! for whatever the search does not have. Leaves to operations which states they take.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::bulk::each;
use super::target::DatasetTarget;
use super::{PlanError, list};
use crate::ckan::{CallError, Cause, Dataset, Site, many};

/// Questions at once to CKAN's own record.
pub(super) const RECORDS_AT_ONCE: usize = 4;
/// The most that one request acts on.
pub const MOST: usize = list::LONGEST;
/// Examples of a kind that are kept.
const EXAMPLES: usize = 5;

/// Lines of one kind that are left out: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub count: usize,
    /// The first few, as keys.
    pub first: Vec<String>,
}

impl LeftOut {
    pub(super) fn add(&mut self, key: &str) {
        self.count += 1;
        if self.first.len() < EXAMPLES {
            self.first.push(key.to_owned());
        }
    }

    /// `3: a, b, c`, and `…` where there are more.
    pub(super) fn told(&self) -> String {
        let more = if self.count > self.first.len() { ", …" } else { "" };
        format!("{}: {}{more}", self.count, self.first.join(", "))
    }
}

/// Calls `take` with every dataset of the publisher that the search has.
pub(super) async fn each_of_publisher(
    site: &Site,
    publisher: &str,
    mut take: impl FnMut(Dataset),
) -> Result<(), PlanError> {
    let mut seen = 0;
    let mut known = BTreeSet::new();
    loop {
        let page = many::of_publisher(site, publisher, seen).await?;
        refuse_too_many(page.count)?;
        let len = page.datasets.len() as u64;
        // Where one goes while the pages are read, the next page begins later: what is missed is not acted on.
        for dataset in page.datasets {
            if known.insert(dataset.id) {
                take(dataset);
            }
        }
        seen += len;
        if len == 0 || seen >= page.count {
            return Ok(());
        }
    }
}

/// Refuses more than one request acts on.
pub(super) fn refuse_too_many(count: u64) -> Result<(), PlanError> {
    if count > MOST as u64 {
        return Err(PlanError::Refused(format!(
            "That is {count} datasets, and {MOST} is the most for one request. Split the list."
        )));
    }
    Ok(())
}

/// What became of the lines that name no dataset to take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Not a dataset's name at all.
    pub unreadable: LeftOut,
    /// No such dataset.
    pub unknown: LeftOut,
    /// Named a second time.
    pub duplicate: LeftOut,
}

/// Calls `take` with every dataset that the targets name, once each: the key that named it, the dataset, and whether
/// the search has it.
pub(super) async fn each_named(
    site: &Site,
    targets: &[DatasetTarget],
    mut take: impl FnMut(&str, Dataset, bool),
) -> Result<Lines, PlanError> {
    refuse_too_many(targets.len() as u64)?;
    let mut lines = Lines::default();
    let mut keys = BTreeSet::new();
    let mut known = BTreeSet::new();
    for some in targets.chunks(many::WHOLE_AT_ONCE) {
        let mut wanted: Vec<&str> = vec![];
        for target in some {
            if keys.insert(target.key()) {
                wanted.push(target.key());
            } else {
                lines.duplicate.add(target.key());
            }
        }
        let mut found = many::found(site, &wanted).await?;
        let indexed: BTreeSet<Uuid> = found.iter().map(|dataset| dataset.id).collect();
        let missing: Vec<&str> = wanted
            .iter()
            .copied()
            .filter(|key| !found.iter().any(|dataset| is_named(dataset, key)))
            .collect();
        let shown = each(&missing, RECORDS_AT_ONCE, |&key| shown(site, key)).await?;
        let mut unknown = BTreeSet::new();
        for (key, dataset) in missing.iter().zip(shown) {
            if let Some(dataset) = dataset {
                found.push(dataset);
            } else {
                unknown.insert(*key);
                lines.unknown.add(key);
            }
        }
        // In the order of the lines.
        for key in wanted {
            let Some(at) = found.iter().position(|dataset| is_named(dataset, key)) else {
                // A slug and a UUID of the same dataset: the first one took it.
                if !unknown.contains(key) {
                    lines.duplicate.add(key);
                }
                continue;
            };
            let dataset = found.swap_remove(at);
            if known.insert(dataset.id) {
                let indexed = indexed.contains(&dataset.id);
                take(key, dataset, indexed);
            } else {
                lines.duplicate.add(key);
            }
        }
    }
    Ok(lines)
}

fn is_named(dataset: &Dataset, key: &str) -> bool {
    dataset.name == key || dataset.id.to_string() == key
}

/// CKAN's own record; nothing where there is none.
pub(super) async fn shown(site: &Site, key: &str) -> Result<Option<Dataset>, CallError> {
    match Dataset::show(site, key).await {
        Ok(dataset) => Ok(Some(dataset)),
        Err(error) if error.cause == Cause::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
