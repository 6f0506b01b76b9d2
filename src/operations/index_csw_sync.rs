//! Whether the CSW sync rests, by the status command of the configuration.
//!
//! Guarantees that any sign of work, or a line that says nothing known, wins over one that says rest: the sync deletes
//! from the catalogue what an emptied index does not have. Leaves what to do about it to `index rebuild`.

use crate::ckan::{CallError, Cause, Finished, Service, Site, Stream};

/// Whether the CSW catalogue is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// It rests.
    Idle,
    /// It runs, or is not known to rest.
    Running,
    /// The configuration says nothing of it.
    NobodyLooks,
    /// Its status cannot be read.
    Unclear,
}

impl Sync {
    /// Has the configured command say how it is.
    pub(super) async fn look(site: &Site) -> Result<Self, CallError> {
        match site.services().status(Service::Csw).await {
            Ok(status) => Ok(says(&status)),
            Err(error) if error.cause == Cause::CommandNotConfigured => Ok(Self::NobodyLooks),
            Err(error) => Err(error),
        }
    }
}

/// What a supervisor's, systemd's or kubectl's status says: that it rests, only where each line says so. What says
/// neither counts as running where it says something.
fn says(status: &Finished) -> Sync {
    // CKAN's own programs log to the other one whatever they do.
    let said = status.tail.iter().filter(|line| line.from == Stream::Out);
    let lines: Vec<String> = said.map(|line| line.text.trim().to_lowercase()).collect();
    // Of what `systemctl status` prints, one line says how it is.
    let of_systemd: Vec<&String> = lines.iter().filter(|line| line.starts_with("active:")).collect();
    let telling = if of_systemd.is_empty() { lines.iter().collect() } else { of_systemd };
    let mut at_work = false;
    let mut at_rest = true;
    for line in telling.into_iter().filter(|line| !is_header(line)) {
        let (works, rests) = says_line(line);
        at_work |= works;
        at_rest &= rests;
    }
    match (at_work, at_rest, status.exit.code()) {
        (false, true, 0 | 3) => Sync::Idle,
        (true, ..) | (false, false, 0) => Sync::Running,
        _ => Sync::Unclear,
    }
}

/// The names of `kubectl get`'s columns.
fn is_header(line: &str) -> bool {
    line.starts_with("name ") && line.split_whitespace().any(|column| column == "age")
}

/// Whether a line says that something works, and whether it says that it rests.
fn says_line(line: &str) -> (bool, bool) {
    const AT_WORK: [&str; 3] = ["running", "active", "activating"];
    // On its way, or to be tried again, whatever it was before.
    const NOT_OVER: [&str; 8] = [
        "pending",
        "containercreating",
        "init",
        "podinitializing",
        "terminating",
        "starting",
        "waiting",
        "backoff",
    ];
    const AT_REST: [&str; 10] = [
        "inactive",
        "stopped",
        "idle",
        "dead",
        "exited",
        "completed",
        "complete",
        "succeeded",
        "finished",
        "suspended",
    ];
    let words: Vec<&str> =
        line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_denied = |at: usize| {
        at.checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|word| matches!(*word, "not" | "no"))
    };
    // kubectl writes `<none>` into columns that say something else.
    let mut at_rest = words == ["none"];
    let mut at_work = false;
    for (at, word) in words.iter().enumerate() {
        if AT_REST.contains(word) && !is_denied(at) {
            at_rest = true;
        } else if NOT_OVER.contains(word) {
            at_work = true;
        } else if AT_WORK.contains(word) {
            // systemd: "Active: inactive (dead)".
            let is_label = words.get(at + 1).is_some_and(|next| AT_REST.contains(next));
            if is_denied(at) {
                at_rest = true;
            } else {
                at_work |= !is_label;
            }
        }
    }
    (at_work, at_rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckan::Line;

    #[test]
    fn hazard_15_a_sync_counts_as_idle_only_where_its_status_says_so() {
        let said = |text: &str, code| {
            let tail = text.lines().map(|line| Line { from: Stream::Out, text: line.to_owned() }).collect();
            says(&Finished::ended("service status", tail, code))
        };
        for (text, code) in [
            ("csw RUNNING pid 4711, uptime 0:01:03", 0),
            ("active", 0),
            ("Active: activating (start)", 0),
            ("Active: active (running) since Fri", 0),
            ("ckan-pycsw-load-29384", 0),
            ("running", 1),
            ("load-1 0/1 Completed 0 20h\nload-2 0/1 ContainerCreating 0 2s", 0),
            ("load-1 0/1 Completed 0 20h\nload-2 0/1 Init:0/1 0 2s", 0),
            ("load-1 0/1 Completed 0 20h\nload-2 0/1 Pending 0 2s", 0),
            ("load-1 0/1 Completed 0 20h\nload-2 0/1 ErrImagePull 0 2s", 0),
            ("load-2 0/1 ErrImagePull 0 2s 10.0.0.1 node-1 <none> <none>", 0),
            ("NAME READY STATUS RESTARTS AGE\nload-1 0/1 Completed 0 20h\nload-2 1/1 Running 0 2s", 0),
            ("csw BACKOFF Exited too quickly", 0),
            ("not finished", 0),
            ("csw.service - CSW\n Loaded: loaded (enabled)\n Active: active (running)\n inactive", 0),
        ] {
            assert_eq!(said(text, code), Sync::Running, "{text}");
        }
        for (text, code) in [
            ("", 0),
            ("inactive", 3),
            ("csw STOPPED", 3),
            ("not running", 0),
            ("none", 0),
            ("Active: inactive (dead)", 3),
            ("csw.service - CSW\n Loaded: loaded (enabled)\n Active: inactive (dead)", 3),
            ("load-1 0/1 Completed 0 20h\nload-2 0/1 Completed 0 2s", 0),
            ("NAME READY STATUS RESTARTS AGE\nload-1 0/1 Completed 0 20h", 0),
            ("NAME READY STATUS RESTARTS AGE IP NODE\nload-1 0/1 Completed 0 20h <none> node-1", 0),
        ] {
            assert_eq!(said(text, code), Sync::Idle, "{text}");
        }
        for (text, code) in
            [("", 1), ("ssh: connect to host x: Connection refused", 255), ("NotFound", 1), ("stopped", 255)]
        {
            assert_eq!(said(text, code), Sync::Unclear, "{text}");
        }
    }
}
