//! What a remote site offers to the harvester of a source.
//!
//! Guarantees: without an override it is what the CKAN lab's remote offers at the same address,
//! `/<site>/<datasets>/<seconds a page>`: first the datasets that the seed says came from it, then `<site>-00001` and
//! on. How a site's name begins says what is wrong with it: `broken` answers 500, `page` an HTML page, of `bad` every
//! second dataset cannot be imported, `slow` is slow at every dataset in place of every page. Leaves when it is asked
//! to [`super::consumers`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::rows::Package;
use super::super::seed::seeded_id;

/// Datasets that CKAN's harvester asks for at a time.
const PAGE: u32 = 100;

/// A remote site, as it answers from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct Remote {
    /// First part of its address.
    pub(super) site: String,
    /// Datasets that it offers.
    pub(super) datasets: u32,
    /// How long it takes to answer all the pages that a harvest asks for.
    pub(super) gather_ms: u64,
    /// How long the import of one dataset takes.
    pub(super) object_ms: u64,
    /// Never answers.
    pub(super) hangs: bool,
    /// How many of its first datasets are newer than what CKAN has.
    pub(super) updated: u32,
    /// How many of its last datasets CKAN cannot import; of a `bad` site every second one beside.
    pub(super) errored: u32,
    /// Why not, with `{guid}` for the dataset.
    pub(super) error: String,
    /// What the harvester notes in place of any dataset.
    pub(super) gather_error: Option<String>,
    /// Names of the seeded datasets that came from it.
    #[serde(skip)]
    seeded: Vec<String>,
}

impl Remote {
    pub(super) fn at(url: &str, brought: &[&Package]) -> Self {
        let path =
            url::Url::parse(url).map(|url| url.path().trim_matches('/').to_owned()).unwrap_or_default();
        let mut parts = path.split('/');
        let site = parts.next().unwrap_or_default().to_owned();
        let datasets: u32 = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let seconds: u64 = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let unread = |shown: &str| {
            format!(
                "Unable to search remote CKAN for datasets:Response from remote CKAN was not JSON: {shown} url:{url}terms:[]"
            )
        };
        let gather_error = if site.starts_with("broken") {
            Some(unread("'Internal Server Error'"))
        } else if site.starts_with("page") {
            Some(unread("'<!doctype html><title>Moved</title><p>This portal has moved.'"))
        } else if datasets == 0 {
            Some(format!("No datasets found at CKAN: {url}"))
        } else {
            None
        };
        let slow_imports = site.starts_with("slow");
        let pages = u64::from(datasets.div_ceil(PAGE) + 1);
        Self {
            site,
            datasets,
            gather_ms: if slow_imports { 0 } else { seconds * 1000 * pages },
            object_ms: if slow_imports { seconds * 1000 } else { 0 },
            hangs: false,
            updated: 0,
            errored: 0,
            error: "Invalid package with GUID {guid}: {'extras_validation': ['Duplicate key \"twice\"']}"
                .to_owned(),
            gather_error,
            seeded: brought.iter().map(|package| package.seeded_name.clone()).collect(),
        }
    }

    /// How long a gather takes; nothing means for ever.
    pub(super) fn gathering(&self) -> Option<Duration> {
        (!self.hangs).then_some(Duration::from_millis(self.gather_ms))
    }

    /// Everything but which datasets are the seed's.
    pub(super) fn become_like(&mut self, other: Self) {
        let seeded = std::mem::take(&mut self.seeded);
        *self = Self { seeded, ..other };
    }

    pub(super) fn importing(&self) -> Duration {
        Duration::from_millis(self.object_ms)
    }

    /// The slug of its dataset at this position, from 0.
    pub(super) fn name(&self, position: usize) -> String {
        let made_up = || format!("{}-{:05}", self.site, position + 1);
        self.seeded.get(position).cloned().unwrap_or_else(made_up)
    }

    /// Its id there, and here once it is imported.
    pub(super) fn id(&self, position: usize) -> String {
        seeded_id("dataset", &self.name(position)).to_string()
    }

    pub(super) fn is_errored(&self, position: usize) -> bool {
        let is_bad = self.site.starts_with("bad") && position.is_multiple_of(2);
        is_bad || position >= self.datasets.saturating_sub(self.errored) as usize
    }

    pub(super) fn is_updated(&self, position: usize) -> bool {
        position < self.updated as usize
    }
}
