//! From a wish to a posted request.
//!
//! Guarantees that a person is admitted before anything is planned, and that a plan is made, and everything that could
//! stand against it asked, before anything is posted. Leaves decisions to `decision`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::intake::{ActError, Acted};
use super::wish::{Wish, Wisher, answer, refuse};
use super::{Bot, bulk, limits, record, reminders, source};
use crate::approval::request::Words;
use crate::approval::transition::later;
use crate::approval::{Account, Admission, Item, ItemState, Matter, Plan, Refusal, Request, Role, State};
use crate::audit::Act as AuditAct;
use crate::ckan::Site;
use crate::ids::RequestId;
use crate::operations::registry::Kind;
use crate::operations::{Change, Operation, PlanError};
use crate::sentences::text::{Text, in_utc};
use crate::sentences::{calls, refusals, story};
use crate::slack::eligible::{self, Eligible};
use crate::slack::message::Message;
use crate::slack::{card, review};
use crate::store::{Asker, Commit, Delivery, Filter, ItemFilter, MostOpen, Outgoing, StoreError};

/// Items read from the store at once.
const ITEMS_AT_ONCE: u32 = 500;

/// As many of the latest requests are looked through for one of the same operation.
const LATEST: u32 = 500;

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
    match make_ready(bot, account, &wish, (operation, change.as_ref(), site)).await {
        Ok(mut ready) => {
            if change.tells_how_long_the_last_took() {
                let took = last_took(bot, &ready.plan).await?;
                ready.plan.shown.push((story::LAST_TOOK.to_owned(), took));
            }
            post(bot, wisher, site, wish, ready).await
        }
        Err(Halt::Refused(refusal)) => refuse(bot, wisher, Some(operation.meta.name), &refusal).await,
        Err(Halt::Said(words, result)) => answer(bot, wisher, words, result).await,
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// A wish that may be posted.
struct Ready {
    plan: Plan,
    admission: Admission,
    asker: Asker,
    eligible: Eligible,
}

/// Why a wish is not posted.
enum Halt {
    Refused(Refusal),
    Said(Text, &'static str),
    Failed(ActError),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ActError> for Halt {
    fn from(error: ActError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Plans, and asks everything that could stand against it; what costs least first.
async fn make_ready(
    bot: &Bot,
    account: &Account,
    wish: &Wish,
    (operation, change, site): (&Operation, &dyn Change, &Site),
) -> Result<Ready, Halt> {
    let before = Matter {
        operation: operation.meta.name,
        environment: &site.environment,
        risk: operation.meta.risk,
        size: 0,
    };
    let admission = may_ask(bot, account, &before)?;
    let asker = limits::asker(&bot.policy, &admission.person, &admission.user);
    if let Some(refusal) = limits::too_many_open(bot, &asker).await? {
        return Err(refusal.into());
    }
    let mut plan = plan(bot, wish, change, site).await?;
    // Once more, as the rules may tell many things from one.
    let admission = may_ask(bot, account, &Matter::of_plan(&plan))?;
    let eligible = match who_could_approve(bot, &admission, &plan).await {
        Ok(eligible) => eligible,
        Err(Refusal::CannotIdentify) => {
            return Err(Halt::Said(refusals::approvers_not_known(), Refusal::CannotIdentify.name()));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    if let Some(other) = open_request_for(bot, site, &plan).await? {
        return Err(Halt::Said(refusals::already_open(&other), "already_open"));
    }
    if let Some(refusal) = limits::cooling_down(bot, &asker, &plan).await? {
        return Err(refusal.into());
    }
    match &wish.source {
        Some(who) => source::check(site, who, &mut plan).await,
        // The way back was not the publisher's wish.
        None if wish.undoes.is_some() => {}
        None => source::warn_of_nobody(&mut plan),
    }
    Ok(Ready { plan, admission, asker, eligible })
}

async fn plan(bot: &Bot, wish: &Wish, change: &dyn Change, site: &Site) -> Result<Plan, Halt> {
    let planned = match &wish.undoes {
        Some(undone) if undone.plan.bulk.is_some() => {
            let mut items = items(bot, &undone.id, Some(ItemState::Done)).await?;
            items.retain(|item| wish.among.as_ref().is_none_or(|among| among.contains(&item.target)));
            change.plan_undoing(site, &undone.plan, items).await
        }
        _ => change.plan(site, &wish.asked.arguments).await,
    };
    planned.map_err(|error| match error {
        PlanError::Refused(sentence) => Halt::Said(Text::from(sentence), "refused_by_plan"),
        PlanError::Ckan(error) => {
            Halt::Said(Text::from(calls::call_failed(&error, &site.environment)), "ckan_not_readable")
        }
    })
}

async fn post(
    bot: &Bot,
    wisher: Wisher<'_>,
    site: &Site,
    wish: Wish,
    ready: Ready,
) -> Result<Acted, ActError> {
    let Ready { mut plan, admission, asker, eligible } = ready;
    let items = plan.bulk.as_mut().map(|bulk| std::mem::take(&mut bulk.items)).unwrap_or_default();
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
    request.source = wish.source;
    request.repeats = wish.repeats;
    let entry = record::of_request(now, actor, AuditAct::Requested, &request)
        .result(request.state.name())
        .rule(rules)
        .detail(&record::words(&request, site));
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

/// Whether this account may ask for this at this moment.
pub(super) fn may_ask(bot: &Bot, account: &Account, matter: &Matter<'_>) -> Result<Admission, Refusal> {
    let admission = bot.policy.admit(account, Role::Requester, matter)?;
    match bot.policy.frozen(matter, bot.clock.now()) {
        Some(hold) => Err(Refusal::Frozen(hold)),
        None => Ok(admission),
    }
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

/// The items of a request over many, in this state or in any.
pub(super) async fn items(
    bot: &Bot,
    request: &RequestId,
    state: Option<ItemState>,
) -> Result<Vec<Item>, StoreError> {
    let mut items = vec![];
    let mut from = 0;
    loop {
        let filter = ItemFilter { state, from, limit: ITEMS_AT_ONCE };
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
