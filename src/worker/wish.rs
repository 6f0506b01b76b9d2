//! A wish, whose it is, and how its owner is answered.
//!
//! Guarantees that a refusal is private, written down, and leaves nothing in the channel. Leaves typed commands to
//! `command` and requests to `asking`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::intake::{ActError, Acted};
use super::{Bot, Private, record};
use crate::approval::{Refusal, Request, Source};
use crate::audit::{Actor, Entry};
use crate::ids::{InboundId, RequestId};
use crate::sentences::text::Text;
use crate::sentences::{notices, refusals};
use crate::slack::command::Asked;
use crate::slack::message::Message;
use crate::slack::payload::Sender;
use crate::store::Commit;

/// A wish in full: what, why, for whom, and what it undoes or repeats.
pub(super) struct Wish {
    pub(super) asked: Asked,
    pub(super) reason: String,
    pub(super) ticket: Option<String>,
    pub(super) source: Option<Source>,
    pub(super) undoes: Option<Request>,
    /// Of what the undone request did, only this.
    pub(super) among: Option<BTreeSet<Uuid>>,
    /// The request that this one asks for again.
    pub(super) repeats: Option<RequestId>,
}

impl Wish {
    /// What somebody asks for anew.
    pub(super) fn new(asked: Asked, reason: String, ticket: Option<String>, source: Option<Source>) -> Self {
        Self { asked, reason, ticket, source, undoes: None, among: None, repeats: None }
    }
}

/// Who wishes, and how they are answered.
#[derive(Clone, Copy)]
pub(super) struct Wisher<'a> {
    pub(super) inbound: &'a InboundId,
    pub(super) sender: &'a Sender,
    pub(super) response_url: Option<&'a str>,
}

impl<'a> Wisher<'a> {
    pub(super) fn private(self, lane: Option<&'a str>) -> Private<'a> {
        Private {
            inbound: self.inbound,
            user: self.sender.user.as_str(),
            response_url: self.response_url,
            lane,
        }
    }
}

/// Finishes a delivery that opened a form, or says that it did not open.
pub(super) async fn opened(bot: &Bot, wisher: Wisher<'_>, open: bool) -> Result<Acted, ActError> {
    opened_and_written(bot, wisher, open, vec![]).await
}

/// The same with what the audit gets.
pub(super) async fn opened_and_written(
    bot: &Bot,
    wisher: Wisher<'_>,
    open: bool,
    entries: Vec<Entry>,
) -> Result<Acted, ActError> {
    let messages = if open {
        vec![]
    } else {
        vec![bot.private(&wisher.private(None), Message::of(notices::form_did_not_open()).body())]
    };
    let commit = Commit { finishes: Some(wisher.inbound.clone()), entries, messages, ..Commit::default() };
    bot.store.commit(commit).await?;
    Ok(Acted::Finished)
}

/// Says privately why somebody may not, and writes it down.
pub(super) async fn refuse(
    bot: &Bot,
    wisher: Wisher<'_>,
    operation: Option<&str>,
    refusal: &Refusal,
) -> Result<Acted, ActError> {
    let actor = actor(bot, wisher.sender);
    let entry = record::refused_wish(bot.clock.now(), actor, &bot.policy, operation, refusal.name())
        .rule(refusal.rule().unwrap_or(refusal.name()));
    finish(bot, wisher, entry, refusals::refusal(refusal)).await
}

/// Says something privately that made no request, and writes it down.
pub(super) async fn answer(
    bot: &Bot,
    wisher: Wisher<'_>,
    words: Text,
    result: &str,
) -> Result<Acted, ActError> {
    let actor = actor(bot, wisher.sender);
    let entry = record::refused_wish(bot.clock.now(), actor, &bot.policy, None, result);
    finish(bot, wisher, entry, words).await
}

/// Finishes a delivery with one entry and one private answer.
pub(super) async fn finish(
    bot: &Bot,
    wisher: Wisher<'_>,
    entry: Entry,
    words: Text,
) -> Result<Acted, ActError> {
    let commit = Commit {
        finishes: Some(wisher.inbound.clone()),
        entries: vec![entry],
        messages: vec![bot.private(&wisher.private(None), Message::of(words).body())],
        ..Commit::default()
    };
    bot.store.commit(commit).await?;
    Ok(Acted::Finished)
}

/// The human behind a payload, for the audit.
pub(super) fn actor(bot: &Bot, sender: &Sender) -> Actor {
    record::human(bot.policy.person(&sender.user), sender)
}
