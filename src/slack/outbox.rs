//! The one way out: takes messages from the store in order and brings them to Slack.
//!
//! Guarantees order within a lane, at most one message a second and channel after a short burst (Slack), patience on
//! 429 and outages, and that a message is settled only after Slack's answer. While the store cannot note what Slack
//! has taken, nothing more goes out. A crash between Slack's answer and our note of it can post a message twice; the
//! card's own updates cannot. Leaves what the messages say to `card`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize as _;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::files::{ResultFile, SlackFiles};
use super::message::Message;
use super::pace::Pace;
use super::response_address::ResponseAddress;
use super::web::{SlackError, SlackWeb};
use crate::approval::transition::later;
use crate::clock::SharedClock;
use crate::sentences::notices;
use crate::store::{Delivery, MessageAddress, MessageFate, Outgoing, Store, StoreError};

/// Messages under way at once, each of another lane.
const AT_ONCE: usize = 8;
/// Looks for due messages at least this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The longest pause between two tries of one message.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Tries at a response address; Slack takes 5, and for 30 minutes.
const ANSWER_TRIES: u32 = 5;

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
    files: Arc<SlackFiles>,
    clock: SharedClock,
    wake: Arc<Notify>,
    pace: Pace,
}

/// Whether it was a message's turn.
enum Turn {
    /// It was, and this became of it.
    Came(MessageFate),
    /// It will be at this moment.
    ComesAt(Instant),
}

/// What came of looking for due messages.
#[derive(Clone, Copy)]
enum Round {
    /// None could go.
    Nothing,
    /// Some wait for this moment.
    NothingBefore(Instant),
    /// Some went, so others may be due now.
    Delivered,
}

impl Round {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Delivered, _) | (_, Self::Delivered) => Self::Delivered,
            (Self::NothingBefore(one), Self::NothingBefore(two)) => Self::NothingBefore(one.min(two)),
            (turn @ Self::NothingBefore(_), Self::Nothing) | (Self::Nothing, turn) => turn,
        }
    }
}

impl Outbox {
    /// An outbox that is woken by `wake`.
    pub fn new(
        store: Arc<dyn Store>,
        web: Arc<SlackWeb>,
        answers: ResponseAddress,
        files: Arc<SlackFiles>,
        clock: SharedClock,
        wake: Arc<Notify>,
    ) -> Self {
        Self { store, web, answers, files, clock, wake, pace: Pace::default() }
    }

    /// Delivers until told to stop; a message under way is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let look_at = match self.deliver_due(&stop).await {
                Ok(Round::Delivered) => continue,
                Ok(Round::NothingBefore(turn)) => turn.min(Instant::now() + LOOK_EVERY),
                Ok(Round::Nothing) => Instant::now() + LOOK_EVERY,
                Err(error) => {
                    tracing::error!(error = %error, "the outbox cannot reach the store");
                    Instant::now() + LOOK_EVERY
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep_until(look_at) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Delivers what is due, one message of each lane.
    async fn deliver_due(&self, stop: &CancellationToken) -> Result<Round, StoreError> {
        let due = self.store.due_messages(self.clock.now(), 64).await?;
        let done: Vec<Result<Round, StoreError>> = stream::iter(due)
            .map(|message| async move {
                // Waits for the next start: with a slow Slack there may be minutes of them.
                if stop.is_cancelled() {
                    return Ok(Round::Nothing);
                }
                match self.deliver(&message).await? {
                    Turn::Came(fate) => self.note(&message, fate, stop).await.map(|()| Round::Delivered),
                    Turn::ComesAt(turn) => Ok(Round::NothingBefore(turn)),
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        done.into_iter().try_fold(Round::Nothing, |all, one| Ok(all.and(one?)))
    }

    /// Notes what became of a message, as soon as the store can: without the note it would be posted again.
    async fn note(
        &self,
        message: &Outgoing,
        fate: MessageFate,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        loop {
            match self.store.settle_message(&message.id, fate.clone()).await {
                Err(StoreError::Unavailable(error)) if !stop.is_cancelled() => {
                    tracing::error!(message.id = %message.id, error = %error, "a message's fate waits for the store");
                }
                // Noted by a try that seemed to fail.
                Err(StoreError::Conflict) => return Ok(()),
                noted => return noted,
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn deliver(&self, message: &Outgoing) -> Result<Turn, StoreError> {
        let body = &message.body;
        let result = match &message.delivery {
            Delivery::Card { channel } => {
                if let Err(turn) = self.pace.take(channel) {
                    return Ok(Turn::ComesAt(turn));
                }
                self.post(channel, None, body).await
            }
            Delivery::Thread => match self.card(message).await? {
                Some(card) => {
                    if let Err(turn) = self.pace.take(&card.channel) {
                        return Ok(Turn::ComesAt(turn));
                    }
                    self.post(&card.channel, Some(&card.ts), body).await
                }
                None => Err(SlackError::Refused("no_card".to_owned())),
            },
            Delivery::File => match self.card(message).await? {
                Some(card) => {
                    if let Err(turn) = self.pace.take(&card.channel) {
                        return Ok(Turn::ComesAt(turn));
                    }
                    self.share(body, &card).await
                }
                None => Err(SlackError::Refused("no_card".to_owned())),
            },
            Delivery::CardUpdate => match self.card(message).await? {
                Some(card) => self.update(message, &card).await?.map(|()| None),
                None => Err(SlackError::Refused("no_card".to_owned())),
            },
            Delivery::CardCopy { at } => self.web.update_message(at, body).await.map(|()| Some(at.clone())),
            Delivery::Ephemeral { channel, user } => {
                self.web.post_ephemeral(channel, user, body).await.map(|()| None)
            }
            Delivery::Respond { response_url, channel, user } => {
                let body = self.answer_to_say(message).await?;
                self.answer(message.tries, response_url, (channel, user), &body).await.map(|()| None)
            }
        };
        Ok(Turn::Came(self.fate(message, result)))
    }

    /// Posts where everybody sees it. Where Slack asks to wait, nobody else goes before either.
    async fn post(
        &self,
        channel: &str,
        thread: Option<&str>,
        body: &Value,
    ) -> Result<Option<MessageAddress>, SlackError> {
        let posted = self.web.post_message(channel, thread, body).await;
        if let Err(SlackError::RateLimited(wait)) = &posted {
            self.pace.hold(channel, *wait);
        }
        posted.map(Some)
    }

    /// Replaces the card, on every copy of it: a copy that is gone holds up nothing.
    async fn update(
        &self,
        message: &Outgoing,
        card: &MessageAddress,
    ) -> Result<Result<(), SlackError>, StoreError> {
        let copies = match &message.request {
            Some(request) => self.store.cards(request).await?,
            None => vec![],
        };
        for copy in copies.iter().filter(|copy| *copy != card) {
            match self.web.update_message(copy, &message.body).await {
                Ok(()) => {}
                Err(SlackError::Refused(code)) if !MENDABLE.contains(&code.as_str()) => {
                    tracing::warn!(message.id = %message.id, code, "a copy of a card cannot be replaced");
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(self.web.update_message(card, &message.body).await)
    }

    /// Shares a file in the thread; where Slack takes none, the thread says so.
    async fn share(&self, body: &Value, card: &MessageAddress) -> Result<Option<MessageAddress>, SlackError> {
        let Ok(file) = ResultFile::deserialize(body) else {
            return Err(SlackError::Refused("not_a_file".to_owned()));
        };
        match self.files.share(&file, card).await {
            Err(SlackError::Refused(code)) if !MENDABLE.contains(&code.as_str()) => {
                tracing::error!(code, "Slack refuses a file for good");
                let instead = Message::of(notices::file_not_taken(&file.name)).body();
                self.post(&card.channel, Some(&card.ts), &instead).await
            }
            Err(SlackError::RateLimited(wait)) => {
                self.pace.hold(&card.channel, wait);
                Err(SlackError::RateLimited(wait))
            }
            shared => shared.map(|()| None),
        }
    }

    /// The answer, or, where it would speak of a card that Slack did not take, that.
    async fn answer_to_say(&self, message: &Outgoing) -> Result<Value, StoreError> {
        match &message.request {
            Some(request) if self.store.card(request).await?.is_none() => {
                Ok(Message::of(notices::card_not_taken(&request.reference())).body())
            }
            _ => Ok(message.body.clone()),
        }
    }

    /// To the response address, and where that takes nothing any more, to the person in the channel.
    async fn answer(
        &self,
        tries: u32,
        response_url: &str,
        (channel, user): (&str, &str),
        body: &Value,
    ) -> Result<(), SlackError> {
        if tries < ANSWER_TRIES {
            match self.answers.answer(response_url, body).await {
                Err(SlackError::Refused(_)) => {}
                answered => return answered,
            }
        }
        self.web.post_ephemeral(channel, user, body).await
    }

    async fn card(&self, message: &Outgoing) -> Result<Option<MessageAddress>, StoreError> {
        match &message.request {
            Some(request) => self.store.card(request).await,
            None => Ok(None),
        }
    }

    fn fate(&self, message: &Outgoing, result: Result<Option<MessageAddress>, SlackError>) -> MessageFate {
        let error = match result {
            Ok(address) => {
                metrics::counter!("ckan_chatops_messages_total", "fate" => "delivered").increment(1);
                return MessageFate::Delivered(address);
            }
            Err(error) => error,
        };
        metrics::counter!("ckan_chatops_messages_total", "fate" => "failed").increment(1);
        let pause = match &error {
            SlackError::RateLimited(wait) => *wait,
            SlackError::Refused(code) if MENDABLE.contains(&code.as_str()) => pause_after(message.tries),
            SlackError::Refused(code) => {
                tracing::error!(message.id = %message.id, code, "Slack refuses a message for good");
                return MessageFate::Dead { why: code.clone() };
            }
            SlackError::Unclear => pause_after(message.tries),
        };
        tracing::warn!(message.id = %message.id, error = %error, pause_ms = pause.as_millis(), "a message waits for another try");
        MessageFate::Again(later(self.clock.now(), pause))
    }
}

fn pause_after(tries: u32) -> Duration {
    Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(tries.min(10))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stop_growing() {
        assert_eq!(pause_after(0), Duration::from_millis(500));
        assert_eq!(pause_after(3), Duration::from_secs(4));
        assert_eq!(pause_after(99), LONGEST_PAUSE);
    }
}
