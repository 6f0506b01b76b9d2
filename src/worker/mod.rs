//! The hands: what happens between a kept delivery and a verified outcome.
//!
//! Guarantees that every step is committed before what follows from it, that nothing executes but under a committed
//! claim, and that a crash anywhere leaves either nothing done or an *unknown* that is probed. Each task reads the
//! store and acts; none remembers anything that a restart would lose. Leaves the rule to `approval` and the words to
//! `sentences`.

mod again;
mod asking;
mod bulk;
mod command;
mod copies;
pub mod decision;
pub mod executor;
pub mod expiry;
pub mod holding;
pub mod intake;
mod limits;
mod progress;
pub mod record;
pub mod recovery;
mod reminders;
mod source;
pub mod submission;
pub mod under_way;
mod verdict;
pub mod watches;
pub mod wish;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

use crate::approval::{Account, Policy, Refusal, Request};
use crate::ckan::Sites;
use crate::clock::SharedClock;
use crate::ids::{IdSource, InboundId, RequestId, WorkerId};
use crate::operations::Registry;
use crate::slack::card;
use crate::slack::channel;
use crate::slack::command::Grammar;
use crate::slack::files::{ResultFile, SlackFiles};
use crate::slack::payload::Sender;
use crate::slack::people::Home;
use crate::slack::web::SlackWeb;
use crate::store::{Delivery, Outgoing, Store};
use under_way::UnderWay;

/// Wakes the tasks, so that nothing waits for a timer.
#[derive(Debug, Clone, Default)]
pub struct Wakes {
    /// A delivery was kept.
    pub intake: Arc<Notify>,
    /// A request was approved.
    pub executor: Arc<Notify>,
    /// A message was written.
    pub outbox: Arc<Notify>,
}

/// What the tasks share.
pub struct Bot {
    /// The memory.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: SharedClock,
    /// New ids.
    pub ids: Arc<IdSource>,
    /// Every operation.
    pub registry: Arc<Registry>,
    /// Reads command text.
    pub grammar: Arc<Grammar>,
    /// Every environment's CKAN.
    pub sites: Sites,
    /// The rules in force.
    pub policy: Policy,
    /// Slack's Web API.
    pub web: Arc<SlackWeb>,
    /// Files of Slack's.
    pub files: Arc<SlackFiles>,
    /// Our workspace.
    pub home: Home,
    /// Where cards and threads stand.
    pub channel: String,
    /// Where a ticket is looked at, with `{ticket}` in it.
    pub ticket_url: Option<String>,
    /// This process.
    pub worker: WorkerId,
    /// The requests that this process is carrying out.
    pub under_way: UnderWay<RequestId>,
    /// The place for a request of many items: one at a time, as each fills CKAN by itself.
    pub many: Arc<Semaphore>,
    /// Wakes the tasks.
    pub wakes: Wakes,
}

impl Bot {
    /// Who asks or decides, and that nobody else sees the channel: both read from Slack in one round.
    async fn account_in_our_channel(&self, sender: &Sender) -> Result<Account, Refusal> {
        channel::look_up_with_account(&self.web, &self.home, &self.policy, sender, &self.channel).await
    }

    /// A message of a request, in the request's lane.
    fn message(&self, request: &Request, delivery: Delivery, body: serde_json::Value) -> Outgoing {
        Outgoing {
            id: self.ids.message(),
            lane: request.id.to_string(),
            request: Some(request.id.clone()),
            delivery,
            body,
            created_at: self.clock.now(),
            tries: 0,
        }
    }

    /// The card again, as the request is now.
    fn card_update(&self, request: &Request) -> Outgoing {
        self.message(request, Delivery::CardUpdate, self.card_body(request, None))
    }

    /// The card, as the request is now and as far as its execution is.
    fn card_body(&self, request: &Request, progress: Option<&str>) -> serde_json::Value {
        card::card(request, self.ticket_url.as_deref(), progress)
    }

    /// A message in the request's thread.
    fn thread(&self, request: &Request, body: serde_json::Value) -> Outgoing {
        self.message(request, Delivery::Thread, body)
    }

    /// A message that only the requester sees, after what was said in the thread.
    fn aside(&self, request: &Request, body: serde_json::Value) -> Outgoing {
        let (channel, user) = (self.channel.clone(), request.requester_user.to_string());
        self.message(request, Delivery::Ephemeral { channel, user }, body)
    }

    /// A file in the request's thread.
    pub fn file(&self, request: &Request, file: &ResultFile) -> Outgoing {
        self.message(request, Delivery::File, file.body())
    }

    /// A private answer to the person behind a delivery: to its response address, else in the channel.
    fn private(&self, about: &Private<'_>, body: serde_json::Value) -> Outgoing {
        let (channel, user) = (self.channel.clone(), about.user.to_owned());
        let delivery = match about.response_url {
            Some(url) => Delivery::Respond { response_url: url.to_owned(), channel, user },
            None => Delivery::Ephemeral { channel, user },
        };
        Outgoing {
            id: self.ids.message(),
            lane: about.lane.map_or_else(|| about.inbound.to_string(), str::to_owned),
            request: None,
            delivery,
            body,
            created_at: self.clock.now(),
            tries: 0,
        }
    }
}

/// Who is answered privately.
#[derive(Debug, Clone, Copy)]
struct Private<'a> {
    inbound: &'a InboundId,
    user: &'a str,
    response_url: Option<&'a str>,
    /// The lane to keep order in; the delivery's own where `None`.
    lane: Option<&'a str>,
}
