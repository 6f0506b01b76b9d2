//! Which process a service is, as its status command tells it.
//!
//! Guarantees that only what names a process counts: process ids, since when systemd has it, names of pods. Whatever
//! ticks by itself, such as an uptime, does not. Leaves to its callers what a change of it means.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::ckan::Finished;

/// What in a status names a process.
const MARKS: [&str; 3] = [
    // supervisor: "RUNNING pid 4711, uptime …"; systemd: "Main PID: 4711 (ckan)".
    r"(?i)\bpid:?\s+(\d+)",
    // systemd: "active (running) since Fri 2026-11-20 10:00:00 UTC; 3h ago".
    r"\bsince ([^;]+);",
    // A pod of a deployment: "ckan-gather-6d9fdc7b9c-x2x7k".
    r"\b([a-z][a-z0-9-]*-[a-z0-9]{8,10}-[a-z0-9]{5})\b",
];

/// Which process or processes a service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity(BTreeSet<String>);

/// What two looks at a service say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// It is another process.
    Another,
    /// It is the same one, or one of several is.
    TheSame,
    /// One of the looks does not tell.
    NobodyKnows,
}

impl Identity {
    /// What this status tells.
    pub(super) fn of(status: &Finished) -> Self {
        static PATTERNS: LazyLock<Vec<Regex>> =
            LazyLock::new(|| MARKS.iter().filter_map(|mark| Regex::new(mark).ok()).collect());
        let found = |text: &str| -> Vec<String> {
            let all = PATTERNS.iter().flat_map(|pattern| pattern.captures_iter(text));
            all.filter_map(|found| found.get(0))
                .map(|whole| whole.as_str().trim_end_matches(';').to_owned())
                .collect()
        };
        Self(status.tail.iter().flat_map(|line| found(&line.text)).collect())
    }

    /// True where the status tells nothing of it.
    pub(super) fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `now` is another process.
    pub(super) fn compare(&self, now: &Self) -> Compared {
        if self.is_unknown() || now.is_unknown() {
            Compared::NobodyKnows
        } else if self.0.is_disjoint(&now.0) {
            Compared::Another
        } else {
            Compared::TheSame
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unknown() {
            return f.write_str("not told");
        }
        let marks: Vec<&str> = self.0.iter().map(String::as_str).collect();
        f.write_str(&marks.join(", "))
    }
}
