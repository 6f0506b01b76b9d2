//! The one way out: takes messages from the store in order and brings them to Slack.
//!
//! Guarantees order within a lane, at most one message a second and channel after a short burst (Slack), patience on
//! 429 and outages, and that a message is settled only after Slack's answer. A crash between Slack's answer and our
//! note of it can post a message twice; the card's own updates cannot. Leaves what the messages say to `card`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::response_address::ResponseAddress;
use super::web::{SlackError, SlackWeb};
use crate::approval::transition::later;
use crate::clock::SharedClock;
use crate::store::{Delivery, MessageAddress, MessageFate, Outgoing, Store, StoreError};

/// Messages under way at once, each of another lane.
const AT_ONCE: usize = 8;
/// Looks for due messages at least this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The longest pause between two tries of one message.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Tries of a private answer; Slack takes 5 and for 30 minutes.
const ANSWER_TRIES: u32 = 12;

/// Slack's codes that a person has to mend in the workspace or that pass by themselves: worth waiting for.
const MENDABLE: [&str; 15] = [
    "account_inactive",
    "channel_not_found",
    "fatal_error",
    "internal_error",
    "invalid_auth",
    "is_archived",
    "missing_scope",
    "not_authed",
    "not_in_channel",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
];

/// Brings messages to Slack.
pub struct Outbox {
    store: Arc<dyn Store>,
    web: Arc<SlackWeb>,
    answers: ResponseAddress,
    clock: SharedClock,
    wake: Arc<Notify>,
    pace: Pace,
}

impl Outbox {
    /// An outbox that is woken by `wake`.
    pub fn new(
        store: Arc<dyn Store>,
        web: Arc<SlackWeb>,
        answers: ResponseAddress,
        clock: SharedClock,
        wake: Arc<Notify>,
    ) -> Self {
        Self { store, web, answers, clock, wake, pace: Pace::default() }
    }

    /// Delivers until told to stop; a message under way is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.deliver_due().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error = %error, "the outbox cannot reach the store");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Delivers what is due, one message of each lane; says how many.
    async fn deliver_due(&self) -> Result<usize, StoreError> {
        let due = self.store.due_messages(self.clock.now(), 64).await?;
        let count = due.len();
        let fates: Vec<Result<(), StoreError>> = stream::iter(due)
            .map(|message| async move {
                let fate = self.deliver(&message).await?;
                self.store.settle_message(&message.id, fate).await
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        fates.into_iter().collect::<Result<Vec<()>, StoreError>>()?;
        Ok(count)
    }

    async fn deliver(&self, message: &Outgoing) -> Result<MessageFate, StoreError> {
        let result = match &message.delivery {
            Delivery::Card { channel } => {
                self.pace.permit(channel).await;
                self.web.post_message(channel, None, &message.body).await.map(Some)
            }
            Delivery::Thread => match self.card(message).await? {
                Some(card) => {
                    self.pace.permit(&card.channel).await;
                    self.web.post_message(&card.channel, Some(&card.ts), &message.body).await.map(Some)
                }
                None => Err(SlackError::Refused("no_card".to_owned())),
            },
            Delivery::CardUpdate => match self.card(message).await? {
                Some(card) => self.web.update_message(&card, &message.body).await.map(|()| None),
                None => Err(SlackError::Refused("no_card".to_owned())),
            },
            Delivery::Ephemeral { channel, user } => {
                self.web.post_ephemeral(channel, user, &message.body).await.map(|()| None)
            }
            Delivery::Respond { response_url } => {
                self.answers.answer(response_url, &message.body).await.map(|()| None)
            }
        };
        Ok(self.fate(message, result).await)
    }

    async fn card(&self, message: &Outgoing) -> Result<Option<MessageAddress>, StoreError> {
        match &message.request {
            Some(request) => self.store.card(request).await,
            None => Ok(None),
        }
    }

    async fn fate(
        &self,
        message: &Outgoing,
        result: Result<Option<MessageAddress>, SlackError>,
    ) -> MessageFate {
        let error = match result {
            Ok(address) => {
                metrics::counter!("ckan_chatops_messages_total", "fate" => "delivered").increment(1);
                return MessageFate::Delivered(address);
            }
            Err(error) => error,
        };
        metrics::counter!("ckan_chatops_messages_total", "fate" => "failed").increment(1);
        let pause = match &error {
            SlackError::RateLimited(wait) => {
                if let Delivery::Card { channel } = &message.delivery {
                    self.pace.hold(channel, *wait).await;
                }
                *wait
            }
            SlackError::Refused(code) if MENDABLE.contains(&code.as_str()) => pause_after(message.tries),
            SlackError::Refused(code) => {
                tracing::error!(message.id = %message.id, code, "Slack refuses a message for good");
                return MessageFate::Dead { why: code.clone() };
            }
            SlackError::Unclear => pause_after(message.tries),
        };
        if matches!(message.delivery, Delivery::Respond { .. }) && message.tries + 1 >= ANSWER_TRIES {
            return MessageFate::Dead { why: "answer_not_taken".to_owned() };
        }
        tracing::warn!(message.id = %message.id, error = %error, pause_ms = pause.as_millis(), "a message waits for another try");
        MessageFate::Again(later(self.clock.now(), pause))
    }
}

fn pause_after(tries: u32) -> Duration {
    Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(tries.min(10))).min(LONGEST_PAUSE)
}

/// One message a second and channel, after a burst of a few.
#[derive(Default)]
struct Pace {
    next: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    const BURST: u32 = 4;

    /// Waits for this channel's turn.
    async fn permit(&self, channel: &str) {
        let second = Duration::from_secs(1);
        let turn = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let earliest = now.checked_sub(second * Self::BURST).unwrap_or(now);
            let slot = next.entry(channel.to_owned()).or_insert(earliest);
            *slot = (*slot).max(earliest) + second;
            *slot
        };
        tokio::time::sleep_until(turn).await;
    }

    /// Slack asked to wait: nobody goes before.
    async fn hold(&self, channel: &str, wait: Duration) {
        self.next.lock().await.insert(channel.to_owned(), Instant::now() + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_then_one_a_second() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..Pace::BURST {
            pace.permit("C1").await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.permit("C1").await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        pace.permit("C2").await;
        assert_eq!(start.elapsed(), Duration::from_secs(1), "another channel has its own turn");
        pace.hold("C1", Duration::from_secs(30)).await;
        pace.permit("C1").await;
        assert!(start.elapsed() >= Duration::from_secs(31));
    }

    #[test]
    fn pauses_grow_and_stop_growing() {
        assert_eq!(pause_after(0), Duration::from_millis(500));
        assert_eq!(pause_after(3), Duration::from_secs(4));
        assert_eq!(pause_after(99), LONGEST_PAUSE);
    }
}
