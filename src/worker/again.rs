//! Asking again for what could not be done, in the same words.
//!
//! Guarantees that only what ended undone is asked for again; that whoever presses becomes the requester, under every
//! rule for a new wish; and that the plan is made afresh from what was asked then: of many things, from the UUIDs beside
//! the old request. Leaves the wish itself to `wish`.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::intake::{ActError, Acted};
use super::wish::{self, Wish, Wisher};
use super::{Bot, asking, decision, record};
use crate::approval::{Account, Refusal, Request, State};
use crate::operations::ChangeOperation as _;
use crate::operations::dataset_withdraw::{Arguments, DatasetWithdraw};
use crate::sentences::refusals;
use crate::slack::command::Asked;

/// Ends after which the same may be asked for again.
const UNDONE: [State; 3] = [State::Stale, State::Expired, State::NotApplied];

/// Asks for what this request asked for.
pub(super) async fn ask_again(
    bot: &Bot,
    wisher: Wisher<'_>,
    account: &Account,
    request: Request,
) -> Result<Acted, ActError> {
    if !UNDONE.contains(&request.state) {
        let refusal = Refusal::AlreadyDecided { state: request.state, by: None, at: request.state_since };
        let actor = wish::actor(bot, wisher.sender);
        let entry = record::refused_decision(bot.clock.now(), actor, &bot.policy, &request, &refusal);
        return wish::finish(bot, wisher, entry, refusals::not_again(request.state)).await;
    }
    let undoes = match &request.undoes {
        Some(id) => bot.store.request(id).await?,
        None => None,
    };
    let among = match &request.plan.bulk {
        Some(_) => Some(targets(bot, &request).await?),
        None => None,
    };
    let arguments = match (&among, &undoes) {
        (None, _) => Some(request.arguments.clone()),
        // Planned from what the undone request did.
        (Some(_), Some(_)) => Some(Value::Null),
        (Some(ids), None) => listed(&request.operation, ids),
    };
    let Some(arguments) = arguments else {
        return decision::refuse(bot, wisher, &request, &Refusal::OutOfOrder).await;
    };
    let wish = Wish {
        asked: Asked {
            operation: request.operation,
            arguments,
            reason: None,
            ticket: None,
            source: None,
            environment: Some(request.environment),
        },
        reason: request.reason,
        ticket: request.ticket,
        source: request.source,
        undoes,
        among: among.map(BTreeSet::from_iter),
        repeats: Some(request.id),
    };
    asking::request(bot, wisher, account, wish).await
}

/// The UUIDs of the many things, in their order.
async fn targets(bot: &Bot, request: &Request) -> Result<Vec<Uuid>, ActError> {
    let items = asking::items(bot, &request.id, None).await?;
    Ok(items.into_iter().map(|item| item.target).collect())
}

/// The arguments that name these things; `None` for an operation that takes no list.
fn listed(operation: &str, ids: &[Uuid]) -> Option<Value> {
    let takes_one = operation == DatasetWithdraw::META.name;
    takes_one.then(|| serde_json::to_value(Arguments::of_many(ids)).ok()).flatten()
}
