//! Comes back to requests when their time has come: to one that still waits, for a reminder; to what was done, to look
//! further at it: a harvest that was started, a page that a cache still shows.
//!
//! Guarantees that a watch is kept by the commit that it follows from, so that a restart goes on with it; that it only
//! reads; and that it ends, at the latest when its time is over, and where it looked at CKAN says so. Leaves what to
//! look at to the operation, and reminders to `reminders`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Bot, reminders};
use crate::approval::Step;
use crate::approval::transition::later;
use crate::operations::{Look, Watch as Wanted};
use crate::sentences::story;
use crate::sentences::text::Text;
use crate::slack::message::Message;
use crate::store::{Commit, StoreError, Watch, WatchStep};

/// The pause between two looks at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after a look that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// Watches looked at in one go.
const AT_ONCE: u32 = 20;

/// The watch that begins with this step.
pub(super) fn begin(bot: &Bot, step: &Step, wanted: Wanted) -> WatchStep {
    let now = bot.clock.now();
    WatchStep::Keep(Watch {
        request: step.request.id.clone(),
        due_at: later(now, wanted.first),
        ends_at: later(now, wanted.longest),
        memory: wanted.memory,
    })
}

/// Looks at what is watched.
pub struct Watches {
    bot: Arc<Bot>,
}

impl Watches {
    /// For this bot.
    pub fn new(bot: Arc<Bot>) -> Self {
        Self { bot }
    }

    /// Looks until told to stop. A look is not worth waiting for: the next start looks again.
    pub async fn run(&self, stop: CancellationToken) {
        let looking = async {
            loop {
                if let Err(error) = self.look().await {
                    tracing::error!(error = %error, "watches cannot be looked after");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = stop.cancelled() => {}
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        for watch in self.bot.store.due_watches(self.bot.clock.now(), AT_ONCE).await? {
            self.look_at(watch).await?;
        }
        Ok(())
    }

    async fn look_at(&self, watch: Watch) -> Result<(), StoreError> {
        let bot = &self.bot;
        let over = WatchStep::End(watch.request.clone());
        let Some(request) = bot.store.request(&watch.request).await? else {
            return self.keep(Commit { watch: Some(over), ..Commit::default() }).await;
        };
        if let Some(memory) = reminders::Memory::of(&watch.memory) {
            return self.keep(reminders::remind(bot, &watch, memory, &request).await?).await;
        }
        let (Some(change), Some(site)) =
            (bot.registry.change(&request.operation), bot.sites.get(Some(&request.environment)))
        else {
            return self.keep(Commit { watch: Some(over), ..Commit::default() }).await;
        };
        let looked = change.look(site, &request.plan, &watch.memory).await;
        let now = bot.clock.now();
        let late = now >= watch.ends_at;
        let again =
            |pause, memory| WatchStep::Keep(Watch { due_at: later(now, pause), memory, ..watch.clone() });
        let (step, mut said) = match looked {
            Ok(Look::Over(said)) => (over, said),
            Ok(Look::Again { said, .. }) if late => (over, said),
            Ok(Look::Again { pause, memory, said }) => (again(pause, memory), said),
            Err(_) if late => (over, vec![]),
            Err(_) => (again(AFTER_FAILURE, watch.memory.clone()), vec![]),
        };
        if late && matches!(step, WatchStep::End(_)) && said.is_empty() {
            said.push(story::WATCH_ENDS.to_owned());
        }
        let messages = if said.is_empty() {
            vec![]
        } else {
            let message = said
                .iter()
                .fold(Message::new(), |message, sentence| message.paragraph(Text::from(sentence.as_str())));
            vec![bot.thread(&request, message.body())]
        };
        self.keep(Commit { watch: Some(step), messages, ..Commit::default() }).await
    }

    async fn keep(&self, commit: Commit) -> Result<(), StoreError> {
        self.bot.store.commit(commit).await?;
        self.bot.wakes.outbox.notify_one();
        Ok(())
    }
}
