//! From a typed command to an answer, a form, or a wish.
//!
//! Guarantees that a person is admitted before anything is read or asked for. Leaves the wish to `asking`.

use super::asking::{self, may_ask};
use super::intake::{ActError, Acted};
use super::wish::{Wish, Wisher, answer, opened, refuse};
use super::{Bot, decision, record};
use crate::approval::{Account, Matter, Refusal, Role};
use crate::audit::{Act as AuditAct, Entry};
use crate::ckan::Site;
use crate::operations::registry::Kind;
use crate::operations::{Asking, Operation, PlanError, Reply};
use crate::sentences::text::Text;
use crate::sentences::{calls, refusals, story};
use crate::slack::command::Asked;
use crate::slack::message::Message;
use crate::slack::payload::Act;
use crate::slack::{card, forms, people};
use crate::store::{Commit, Inbound};
use serde_json::Value;

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
                    let (ticket, source) = (asked.ticket.clone(), asked.source.clone());
                    asking::request(bot, wisher, &account, Wish::new(asked, reason, ticket, source)).await
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
    let filled_in = forms::FilledIn { ticket: asked.ticket.as_deref(), source: asked.source.as_ref() };
    let form = if wants_list(asked) {
        forms::ask_for_list(wisher.inbound, what, filled_in)
    } else {
        forms::ask(forms::ASK, wisher.inbound, what, filled_in)
    };
    opened(bot, wisher, bot.web.open_form(trigger, &form).await.is_ok()).await
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
