//! Rows to test with. All times are whole milliseconds, as the store keeps them.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::approval::request::sample;
use crate::approval::{Request, State, Vote, plan};
use crate::audit::{Act, Actor, Entry};
use crate::ids::{InboundId, MessageId, PersonId, UserId};
use crate::store::{Commit, Delivery, Inbound, InboundKind, Outgoing, Store};

/// A moment, counted from some day.
pub(in crate::store) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// The delivery of this number.
pub(in crate::store) fn inbound(number: i64) -> Inbound {
    Inbound {
        id: InboundId::new(format!("01INBOUND{number:05}")),
        signature: format!("signature {number}"),
        dedupe: format!("act {number}"),
        received_at: at(number),
        kind: InboundKind::Command,
        body: json!({"kind": "command", "text": "withdraw “x”", "response_url": "https://hooks.slack.com/commands/1"}),
    }
}

/// A pending request with this id, on a dataset of its own.
pub(in crate::store) fn request(id: &str) -> Request {
    request_on(id, Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()))
}

/// A pending request with this id, on this dataset.
pub(in crate::store) fn request_on(id: &str, target: Uuid) -> Request {
    let mut plan = plan::sample();
    plan.targets[0].id = target;
    Request {
        arguments: json!({"dataset": "road-accidents-2019"}),
        policy_digest: "0123456789abcdef".to_owned(),
        ..sample(id, plan, at(0))
    }
}

/// The same request one step on, in this state.
pub(in crate::store) fn step(request: &Request, state: State) -> Request {
    Request { version: request.version + 1, state, ..request.clone() }
}

/// A yes by this person.
pub(in crate::store) fn yes(person: &str) -> Vote {
    Vote {
        person: PersonId::new(person),
        user: UserId::new(format!("U{}", person.to_uppercase())),
        approve: true,
        reason: None,
        at: at(60),
        groups: BTreeSet::new(),
    }
}

/// An entry about this request.
pub(in crate::store) fn entry(request: &Request, act: Act) -> Entry {
    Entry { request: Some(request.id.clone()), ..Entry::new(at(0), Actor::Bot, act) }
}

/// A message in this lane, written at `seconds`.
pub(in crate::store) fn message(id: &str, lane: &str, seconds: i64) -> Outgoing {
    Outgoing {
        id: MessageId::new(id),
        lane: lane.to_owned(),
        request: None,
        delivery: Delivery::Ephemeral { channel: "C1".to_owned(), user: "UALICE".to_owned() },
        body: json!({"text": "Looking up …", "blocks": []}),
        created_at: at(seconds),
        tries: 0,
    }
}

/// Commits a new request and returns it.
pub(in crate::store) async fn insert(store: &Arc<dyn Store>, request: Request) -> Request {
    let entries = vec![entry(&request, Act::Requested)];
    store.commit(Commit { insert: Some(request.clone()), entries, ..Commit::default() }).await.unwrap();
    request
}
