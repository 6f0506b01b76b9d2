//! From a pressed button to a vote, a cancellation or a form. What is sent with a form comes from `submission`.
//!
//! Guarantees that every press is checked afresh: the request from the store, the message against those we posted
//! for it, the person against Slack and the policy, the step against the rule; and that the step, the vote, the
//! audit entry and the messages are one transaction. Refused presses are answered privately and written down.

use std::time::Duration;

use super::intake::{ActError, Acted};
use super::wish::{self, Wisher};
use super::{Bot, copies, record};
use crate::approval::transition::{later, needs_review};
use crate::approval::{Account, Event, Item, Matter, Refusal, Request, Role, State, Step, apply};
use crate::audit::{Act as AuditAct, Entry};
use crate::ids::RequestId;
use crate::sentences::text::Text;
use crate::sentences::{refusals, story};
use crate::slack::card::button;
use crate::slack::forms;
use crate::slack::message::Message;
use crate::slack::payload::{Act, Sender};
use crate::slack::review::{self, Reader};
use crate::store::{Commit, Inbound, ItemFilter, MessageAddress, StoreError};

/// How often a decision is made anew because somebody else was first.
const TRIES: u32 = 8;
/// How long a press may wait for us to have noted where its card stands.
const CARD_GRACE: Duration = Duration::from_secs(30);

/// Acts on a pressed button.
pub(super) async fn press(bot: &Bot, inbound: &Inbound, act: &Act) -> Result<Acted, ActError> {
    let Act::Press { sender, channel, ts, button, value, trigger, response_url } = act else {
        return Ok(Acted::Later);
    };
    let wisher = Wisher { inbound: &inbound.id, sender, response_url: response_url.as_deref() };
    let id = RequestId::new(value.as_str());
    let Some(request) = bot.store.request(&id).await? else {
        return refuse_unbound(bot, wisher, "no_such_request", refusals::no_such_request()).await;
    };
    let address = MessageAddress { channel: channel.clone(), ts: ts.clone() };
    if !bot.store.is_message_of(&id, &address).await? {
        if address_may_still_come(bot, inbound, &id, &address).await? {
            return Ok(Acted::Later);
        }
        if !copies::is_one(bot, &request, &address, button).await? {
            return refuse_unbound(bot, wisher, "copied_button", refusals::copied_button()).await;
        }
    }
    let account = match bot.account_in_our_channel(sender).await {
        Ok(account) => account,
        Err(refusal) => return refuse(bot, wisher, &request, &refusal).await,
    };
    match button.as_str() {
        button::APPROVE if needs_review(&request, &bot.policy) => {
            if let Err(refusal) = may_approve(bot, &account, &request) {
                return refuse(bot, wisher, &request, &refusal).await;
            }
            let items = first_items(bot, &id).await?;
            let form = review::review(&inbound.id, &request, &items, bot.ticket_url.as_deref());
            wish::opened(bot, wisher, bot.web.open_form(trigger, &form).await.is_ok()).await
        }
        button::APPROVE => decide(bot, wisher, &account, &id, Decision::Approve(None)).await,
        button::CANCEL => cancel(bot, wisher, &account, &id, None).await,
        button::DENY => {
            if let Err(refusal) = may_deny(bot, &account, &request) {
                return refuse(bot, wisher, &request, &refusal).await;
            }
            let what = Text::new()
                .bold(&request.plan.summary)
                .line_break()
                .plain("Asked by ")
                .person(&request.requester_user);
            let form = forms::deny(&inbound.id, what);
            wish::opened(bot, wisher, bot.web.open_form(trigger, &form).await.is_ok()).await
        }
        button::DETAILS => details(bot, wisher, &account, &request, trigger).await,
        button::UNDO => {
            if let Err(refusal) = bot.policy.admit_anywhere(&account, Role::Requester) {
                return refuse(bot, wisher, &request, &refusal).await;
            }
            let what = Text::new().bold("Undo: ").plain(&request.plan.summary);
            let form = forms::ask(forms::UNDO, &inbound.id, what, request.ticket.as_deref());
            wish::opened(bot, wisher, bot.web.open_form(trigger, &form).await.is_ok()).await
        }
        _ => refuse_unbound(bot, wisher, "unknown_button", refusals::unknown_act()).await,
    }
}

/// Slack may show a message before we have noted its address: for a while, a press on it is not yet called a copy.
async fn address_may_still_come(
    bot: &Bot,
    inbound: &Inbound,
    id: &RequestId,
    address: &MessageAddress,
) -> Result<bool, StoreError> {
    if bot.clock.now() >= later(inbound.received_at, CARD_GRACE) {
        return Ok(false);
    }
    if bot.store.card(id).await?.is_none() {
        return Ok(true);
    }
    Ok(address.channel == bot.channel && bot.store.message_counts().await?.waiting > 0)
}

/// Whether an approval would be taken, before a form is opened for it.
fn may_approve(bot: &Bot, account: &Account, request: &Request) -> Result<(), Refusal> {
    let voter = bot.policy.admit(account, Role::Approver, &Matter::of(request))?;
    let typed = Some(request.plan.confirmation.clone().unwrap_or_default());
    let event = Event::Approve { voter, typed };
    apply(request, event, bot.clock.now(), &bot.policy).map(drop)
}

/// Whether a denial would be taken, before its reason is asked for.
fn may_deny(bot: &Bot, account: &Account, request: &Request) -> Result<(), Refusal> {
    let voter = bot.policy.admit(account, Role::Approver, &Matter::of(request))?;
    let event = Event::Deny { voter, reason: "asked for next".to_owned() };
    apply(request, event, bot.clock.now(), &bot.policy).map(drop)
}

/// Shows the whole plan to anybody who may read it. That decides nothing.
async fn details(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    request: &Request,
    trigger: &str,
) -> Result<Acted, ActError> {
    let may_request = bot.policy.admit_anywhere(account, Role::Requester);
    let person = match may_request.or_else(|_| bot.policy.admit_anywhere(account, Role::Approver)) {
        Ok(person) => person,
        Err(refusal) => return refuse(bot, wisher, request, &refusal).await,
    };
    let is_requester = person == request.requester || account.user == request.requester_user;
    let may_approve = bot.policy.admit(account, Role::Approver, &Matter::of(request)).is_ok();
    let reader = if is_requester || may_approve { Reader::Involved } else { Reader::Other };
    let items = first_items(bot, &request.id).await?;
    let view = review::details(wisher.inbound, request, &items, bot.ticket_url.as_deref(), reader);
    let open = bot.web.open_form(trigger, &view).await.is_ok();
    let actor = record::human(person, wisher.sender);
    let entry = record::of_request(bot.clock.now(), actor, AuditAct::Read, request);
    wish::opened_and_written(bot, wisher, open, vec![entry]).await
}

/// As many of a list's items as a form shows.
async fn first_items(bot: &Bot, request: &RequestId) -> Result<Vec<Item>, StoreError> {
    bot.store.items(request, ItemFilter { state: None, from: 0, limit: review::ITEMS }).await
}

/// What somebody decided.
pub(super) enum Decision {
    /// Yes, with what was typed to confirm it.
    Approve(Option<String>),
    /// No, and why.
    Deny(String),
}

/// Counts a vote, anew where somebody else was first.
pub(super) async fn decide(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    id: &RequestId,
    decision: Decision,
) -> Result<Acted, ActError> {
    for _ in 0..TRIES {
        let Some(request) = bot.store.request(id).await? else {
            return refuse_unbound(bot, wisher, "no_such_request", refusals::no_such_request()).await;
        };
        let step = bot.policy.admit(account, Role::Approver, &Matter::of(&request)).and_then(|voter| {
            let by = voter.rules.join(", ");
            let event = match &decision {
                Decision::Approve(typed) => Event::Approve { voter, typed: typed.clone() },
                Decision::Deny(reason) => Event::Deny { voter, reason: reason.clone() },
            };
            apply(&request, event, bot.clock.now(), &bot.policy).map(|step| (step, by))
        });
        let (step, by) = match step {
            Ok(step) => step,
            Err(refusal) => return refuse(bot, wisher, &request, &refusal).await,
        };
        let (act, words) = match &decision {
            Decision::Approve(_) => (
                AuditAct::Approved,
                story::approved(&step.request, &account.user, is_frozen(bot, &step.request)),
            ),
            Decision::Deny(reason) => (AuditAct::Denied, story::denied(&account.user, reason)),
        };
        let mut entry = entry_of(bot, wisher.sender, act, &step).rule(by);
        if let Decision::Deny(reason) = &decision {
            entry = entry.detail(reason);
        }
        match commit(bot, wisher, step, entry, (words, None)).await {
            Err(ActError::Store(StoreError::Conflict)) => {}
            other => return other,
        }
    }
    Ok(Acted::Later)
}

/// Takes a request back, for its requester, who is told so where the card is not before their eyes.
pub(super) async fn cancel(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    id: &RequestId,
    told: Option<&Text>,
) -> Result<Acted, ActError> {
    for _ in 0..TRIES {
        let Some(request) = bot.store.request(id).await? else {
            return refuse_unbound(bot, wisher, "no_such_request", refusals::no_such_request()).await;
        };
        let step = bot
            .policy
            .identify(account)
            .and_then(|person| apply(&request, Event::Cancel { person }, bot.clock.now(), &bot.policy));
        let step = match step {
            Ok(step) => step,
            Err(refusal) => return refuse(bot, wisher, &request, &refusal).await,
        };
        let entry = entry_of(bot, wisher.sender, AuditAct::Cancelled, &step);
        match commit(bot, wisher, step, entry, (story::cancelled(&account.user), told)).await {
            Err(ActError::Store(StoreError::Conflict)) => {}
            other => return other,
        }
    }
    Ok(Acted::Later)
}

/// Whether the calendar holds this up.
fn is_frozen(bot: &Bot, request: &Request) -> bool {
    bot.policy.frozen(&Matter::of(request), bot.clock.now()).is_some()
}

fn entry_of(bot: &Bot, sender: &Sender, act: AuditAct, step: &Step) -> Entry {
    record::of_step(bot.clock.now(), wish::actor(bot, sender), act, step)
}

async fn commit(
    bot: &Bot,
    wisher: Wisher<'_>,
    step: Step,
    entry: Entry,
    (words, told): (Text, Option<&Text>),
) -> Result<Acted, ActError> {
    let request = step.request;
    let approved = request.state == State::Approved;
    let mut messages = vec![bot.thread(&request, Message::of(words).body()), bot.card_update(&request)];
    messages.extend(told.map(|told| bot.private(&wisher.private(None), Message::of(told.clone()).body())));
    bot.store
        .commit(Commit {
            finishes: Some(wisher.inbound.clone()),
            update: Some(request),
            entries: vec![entry],
            messages,
            ..Commit::default()
        })
        .await?;
    if approved {
        bot.wakes.executor.notify_one();
    }
    Ok(Acted::Finished)
}

/// A refused press on a request that is known.
pub(super) async fn refuse(
    bot: &Bot,
    wisher: Wisher<'_>,
    request: &Request,
    refusal: &Refusal,
) -> Result<Acted, ActError> {
    metrics::counter!("ckan_chatops_refused_decisions_total", "reason" => refusal.name()).increment(1);
    let actor = wish::actor(bot, wisher.sender);
    let entry = record::refused_decision(bot.clock.now(), actor, &bot.policy, request, refusal);
    wish::finish(bot, wisher, entry, refusals::refusal(refusal)).await
}

/// A refused press or form that is about nothing we know.
pub(super) async fn refuse_unbound(
    bot: &Bot,
    wisher: Wisher<'_>,
    result: &str,
    words: Text,
) -> Result<Acted, ActError> {
    let entry = Entry::new(bot.clock.now(), wish::actor(bot, wisher.sender), AuditAct::DecisionRefused)
        .result(result);
    wish::finish(bot, wisher, entry, words).await
}
