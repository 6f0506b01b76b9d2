//! How far an execution is.
//!
//! Guarantees that saying it never waits and never fails: only the latest state is kept, and whoever shows it looks
//! when it suits them. Leaves showing to `worker` and the words to `sentences`.

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

/// Takes what an execution says of its progress.
#[derive(Debug)]
pub struct Progress {
    latest: watch::Sender<Option<Step>>,
}

impl Progress {
    /// A progress and whoever looks at it.
    pub fn channel() -> (Self, watch::Receiver<Option<Step>>) {
        let (latest, seen) = watch::channel(None);
        (Self { latest }, seen)
    }

    /// A progress that nobody looks at.
    pub fn unseen() -> Self {
        Self::channel().0
    }

    /// Says how far it is.
    pub fn step(&self, step: Step) {
        self.latest.send_replace(Some(step));
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
    fn only_the_latest_is_seen() {
        let (progress, seen) = Progress::channel();
        progress.doing("Looking");
        progress.step(Step { done: 3, total: Some(20), doing: "Indexing".to_owned() });
        assert_eq!(seen.borrow().as_ref().map(|step| step.done), Some(3));
        drop(seen);
        progress.doing("nobody looks, and nothing fails");
    }
}
