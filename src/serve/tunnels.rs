//! The tunnels, for as long as the process runs.
//!
//! Guarantees that they outlive the duties, which may still speak to CKAN while they end, and that losing them without
//! being told to ends the process as losing a duty does. Leaves each tunnel to `ckan::tunnel`.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::lifecycle::Lifecycle;
use crate::worker::Bot;

/// The tunnels of all environments.
pub(super) struct Tunnels {
    close: CancellationToken,
    keeping: JoinHandle<()>,
}

impl Tunnels {
    /// Opens them all.
    pub(super) fn begin(bot: &Arc<Bot>, lifecycle: &Lifecycle) -> Self {
        let (close, ended) = (CancellationToken::new(), CancellationToken::new());
        let (bot, closing, ending) = (bot.clone(), close.clone(), ended.clone().drop_guard());
        let keeping = tokio::spawn(async move {
            let _ending = ending;
            bot.sites.keep_tunnels(closing).await;
        });
        let stop = lifecycle.stop.clone();
        lifecycle.begin("tunnels", async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = stop.cancelled() => {}
            }
        });
        Self { close, keeping }
    }

    /// Closes them all.
    pub(super) async fn close(self) {
        self.close.cancel();
        // An error means that it panicked, which is logged already.
        let _ = self.keeping.await;
    }
}
