//! From a sent form to a vote or a wish.
//!
//! Guarantees that a form counts only for the person who opened it and for what was pressed, that the act it belongs to
//! is read from the store and not from the form, and that what was filled in is checked again here. Leaves votes to `decision` and planning
//! to `wish`.

use serde_json::Value;

use super::Bot;
use super::decision::{Decision, decide, refuse, refuse_unbound};
use super::intake::{ActError, Acted};
use super::wish::{self, Wish, Wisher};
use super::{asking, command};
use crate::approval::{Refusal, State};
use crate::ids::{FileId, InboundId, RequestId};
use crate::operations::dataset_withdraw::Arguments;
use crate::operations::list;
use crate::sentences::text::Text;
use crate::sentences::{forms as sentences, refusals};
use crate::slack::card::button;
use crate::slack::command::Asked;
use crate::slack::forms::{self, Filled};
use crate::slack::payload::Act;
use crate::store::{Inbound, MessageAddress};

/// The arguments that a pasted or attached list makes, or the sentence that says what is wrong with it.
async fn listed(bot: &Bot, pasted: Option<String>, file: Option<FileId>) -> Result<Value, String> {
    let list = match (pasted, file) {
        (Some(pasted), _) => list::read_text(&pasted).map_err(|error| error.to_string())?,
        (None, Some(file)) => {
            let bytes = bot.files.read(&file).await.map_err(|error| error.to_string())?;
            list::read(&bytes).map_err(|error| error.to_string())?
        }
        (None, None) => return Err(sentences::LIST_MISSING.to_owned()),
    };
    serde_json::to_value(Arguments::listed(list)).map_err(|_| sentences::LIST_MISSING.to_owned())
}

/// The form's name, where it is the one that this button opens; nothing where it is not.
fn form_of<'f>(opener: &Act, form: &'f str) -> &'f str {
    let Act::Press { button, .. } = opener else { return form };
    let opens = match button.as_str() {
        button::APPROVE => forms::REVIEW,
        button::DENY => forms::DENY,
        button::UNDO => forms::UNDO,
        _ => "",
    };
    if form == opens { form } else { "" }
}

/// Acts on a sent form.
pub(super) async fn submit(bot: &Bot, inbound: &Inbound, act: &Act) -> Result<Acted, ActError> {
    let Act::Submit { sender, form, about, values } = act else { return Ok(Acted::Later) };
    let opener = match bot.store.inbound(&InboundId::new(about.as_str())).await? {
        Some(opener) => Some(serde_json::from_value::<Act>(opener.body)?),
        None => None,
    };
    // Only the person who opened a form may send it.
    let opener = opener.filter(|opener| opener.sender().user == sender.user);
    let response_url = opener.as_ref().and_then(Act::response_url).map(str::to_owned);
    let wisher = Wisher { inbound: &inbound.id, sender, response_url: response_url.as_deref() };
    let Some(opener) = opener else {
        return refuse_unbound(bot, wisher, "form_too_old", refusals::form_too_old()).await;
    };
    // A press that was refused as a copy opened no form, whoever has learnt its id.
    if let Act::Press { channel, ts, value, .. } = &opener {
        let address = MessageAddress { channel: channel.clone(), ts: ts.clone() };
        if !bot.store.is_message_of(&RequestId::new(value.as_str()), &address).await? {
            return refuse_unbound(bot, wisher, "copied_button", refusals::copied_button()).await;
        }
    }
    let account = match bot.account_in_our_channel(sender).await {
        Ok(account) => account,
        Err(refusal) => return wish::refuse(bot, wisher, None, &refusal).await,
    };
    let form = form_of(&opener, form);
    if let (forms::REVIEW, Act::Press { value, .. }) = (form, &opener) {
        let typed = Some(values.get(forms::CONFIRMATION).cloned().unwrap_or_default());
        let id = RequestId::new(value.as_str());
        return decide(bot, wisher, &account, &id, Decision::Approve(typed)).await;
    }
    // The door kept the form open until this was so.
    let Ok(Filled { reason, ticket, source, list, file }) = forms::filled(form, values, &bot.grammar) else {
        return refuse_unbound(bot, wisher, "unknown_form", refusals::unknown_act()).await;
    };
    match (form, &opener) {
        (forms::ASK, Act::Command { text, .. }) => match bot.grammar.read(text) {
            Ok(asked) => {
                asking::request(bot, wisher, &account, Wish::new(asked, reason, ticket, source)).await
            }
            Err(_) => refuse_unbound(bot, wisher, "form_too_old", refusals::form_too_old()).await,
        },
        (forms::ASK_LIST, Act::Command { text, .. }) => match bot.grammar.read(text) {
            Ok(asked) if command::wants_list(&asked) => match listed(bot, list, file).await {
                Ok(arguments) => {
                    let asked = Asked { arguments, ..asked };
                    asking::request(bot, wisher, &account, Wish::new(asked, reason, ticket, source)).await
                }
                Err(sentence) => refuse_unbound(bot, wisher, "bad_list", Text::from(sentence)).await,
            },
            _ => refuse_unbound(bot, wisher, "form_too_old", refusals::form_too_old()).await,
        },
        (forms::DENY, Act::Press { value, .. }) => {
            decide(bot, wisher, &account, &RequestId::new(value.as_str()), Decision::Deny(reason)).await
        }
        (forms::UNDO, Act::Press { value, .. }) => {
            let Some(undone) = bot.store.request(&RequestId::new(value.as_str())).await? else {
                return refuse_unbound(bot, wisher, "no_such_request", refusals::no_such_request()).await;
            };
            let inverse =
                bot.registry.change(&undone.operation).and_then(|change| change.inverse(&undone.plan));
            let Some(inverse) = inverse.filter(|_| matches!(undone.state, State::Succeeded | State::Partly))
            else {
                return refuse(bot, wisher, &undone, &Refusal::OutOfOrder).await;
            };
            let asked = Asked {
                operation: inverse.operation.to_owned(),
                arguments: inverse.arguments,
                reason: None,
                ticket: None,
                source: None,
                environment: Some(undone.environment.clone()),
            };
            let wish = Wish { undoes: Some(undone), ..Wish::new(asked, reason, ticket, source) };
            asking::request(bot, wisher, &account, wish).await
        }
        _ => refuse_unbound(bot, wisher, "unknown_form", refusals::unknown_act()).await,
    }
}
