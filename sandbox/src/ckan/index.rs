//! The search index beside the database, which can be out of step with it.
//!
//! Guarantees: whatever goes through CKAN's API is in step afterwards; what a test or the command line has taken out
//! of step stays so until that dataset is indexed again. Kept as what differs, so that an index in step costs nothing.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::catalogue::Catalogue;
use super::records::{IndexDisturbance, IndexState};
use super::rows::Package;

/// What the index has otherwise than the database.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Packages that ought to be in it and are not.
    missing: HashSet<String>,
    /// Documents of packages that are deleted or gone, as they were when they were indexed.
    stale: Vec<Package>,
    /// Packages that were sent to it and not committed.
    pending: Vec<String>,
    /// How often anything was indexed, and at which of those times each package was last. Those never named here were
    /// indexed before the first.
    times: u64,
    last: HashMap<String, u64>,
}

impl Index {
    /// Indexes a package, or takes it out if there is nothing to index any more. Says whether that changed anything.
    pub(super) fn put(&mut self, id: &str) -> bool {
        // The commit of one is the commit of all.
        for pending in std::mem::take(&mut self.pending) {
            self.stamp(&pending);
            self.missing.remove(&pending);
            self.stale.retain(|document| document.id != pending);
        }
        self.stamp(id);
        let before = self.stale.len();
        self.stale.retain(|document| document.id != id);
        self.missing.remove(id) || self.stale.len() != before
    }

    fn stamp(&mut self, id: &str) {
        self.times += 1;
        self.last.insert(id.to_owned(), self.times);
    }

    /// Sends a package to the index, where nobody finds it before the next commit.
    pub(super) fn defer(&mut self, id: &str) {
        self.pending.push(id.to_owned());
    }

    /// Makes what was sent visible. Says whether that changed anything.
    pub(super) fn commit(&mut self) -> bool {
        let pending = std::mem::take(&mut self.pending);
        let mut changed = false;
        for id in pending {
            changed |= self.put(&id);
        }
        changed
    }

    /// Takes a document out, whatever the database has.
    pub(super) fn take_out(&mut self, id: &str) {
        self.stale.retain(|document| document.id != id);
        self.missing.insert(id.to_owned());
    }

    /// Keeps the document of a package that is about to be deleted or to go.
    pub(super) fn keep(&mut self, document: Package) {
        if !self.missing.contains(&document.id) {
            self.stale.retain(|other| other.id != document.id);
            self.stale.push(document);
        }
    }
}

impl Catalogue {
    /// When a document was indexed, by the index's own clock, whose every second is one document.
    pub(super) fn indexed_at(&self, document: &Package) -> String {
        const BEGINNING: i64 = 1_767_225_600;
        let times = self.index.last.get(&document.id).copied().unwrap_or(0);
        let seconds = BEGINNING + i64::try_from(times).unwrap_or(0);
        Timestamp::from_second(seconds).map_or_else(|_| String::new(), |moment| moment.to_string())
    }

    /// The index's documents.
    pub(super) fn indexed(&self) -> impl Iterator<Item = &Package> {
        let is_stale = |id: &str| self.index.stale.iter().any(|document| document.id == id);
        let in_step =
            self.packages.iter().filter(move |package| self.is_indexed(package) && !is_stale(&package.id));
        in_step.chain(&self.index.stale)
    }

    /// Whether the package's own document is there.
    pub(super) fn is_indexed(&self, package: &Package) -> bool {
        package.is_indexed() && !self.index.missing.contains(&package.id)
    }

    /// Empties the index.
    pub(super) fn clear_index(&mut self) {
        self.index.stale.clear();
        self.index.pending.clear();
        self.index.missing.extend(self.packages.iter().map(|package| package.id.clone()));
    }

    pub(super) fn index_state(&self) -> IndexState {
        let missing =
            self.packages.iter().filter(|package| package.is_indexed() && !self.is_indexed(package));
        IndexState {
            documents: self.indexed().count(),
            missing: missing.map(|package| package.id.clone()).collect(),
            stale: self.index.stale.iter().map(|document| document.id.clone()).collect(),
        }
    }

    /// False where there is no such package, and then nothing is done for it and for those after it.
    pub(super) fn disturb_index(&mut self, how: IndexDisturbance) -> bool {
        let (names, disturb): (Vec<String>, fn(&mut Self, Package)) = match how {
            IndexDisturbance::Clear => {
                self.clear_index();
                return true;
            }
            IndexDisturbance::Repair => {
                self.index = Index::default();
                return true;
            }
            IndexDisturbance::Lose(names) => {
                (names, |catalogue, package| catalogue.index.take_out(&package.id))
            }
            IndexDisturbance::Orphan(names) => (names, |catalogue, package| {
                catalogue.purge(&package.id);
                catalogue.index.keep(package);
            }),
            IndexDisturbance::Outlive(names) => (names, Self::delete_in_the_database),
        };
        names.iter().all(|name| {
            let found = self.package(name).cloned();
            let is_there = found.is_some();
            if let Some(package) = found {
                disturb(self, package);
            }
            is_there
        })
    }

    /// The state alone, and the document stays as it was.
    pub(super) fn delete_in_the_database(&mut self, package: Package) {
        if let Some(row) = self.packages.iter_mut().find(|row| row.id == package.id) {
            "deleted".clone_into(&mut row.fields.state);
        }
        if package.is_indexed() {
            self.index.keep(package);
        }
    }
}
