//! The duties of the process: tasks that must run for as long as it does.
//!
//! Guarantees that a duty which ends before it is told to, or panics, is logged and ends the whole process: a bot that
//! acknowledges and does nothing is worse than one that is restarted. Leaves what a duty does to its module.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What runs, and how it is told to end.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Everything that is waited for at the end.
    pub tasks: TaskTracker,
    /// Cancelled when nothing new is to be begun.
    pub stop: CancellationToken,
    deserted: Arc<AtomicBool>,
}

impl Lifecycle {
    /// Begins a duty.
    pub fn begin(&self, name: &'static str, duty: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.clone();
        let running = self.tasks.spawn(duty);
        self.tasks.spawn(async move {
            let ended = running.await;
            if !lifecycle.stop.is_cancelled() {
                tracing::error!(
                    duty = name,
                    panicked = ended.is_err(),
                    "a duty ended by itself; the bot stops"
                );
                lifecycle.deserted.store(true, Ordering::SeqCst);
                lifecycle.stop.cancel();
            }
        });
    }

    /// Tells everything to end and waits for it; `false` where something did not end in time.
    pub async fn end(&self, within: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(within, self.tasks.wait()).await.is_ok()
    }

    /// Whether a duty ended by itself.
    pub fn was_deserted(&self) -> bool {
        self.deserted.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_duty_that_panics_stops_the_rest() {
        let lifecycle = Lifecycle::default();
        let stop = lifecycle.stop.clone();
        lifecycle.begin("patient", async move { stop.cancelled().await });
        lifecycle.begin("hasty", async { panic!("on purpose") });
        lifecycle.stop.cancelled().await;
        assert!(lifecycle.was_deserted());
        assert!(lifecycle.end(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn an_orderly_end_is_no_desertion() {
        let lifecycle = Lifecycle::default();
        let stop = lifecycle.stop.clone();
        lifecycle.begin("patient", async move { stop.cancelled().await });
        assert!(lifecycle.end(Duration::from_secs(5)).await);
        assert!(!lifecycle.was_deserted());
    }
}
