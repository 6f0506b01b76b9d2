//! Which process a service is, as its status command tells it.
//!
//! Guarantees that only what names a process counts: process ids, since when systemd has it, how often it was started, names of
//! pods. Whatever
//! ticks by itself, such as an uptime, does not. Leaves to its callers what a change of it means.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::ckan::Finished;

/// What in a status names a process.
const MARKS: [&str; 4] = [
    // supervisor: "RUNNING pid 4711, uptime …"; systemd: "Main PID: 4711 (ckan)".
    r"(?i)\bpid:?\s+(\d+)",
    // How often it was started: "running, 2 restarts"; `systemctl show -p NRestarts`: "NRestarts=2".
    r"(?i)\b(\d+) restarts?\b|\bNRestarts=(\d+)",
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
        Self(status.tail.iter().flat_map(|line| marks(&line.text)).collect())
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

/// What in this text names a process.
fn marks(text: &str) -> Vec<String> {
    static PATTERNS: LazyLock<Vec<Regex>> =
        LazyLock::new(|| MARKS.iter().filter_map(|mark| Regex::new(mark).ok()).collect());
    let found = PATTERNS.iter().flat_map(|pattern| pattern.find_iter(text));
    found.map(|mark| mark.as_str().trim_end_matches(';').to_owned()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(text: &str) -> Identity {
        Identity(marks(text).into_iter().collect())
    }

    #[test]
    fn what_names_a_process_is_told_from_what_ticks() {
        for (before, ticked, another) in [
            (
                "ckan-gather  RUNNING   pid 4711, uptime 0:01:02",
                "ckan-gather  RUNNING   pid 4711, uptime 0:01:09",
                "ckan-gather  RUNNING   pid 4720, uptime 0:00:01",
            ),
            (
                "Active: active (running) since Fri 2026-11-20 10:00:00 UTC; 3h ago",
                "Active: active (running) since Fri 2026-11-20 10:00:00 UTC; 4h ago",
                "Active: active (running) since Fri 2026-11-20 14:00:00 UTC; 1s ago",
            ),
            (
                "ckan-gather-6d9fdc7b9c-x2x7k   1/1   Running   0   5d",
                "ckan-gather-6d9fdc7b9c-x2x7k   1/1   Running   0   6d",
                "ckan-gather-75cb8d97f4-b8qlz   1/1   Running   0   3s",
            ),
            ("gather: running, 0 restarts", "gather: running, 0 restarts", "gather: running, 1 restarts"),
        ] {
            let was = identity(before);
            assert_eq!(was.compare(&identity(ticked)), Compared::TheSame, "{before}");
            assert_eq!(was.compare(&identity(another)), Compared::Another, "{another}");
        }
    }

    #[test]
    fn a_status_that_names_no_process_proves_nothing() {
        let silent = identity("deployment \"ckan-gather\" successfully rolled out");
        assert!(silent.is_unknown());
        assert_eq!(silent.compare(&silent), Compared::NobodyKnows);
        assert_eq!(identity("RUNNING pid 1, uptime 0:01").compare(&silent), Compared::NobodyKnows);
    }
}
