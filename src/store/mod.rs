//! The memory: what the rest asks of a store, in the domain's words.
//!
//! Guarantees (and `conformance` holds every adapter to it): a [`Commit`] happens whole or not at all; a request
//! changes only from the version it was read at, and is the only open one on what it touches; a delivery from Slack is kept once and finished once; messages of
//! one lane leave in order; the audit chain grows by each commit's entries and has no gaps. Times of deliveries and
//! messages are kept to the millisecond, those inside a request exactly. Leaves to `approval::transition` which
//! changes are permitted, and to `slack` what the messages say.

#[cfg(test)]
mod conformance;
pub mod copy;
mod opening;
pub mod past;
pub mod postgres;
mod rows;
mod sql;
pub mod sqlite;
mod unreadable;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval::{Item, ItemState, Request, State};
use crate::audit::{ChainHead, Entry, Link};
use crate::ids::{InboundId, MessageId, PersonId, RequestId, UserId};
pub use opening::{OpenError, open, open_audit, open_past};

/// What acting on a delivery waits for. Each kind is acted on beside the others, so that none waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundKind {
    /// A typed command, or a button that asks for the same as one did: for CKAN.
    Command,
    /// A button, or anything else that needs only the store and Slack, such as a denial's form.
    Press,
    /// A form: for CKAN.
    Submit,
}

impl InboundKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Command, Self::Press, Self::Submit];

    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Press => "press",
            Self::Submit => "submit",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One delivery from Slack, verified, not yet acted on.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Its id.
    pub id: InboundId,
    /// SHA-256 of the request's signature, hexadecimal; unique. The same one again is a replay.
    pub signature: String,
    /// What Slack gives each act of a person (its trigger id); unique. The same one again is a second copy.
    pub dedupe: String,
    /// When it came.
    pub received_at: Timestamp,
    /// What acting on it waits for.
    pub kind: InboundKind,
    /// The delivery in our own terms. Holds the response address, so it never leaves the store but to be acted on.
    pub body: Value,
}

/// Whether a delivery was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Kept; it will be acted on.
    Kept,
    /// Another delivery of an act that is kept already; nothing was added.
    Duplicate,
    /// The same signature was seen before; nothing was added.
    Replayed,
}

/// Where a message stands in Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAddress {
    /// The channel's id.
    pub channel: String,
    /// Slack's time stamp, unique in the channel.
    pub ts: String,
}

/// How a message goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Delivery {
    /// A new message in a channel; the request's card. Its address is kept.
    Card {
        /// The channel's id.
        channel: String,
    },
    /// The request's card again, as it is now, on every copy of it that is known.
    CardUpdate,
    /// The card again on a copy of it that Slack showed to be ours, at this address. From then on it is known as one.
    CardCopy {
        /// Where the copy stands.
        at: MessageAddress,
    },
    /// A message in the thread under the request's card.
    Thread,
    /// A file in the thread under the request's card; the message's body is what `slack::files` makes of one.
    File,
    /// A message that only one person sees, in a channel the bot is in.
    Ephemeral {
        /// The channel's id.
        channel: String,
        /// The person.
        user: String,
    },
    /// An answer to the response address of a delivery: private, at most 5 in 30 minutes (Slack). Where that is
    /// over, it is a message that only this person sees in this channel.
    Respond {
        /// The address, a bearer capability: erased once the message is settled.
        response_url: String,
        /// A channel that the bot is in.
        channel: String,
        /// The person.
        user: String,
    },
}

/// A message that is to go to Slack.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its id.
    pub id: MessageId,
    /// What keeps order: messages of one lane leave in the order in which they were committed. The request's id, or
    /// a delivery's where there is no request.
    pub lane: String,
    /// The request it belongs to. A private answer with one says that its card is posted.
    pub request: Option<RequestId>,
    /// How it goes out.
    pub delivery: Delivery,
    /// `text` and `blocks`, ready for Slack; of a file its name, title, comment and content.
    pub body: Value,
    /// When it was written.
    pub created_at: Timestamp,
    /// Failed tries so far.
    pub tries: u32,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageFate {
    /// Slack has it; with its address where Slack gave one.
    Delivered(Option<MessageAddress>),
    /// To be tried again, not before this moment.
    Again(Timestamp),
    /// Given up; `why` is a stable word for people who look.
    Dead {
        /// A stable word.
        why: String,
    },
}

/// When a request is come back to: to remind of it while it waits, or to look further at what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The request; it has one watch at most.
    pub request: RequestId,
    /// Not to be looked at before this.
    pub due_at: Timestamp,
    /// Ends then, whatever is seen.
    pub ends_at: Timestamp,
    /// What the next look gets to know, in the operation's own terms or in those of `worker::reminders`.
    pub memory: Value,
}

/// What becomes of a request's watch.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchStep {
    /// It begins, or goes on so.
    Keep(Watch),
    /// It ends; nothing where there is none.
    End(RequestId),
}

/// What becomes of items of one request. Only whoever carries it out says so: [`StoreError::Conflict`] where the
/// request has another version than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// The request.
    pub request: RequestId,
    /// The request's version when it was read, before an update in the same commit.
    pub version: i64,
    /// Items by their place, each with its new state and note.
    pub each: Vec<(u32, ItemState, String)>,
    /// What becomes of all that wait once those are marked.
    pub rest: Option<(ItemState, String)>,
}

/// How many items of a request are in which state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// States that some are in.
    pub counts: BTreeMap<ItemState, u32>,
    /// When one of them last changed.
    pub changed_at: Option<Timestamp>,
}

impl Tally {
    /// How many are in this state.
    pub fn of(&self, state: ItemState) -> u32 {
        self.counts.get(&state).copied().unwrap_or_default()
    }
}

/// Which items of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemFilter {
    /// Only in this state.
    pub state: Option<ItemState>,
    /// Only from this place on.
    pub from: u32,
    /// At most so many, in order of their places.
    pub limit: u32,
}

/// A person who asks, by today's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The person.
    pub person: PersonId,
    /// The person's accounts: what they asked for before the registry knew them counts too.
    pub users: Vec<UserId>,
}

/// How much one person may have open at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MostOpen {
    /// Whose requests count.
    pub by: Asker,
    /// So many, with the new one.
    pub most: u32,
}

/// One transaction: everything in it happens, or nothing does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commit {
    /// The delivery that this finishes. Already finished: [`StoreError::Conflict`].
    pub finishes: Option<InboundId>,
    /// A new request (its version must be 1). [`StoreError::Conflict`] where one that is pending, approved or running
    /// touches the same target of the same environment.
    pub insert: Option<Request>,
    /// How many this person may have pending, approved or held once the new request is made: [`StoreError::Conflict`]
    /// where that would be more.
    pub most_open: Option<MostOpen>,
    /// The items of the new request; what was said of targets holds for theirs.
    pub items: Vec<Item>,
    /// What becomes of items.
    pub marks: Option<Marks>,
    /// A request after a step, whose version is one above the stored one; otherwise [`StoreError::Conflict`]. The
    /// same for one that is to run while another runs on the same target of the same environment.
    pub update: Option<Request>,
    /// What the audit gets, in this order, before anything else is visible.
    pub entries: Vec<Entry>,
    /// What Slack gets, in this order.
    pub messages: Vec<Outgoing>,
    /// What becomes of a watch.
    pub watch: Option<WatchStep>,
}

/// Which requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in these states; empty: all.
    pub states: Vec<State>,
    /// Only with an `expires_at` at or before this.
    pub expired_by: Option<Timestamp>,
    /// Only with an id that ends so (what people quote). The empty text fits nothing.
    pub reference: Option<String>,
    /// Only of this environment and touching a target with this id.
    pub target: Option<(String, uuid::Uuid)>,
    /// Only of this environment and touching one of these. Meant for some hundred at a time.
    pub any_target: Option<(String, Vec<uuid::Uuid>)>,
    /// Only those that this person asked for.
    pub requested_by: Option<Asker>,
    /// At most so many, newest first; 0: a hundred.
    pub limit: u32,
}

/// Why the store did not do it. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was first: read again and decide again.
    #[error("the row was changed by somebody else")]
    Conflict,
    /// The database did not do it: full, locked, gone. Worth trying again.
    #[error("the database did not answer or refused")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was to be written breaks a rule of the schema, or makes no sense to the database. Trying again would end
    /// the same way.
    #[error("the database does not accept what was to be written or asked")]
    Unacceptable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database holds something that no version of this program wrote.
    #[error("inconsistent data in {table}.{column}, row {row}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
}

/// What the rest of the program asks of the memory.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps a delivery durably. Several may share one transaction. [`StoreError::Conflict`] where nothing but the
    /// id was there before.
    async fn receive(&self, inbound: Inbound) -> Result<Receipt, StoreError>;
    /// The oldest deliveries of this kind that are not finished, at most `limit`. Unreadable ones are passed over.
    async fn unfinished(&self, kind: InboundKind, limit: u32) -> Result<Vec<Inbound>, StoreError>;
    /// One delivery, finished or not, until it is forgotten.
    async fn inbound(&self, id: &InboundId) -> Result<Option<Inbound>, StoreError>;
    /// Forgets what is older than this moment and nothing refers to any more: finished deliveries (and with them the
    /// signatures already seen), and messages that Slack has under no address of their own, such as a card's earlier
    /// states. How many that were.
    async fn forget_finished(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Does one transaction. Given up before it answers, it has happened whole or not at all.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;
    /// One request.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// Requests that fit the filter, newest first. Unreadable ones are passed over.
    async fn requests(&self, filter: Filter) -> Result<Vec<Request>, StoreError>;

    /// Items of one request, in order of their places.
    async fn items(&self, request: &RequestId, filter: ItemFilter) -> Result<Vec<Item>, StoreError>;
    /// How many items of a request are in which state.
    async fn tally(&self, request: &RequestId) -> Result<Tally, StoreError>;

    /// The first message of each lane that is neither delivered nor given up, where it is due by now; oldest first,
    /// at most `limit`. Unreadable ones are passed over, and hold their lane.
    async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, StoreError>;
    /// Records what became of a message. Already settled: [`StoreError::Conflict`].
    async fn settle_message(&self, id: &MessageId, fate: MessageFate) -> Result<(), StoreError>;
    /// When the next first message of a lane falls due that is not due by now; `None` where there is none.
    async fn next_message_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;
    /// The address of a request's card, once Slack has it.
    async fn card(&self, request: &RequestId) -> Result<Option<MessageAddress>, StoreError>;
    /// Every address at which a request's card stands, each once, in any order: the one of [`Store::card`], earlier
    /// ones, and copies.
    async fn cards(&self, request: &RequestId) -> Result<Vec<MessageAddress>, StoreError>;
    /// The request for which we posted this message, where we know of one.
    async fn posted_for(&self, address: &MessageAddress) -> Result<Option<RequestId>, StoreError>;
    /// True where this message was posted by us for this request.
    async fn is_message_of(&self, request: &RequestId, address: &MessageAddress) -> Result<bool, StoreError>;
    /// How many messages wait, and how many were given up.
    async fn message_counts(&self) -> Result<MessageCounts, StoreError>;

    /// Where the audit chain ends.
    async fn audit_head(&self) -> Result<ChainHead, StoreError>;
    /// Entries after `seq`, in order, at most `limit`.
    async fn audit_links(&self, after_seq: i64, limit: u32) -> Result<Vec<Link>, StoreError>;
    /// Entries of one request, in order.
    async fn audit_of(&self, request: &RequestId) -> Result<Vec<Link>, StoreError>;

    /// Watches whose time has come, the longest due first.
    async fn due_watches(&self, now: Timestamp, limit: u32) -> Result<Vec<Watch>, StoreError>;

    /// Waits until this process is the one that acts on what is kept: of the processes on one server, one does, while all
    /// take deliveries. A file is its process's from the beginning.
    async fn lead(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Comes when this process may no longer act: another one may. It must end then.
    async fn lost(&self) {
        std::future::pending::<()>().await;
    }

    /// Proves that the store can be written, by a transaction that leaves nothing behind.
    async fn writable(&self) -> Result<(), StoreError>;
    /// Answers everybody who waits and lets go of the database in good order; whatever is asked afterwards is
    /// [`StoreError::Unavailable`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// Messages that are not with Slack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Waiting for their turn or for another try.
    pub waiting: u64,
    /// Given up.
    pub dead: u64,
}
