//! How far an execution is.
//!
//! Guarantees that saying it never waits and never fails: only the latest state is kept, and whoever shows it looks
//! when it suits them. Leaves showing to `worker` and the words to `sentences`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// So many are done.
    pub done: u64,
    /// Of so many, where that is known.
    pub total: Option<u64>,
    /// What is being done now, a few words without a full stop, for example `Stopping the running job`.
    pub doing: String,
}

/// Lines of a command's output that are kept for the audit.
const KEPT: usize = 20;
/// Characters of them; an entry of the audit cuts at its end, where the news is.
const KEPT_CHARACTERS: usize = 560;

/// Takes what an execution says of its progress.
#[derive(Debug)]
pub struct Progress {
    latest: watch::Sender<Option<Step>>,
    printed: Mutex<VecDeque<String>>,
}

impl Progress {
    /// A progress and whoever looks at it.
    pub fn channel() -> (Self, watch::Receiver<Option<Step>>) {
        let (latest, seen) = watch::channel(None);
        (Self { latest, printed: Mutex::default() }, seen)
    }

    /// A progress that nobody looks at.
    pub fn unseen() -> Self {
        Self::channel().0
    }

    /// Says how far it is.
    pub fn step(&self, step: Step) {
        self.latest.send_replace(Some(step));
    }

    /// Keeps a line that a command printed, clean of secrets already; the last [`KEPT`] go into the audit.
    pub fn printed(&self, line: &str) {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        if printed.len() == KEPT {
            printed.pop_front();
        }
        printed.push_back(line.to_owned());
    }

    /// The end of what commands printed, oldest line first; short enough for one entry of the audit.
    pub fn tail(&self) -> Vec<String> {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = KEPT_CHARACTERS;
        let mut tail: Vec<String> = vec![];
        for line in printed.iter().rev() {
            let length = line.chars().count();
            if length >= left {
                if tail.is_empty() {
                    tail.push(line.chars().skip(length - left).collect());
                }
                break;
            }
            left -= length + 1;
            tail.push(line.clone());
        }
        tail.reverse();
        tail
    }

    /// Says what is being done, where there is nothing to count.
    pub fn doing(&self, doing: impl Into<String>) {
        self.step(Step { done: 0, total: None, doing: doing.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_what_was_printed_is_kept() {
        let progress = Progress::unseen();
        for number in 0..100 {
            progress.printed(&number.to_string());
        }
        let tail = progress.tail();
        assert_eq!((tail.len(), tail[0].as_str(), tail[KEPT - 1].as_str()), (KEPT, "80", "99"));
        progress.printed(&"a".repeat(400));
        progress.printed(&"b".repeat(400));
        assert_eq!(progress.tail(), ["b".repeat(400)]);
        progress.printed(&format!("{}end", "c".repeat(5_000)));
        let tail = progress.tail();
        assert_eq!((tail.len(), tail[0].chars().count()), (1, KEPT_CHARACTERS));
        assert!(tail[0].ends_with("cend"));
    }

    #[test]
    fn only_the_latest_is_seen() {
        let (progress, seen) = Progress::channel();
        progress.doing("Looking");
        progress.step(Step { done: 3, total: Some(20), doing: "Indexing".to_owned() });
        assert_eq!(seen.borrow().as_ref().map(|step| step.done), Some(3));
        drop(seen);
        progress.doing("nobody looks, and nothing fails");
    }
}
