//! Shows on the card how far an execution is.
//!
//! Guarantees that showing never holds up the work, that a card is brought up to date ever more rarely the longer it
//! takes, and that what cannot be shown is let go: the next state is newer anyway. Leaves the words to `sentences`.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Bot;
use crate::approval::Request;
use crate::operations::progress::Step;
use crate::sentences::story;
use crate::store::{Commit, Delivery};

/// The pause before the first state is shown: what is over by then needs no bar.
const FIRST: Duration = Duration::from_secs(2);
/// The longest pause between two states.
const LONGEST: Duration = Duration::from_secs(30);

/// Shows until it is dropped.
pub(super) async fn show(
    bot: &Bot,
    request: &Request,
    mut seen: watch::Receiver<Option<Step>>,
) -> Infallible {
    let began = Instant::now();
    loop {
        tokio::time::sleep((began.elapsed() / 20).clamp(FIRST, LONGEST)).await;
        if seen.changed().await.is_err() {
            return std::future::pending().await;
        }
        let Some(step) = seen.borrow_and_update().clone() else { continue };
        let words = story::progress(&step, began.elapsed());
        let body = bot.card_body(request, Some(&words));
        let messages = vec![bot.message(request, Delivery::CardUpdate, body)];
        if bot.store.commit(Commit { messages, ..Commit::default() }).await.is_ok() {
            bot.wakes.outbox.notify_one();
        }
    }
}
