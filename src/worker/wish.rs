//! From a typed command to a posted request, or to an answer.
//!
//! Guarantees that a person is admitted before anything is planned, that a plan is made before anything is posted,
//! and that a refusal is private and leaves nothing in the channel. Leaves decisions to `decision`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::intake::{ActError, Acted};
use super::{Bot, Private, bulk, decision, limits, record, reminders};
use crate::approval::request::Words;
use crate::approval::transition::later;
use crate::approval::{Account, Admission, Item, ItemState, Matter, Plan, Refusal, Request, Role, State};
use crate::audit::{Act as AuditAct, Actor, Entry};
use crate::ckan::Site;
use crate::ids::{InboundId, RequestId};
use crate::operations::registry::Kind;
use crate::operations::{Asking, Operation, PlanError, Reply};
use crate::sentences::text::{Text, in_utc};
use crate::sentences::{calls, notices, refusals, story};
use crate::slack::command::Asked;
use crate::slack::eligible::{self, Eligible};
use crate::slack::message::Message;
use crate::slack::payload::{Act, Sender};
use crate::slack::{card, forms, people, review};
use crate::store::{Commit, Delivery, Filter, Inbound, ItemFilter, MostOpen, Outgoing, StoreError};

/// Items read from the store at once.
const ITEMS_AT_ONCE: u32 = 500;

/// As many of the latest requests are looked through for one of the same operation.
const LATEST: u32 = 500;

/// A wish in full: what, why, and what it undoes.
pub(super) struct Wish {
    pub(super) asked: Asked,
    pub(super) reason: String,
    pub(super) ticket: Option<String>,
    pub(super) undoes: Option<Request>,
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

/// Acts on a slash command.
pub(super) async fn command(bot: &Bot, inbound: &Inbound, act: &Act) -> Result<Acted, ActError> {
    let Act::Command { sender, text, trigger, response_url, .. } = act else { return Ok(Acted::Later) };
    let wisher = Wisher { inbound: &inbound.id, sender, response_url: Some(response_url) };
    let asked = bot.grammar.read(text);
    let looked_up = if is_change(bot, asked.as_ref().ok()) {
        bot.account_in_our_channel(sender).await
    } else {
        people::look_up(&bot.web, &bot.home, &bot.policy, sender).await
    };
    let account = match looked_up {
        Ok(account) => account,
        Err(refusal) => {
            let operation = asked.as_ref().ok().map(|asked| asked.operation.as_str());
            return refuse(bot, wisher, operation, &refusal).await;
        }
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(misunderstood) => {
            return answer(bot, wisher, misunderstood.sentence, "misunderstood").await;
        }
    };
    let Some(operation) = bot.registry.find(&asked.operation) else {
        return answer(bot, wisher, refusals::unknown_act(), "misunderstood").await;
    };
    let Some(site) = bot.sites.get(asked.environment.as_deref()) else {
        return answer(bot, wisher, refusals::unknown_act(), "misunderstood").await;
    };
    match &operation.kind {
        Kind::Read(_) => read(bot, wisher, &account, operation, site, &asked).await,
        Kind::Change(_) => {
            let matter = Matter {
                operation: &asked.operation,
                environment: &site.environment,
                risk: operation.meta.risk,
                size: 0,
            };
            if let Err(refusal) = may_ask(bot, &account, &matter) {
                return refuse(bot, wisher, Some(&asked.operation), &refusal).await;
            }
            match asked.reason.clone() {
                Some(reason) if !wants_list(&asked) => {
                    let ticket = asked.ticket.clone();
                    request(bot, wisher, &account, Wish { asked, reason, ticket, undoes: None }).await
                }
                _ => open_form(bot, wisher, trigger, operation, &asked, text).await,
            }
        }
    }
}

/// True where this asks for a change: what is only read is answered privately, whoever sees the channel.
fn is_change(bot: &Bot, asked: Option<&Asked>) -> bool {
    asked.is_some_and(|asked| bot.registry.change(&asked.operation).is_some())
}

/// Whether this account may ask for this at this moment.
fn may_ask(bot: &Bot, account: &Account, matter: &Matter<'_>) -> Result<Admission, Refusal> {
    let admission = bot.policy.admit(account, Role::Requester, matter)?;
    match bot.policy.frozen(matter, bot.clock.now()) {
        Some(hold) => Err(Refusal::Frozen(hold)),
        None => Ok(admission),
    }
}

/// True where the things to act on are still to be pasted or attached.
pub(super) fn wants_list(asked: &Asked) -> bool {
    asked.arguments.get("list") == Some(&Value::Bool(true))
}

/// A change without its reason: the form asks for it, everything else filled in.
async fn open_form(
    bot: &Bot,
    wisher: Wisher<'_>,
    trigger: &str,
    operation: &Operation,
    asked: &Asked,
    text: &str,
) -> Result<Acted, ActError> {
    let what = Text::new()
        .bold(operation.meta.summary)
        .line_break()
        .plain("You typed: ")
        .code(format!("/ckan {text}"));
    let ticket = asked.ticket.as_deref();
    let form = if wants_list(asked) {
        forms::ask_for_list(wisher.inbound, what, ticket)
    } else {
        forms::ask(forms::ASK, wisher.inbound, what, ticket)
    };
    opened(bot, wisher, bot.web.open_form(trigger, &form).await.is_ok()).await
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

async fn read(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    operation: &Operation,
    site: &Site,
    asked: &Asked,
) -> Result<Acted, ActError> {
    let may_request = bot.policy.admit_anywhere(account, Role::Requester);
    let may_approve = bot.policy.admit_anywhere(account, Role::Approver);
    // Help is for everybody of ours; everything else for the people on one of the lists.
    if let (Err(refusal), Err(_)) = (&may_request, &may_approve)
        && !(operation.meta.name == "help" && matches!(refusal, Refusal::NotARequester { .. }))
    {
        return refuse(bot, wisher, Some(&asked.operation), refusal).await;
    }
    let Kind::Read(reading) = &operation.kind else { return Ok(Acted::Later) };
    let person = bot.policy.person(&account.user);
    let asking = Asking {
        site,
        store: bot.store.as_ref(),
        registry: &bot.registry,
        policy: &bot.policy,
        person: &person,
        may_request: may_request.is_ok(),
        may_approve: may_approve.is_ok(),
        now: bot.clock.now(),
    };
    let body = match reading.answer(asking, &asked.arguments).await {
        Ok(Reply::Say(answer)) => card::answer(&answer),
        Ok(Reply::Cancel(id)) => {
            let told = story::you_cancelled(&id.reference());
            return decision::cancel(bot, wisher, account, &id, Some(&told)).await;
        }
        Err(PlanError::Refused(sentence)) => Message::of(Text::from(sentence)).body(),
        Err(PlanError::Ckan(error)) => {
            Message::of(Text::from(calls::call_failed(&error, &site.environment))).body()
        }
    };
    let entry = Entry {
        operation: Some(asked.operation.clone()),
        environment: Some(site.environment.clone()),
        ..Entry::new(bot.clock.now(), record::human(person.clone(), wisher.sender), AuditAct::Read)
    };
    let commit = Commit {
        finishes: Some(wisher.inbound.clone()),
        entries: vec![entry],
        messages: vec![bot.private(&wisher.private(None), body)],
        ..Commit::default()
    };
    bot.store.commit(commit).await?;
    Ok(Acted::Finished)
}

/// Plans a change and posts the request.
pub(super) async fn request(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    wish: Wish,
) -> Result<Acted, ActError> {
    let (Some(operation), Some(site)) =
        (bot.registry.find(&wish.asked.operation), bot.sites.get(wish.asked.environment.as_deref()))
    else {
        return answer(bot, wisher, refusals::unknown_act(), "misunderstood").await;
    };
    let Kind::Change(change) = &operation.kind else {
        return answer(bot, wisher, refusals::unknown_act(), "misunderstood").await;
    };
    let (name, environment) = (operation.meta.name, site.environment.as_str());
    let before = Matter { operation: name, environment, risk: operation.meta.risk, size: 0 };
    let asker = match may_ask(bot, account, &before) {
        Ok(admission) => limits::asker(&bot.policy, &admission.person, &admission.user),
        Err(refusal) => return refuse(bot, wisher, Some(name), &refusal).await,
    };
    if let Some(refusal) = limits::too_many_open(bot, &asker).await? {
        return refuse(bot, wisher, Some(name), &refusal).await;
    }
    let planned = match &wish.undoes {
        Some(undone) if undone.plan.bulk.is_some() => {
            let items = done_items(bot, &undone.id).await?;
            change.plan_undoing(site, &undone.plan, items).await
        }
        _ => change.plan(site, &wish.asked.arguments).await,
    };
    let mut plan = match planned {
        Ok(plan) => plan,
        Err(PlanError::Refused(sentence)) => {
            return answer(bot, wisher, Text::from(sentence), "refused_by_plan").await;
        }
        Err(PlanError::Ckan(error)) => {
            return answer(
                bot,
                wisher,
                Text::from(calls::call_failed(&error, &site.environment)),
                "ckan_not_readable",
            )
            .await;
        }
    };
    // Once more, as the rules may tell many things from one.
    let admission = match may_ask(bot, account, &Matter::of_plan(&plan)) {
        Ok(admission) => admission,
        Err(refusal) => return refuse(bot, wisher, Some(name), &refusal).await,
    };
    let eligible = match who_could_approve(bot, &admission, &plan).await {
        Ok(eligible) => eligible,
        Err(Refusal::CannotIdentify) => {
            return answer(bot, wisher, refusals::approvers_not_known(), Refusal::CannotIdentify.name())
                .await;
        }
        Err(refusal) => return refuse(bot, wisher, Some(name), &refusal).await,
    };
    if let Some(other) = open_request_for(bot, site, &plan).await? {
        return answer(bot, wisher, refusals::already_open(&other), "already_open").await;
    }
    if let Some(refusal) = limits::cooling_down(bot, &asker, &plan).await? {
        return refuse(bot, wisher, Some(name), &refusal).await;
    }
    let items = plan.bulk.as_mut().map(|bulk| std::mem::take(&mut bulk.items)).unwrap_or_default();
    if change.tells_how_long_the_last_took() {
        plan.shown.push((story::LAST_TOOK.to_owned(), last_took(bot, &plan).await?));
    }
    let now = bot.clock.now();
    let rules = admission.rules.join(", ");
    let actor = record::human(admission.person.clone(), wisher.sender);
    // Of many things, the items beside the request are what is planned again.
    let arguments = if plan.bulk.is_some() { Value::Null } else { wish.asked.arguments };
    let words = Words { reason: wish.reason, ticket: wish.ticket };
    let mut request = Request::asked(bot.ids.request(), plan, arguments, admission, words, &bot.policy, now);
    request.undoes = wish.undoes.map(|undone| undone.id);
    request.eligible_and_others = eligible.and_others;
    request.eligible = eligible.users;
    let entry = record::of_request(now, actor, AuditAct::Requested, &request)
        .result(request.state.name())
        .rule(rules)
        .detail(&request.reason);
    let lane = request.id.to_string();
    let mut messages = vec![
        bot.message(&request, Delivery::Card { channel: bot.channel.clone() }, bot.card_body(&request, None)),
        bot.thread(&request, Message::of(story::opened(&request)).body()),
        Outgoing {
            request: Some(request.id.clone()),
            ..bot.private(&wisher.private(Some(&lane)), card::asked(&request))
        },
    ];
    messages.extend(bulk::whole_list(bot, &request, &items));
    messages.extend(review::file(&request).map(|file| bot.file(&request, &file)));
    let watch = reminders::first(bot, &request);
    metrics::counter!("ckan_chatops_requests_total", "operation" => request.operation.clone()).increment(1);
    bot.store
        .commit(Commit {
            finishes: Some(wisher.inbound.clone()),
            insert: Some(request),
            most_open: Some(MostOpen { by: asker, most: bot.policy.open_requests }),
            items,
            entries: vec![entry],
            messages,
            watch,
            ..Commit::default()
        })
        .await?;
    Ok(Acted::Finished)
}

/// Who could approve this plan, at this moment: too few people are none.
async fn who_could_approve(bot: &Bot, asking: &Admission, plan: &Plan) -> Result<Eligible, Refusal> {
    let matter = Matter::of_plan(plan);
    let requester = (&asking.person, &asking.user);
    let found = eligible::approvers(&bot.web, &bot.home, &bot.policy, &matter, requester).await?;
    let needed = bot.policy.approvals_for(&matter).get();
    // Where not everybody was looked at, there may be enough.
    if found.users.len() < usize::from(needed) && !found.and_others {
        let eligible = u8::try_from(found.users.len()).unwrap_or(u8::MAX);
        return Err(Refusal::NobodyElse { needed, eligible });
    }
    Ok(found)
}

/// Exactly what a request over many items did.
async fn done_items(bot: &Bot, request: &RequestId) -> Result<Vec<Item>, StoreError> {
    let mut items = vec![];
    let mut from = 0;
    loop {
        let filter = ItemFilter { state: Some(ItemState::Done), from, limit: ITEMS_AT_ONCE };
        let page = bot.store.items(request, filter).await?;
        let Some(last) = page.last() else { return Ok(items) };
        from = last.position + 1;
        items.extend(page);
    }
}

/// How long the last one of these took here, from its claim to its proof.
async fn last_took(bot: &Bot, plan: &Plan) -> Result<String, ActError> {
    let filter = Filter { states: vec![State::Succeeded, State::Partly], limit: LATEST, ..Filter::default() };
    let settled = bot.store.requests(filter).await?;
    let last = settled
        .iter()
        .find(|request| request.operation == plan.operation && request.environment == plan.environment)
        .and_then(|request| Some((request.attempt.as_ref()?.claimed_at, request.state_since)));
    Ok(match last {
        Some((from, to)) => {
            let took = Duration::try_from(to.duration_since(from)).unwrap_or_default();
            format!("{}, on {}", story::rough(took), in_utc(to))
        }
        None => story::NOT_YET_RUN.to_owned(),
    })
}

/// Another request that is open on the same thing. An unknown outcome is that only for as long as CKAN may be working
/// on it: it must not keep a dataset from ever being asked about again.
async fn open_request_for(bot: &Bot, site: &Site, plan: &Plan) -> Result<Option<Request>, ActError> {
    let now = bot.clock.now();
    let targets = limits::targets(plan);
    for some in targets.chunks(limits::TARGETS_AT_ONCE) {
        let open = bot
            .store
            .requests(Filter {
                states: State::OPEN.to_vec(),
                any_target: Some((plan.environment.clone(), some.to_vec())),
                ..Filter::default()
            })
            .await?;
        let standing = open
            .into_iter()
            .find(|request| request.state != State::Unknown || now < may_go_on_until(bot, site, request));
        if standing.is_some() {
            return Ok(standing);
        }
    }
    Ok(None)
}

/// Until when what this request sent to CKAN may still be going on.
pub(super) fn may_go_on_until(bot: &Bot, site: &Site, request: &Request) -> Timestamp {
    let while_ = bot
        .registry
        .change(&request.operation)
        .map_or_else(|| site.write_deadline(), |change| change.may_go_on(site));
    later(request.state_since, while_)
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
async fn answer(bot: &Bot, wisher: Wisher<'_>, words: Text, result: &str) -> Result<Acted, ActError> {
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
