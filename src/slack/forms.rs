//! The forms: what they look like, and what may be wrong with what was filled in.
//!
//! Guarantees that a form carries nothing but the opaque id of the act that opened it, that closing it decides
//! nothing, and that what is wrong is said under its field. Leaves permission to the act that follows.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::message::{Message, cut};
use crate::ids::InboundId;
use crate::sentences::forms;
use crate::sentences::text::Text;

/// The form for the reason of a change.
pub const ASK: &str = "ask";
/// The form for the reason of a denial.
pub const DENY: &str = "deny";
/// The form for the reason of an undoing request.
pub const UNDO: &str = "undo";

/// The field of the reason.
pub const REASON: &str = "reason";
/// The field of the ticket.
pub const TICKET: &str = "ticket";

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// A form for why, and for which ticket.
pub fn ask(form: &str, about: &InboundId, what: Text, ticket: Option<&str>) -> SlackView {
    let mut blocks =
        Message::of(what).paragraph(Text::from(format!("\n{}", forms::NOTHING_YET))).into_blocks();
    blocks.push(reason_field(forms::REASON_HINT));
    let mut element =
        SlackBlockPlainTextInputElement::new().with_action_id(TICKET.to_owned().into()).with_max_length(40);
    if let Some(ticket) = ticket {
        element = element.with_initial_value(ticket.to_owned());
    }
    blocks.push(
        SlackInputBlock::new(plain(forms::TICKET), element.into())
            .with_block_id(TICKET.to_owned().into())
            .with_optional(true)
            .into(),
    );
    view(form, about, forms::ASK_TITLE, forms::ASK_SUBMIT, blocks)
}

/// A form for why not.
pub fn deny(about: &InboundId, what: Text) -> SlackView {
    let mut blocks = Message::of(what).into_blocks();
    blocks.push(reason_field(forms::DENY_HINT));
    view(DENY, about, forms::DENY_TITLE, forms::DENY_SUBMIT, blocks)
}

fn reason_field(hint: &str) -> SlackBlock {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(REASON.to_owned().into())
        .with_multiline(true)
        .with_max_length(LONGEST_REASON as u64);
    SlackInputBlock::new(plain(forms::REASON), element.into())
        .with_block_id(REASON.to_owned().into())
        .with_hint(plain(hint))
        .into()
}

fn view(form: &str, about: &InboundId, title: &str, submit: &str, blocks: Vec<SlackBlock>) -> SlackView {
    SlackView::Modal(
        SlackModalView::new(plain(title), blocks)
            .with_callback_id(form.to_owned().into())
            .with_private_metadata(about.to_string())
            .with_submit(plain(submit))
            .with_close(plain(forms::CLOSE)),
    )
}

fn plain(words: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(cut(words, 2_000)).into()
}

/// What is wrong with what was filled in, by field; `None` where nothing is. Checked before Slack is answered, so
/// that the form stays open.
pub fn faults(
    form: &str,
    values: &BTreeMap<String, String>,
    ticket_pattern: Option<&Regex>,
) -> Option<Value> {
    let mut faults = BTreeMap::new();
    let reason = values.get(REASON).map_or("", |reason| reason.trim());
    if reason.is_empty() {
        faults.insert(REASON, forms::REASON_MISSING);
    } else if reason.chars().count() > LONGEST_REASON {
        faults.insert(REASON, forms::REASON_TOO_LONG);
    }
    let ticket = values.get(TICKET).map_or("", |ticket| ticket.trim().trim_start_matches('#'));
    if form != DENY && !ticket.is_empty() && ticket_pattern.is_some_and(|pattern| !pattern.is_match(ticket)) {
        faults.insert(TICKET, forms::TICKET_WRONG);
    }
    (!faults.is_empty()).then(|| json!({"response_action": "errors", "errors": faults}))
}

/// The ticket that was filled in.
pub fn ticket(values: &BTreeMap<String, String>) -> Option<String> {
    values
        .get(TICKET)
        .map(|ticket| ticket.trim().trim_start_matches('#').to_owned())
        .filter(|ticket| !ticket.is_empty())
}

/// The reason that was filled in.
pub fn reason(values: &BTreeMap<String, String>) -> String {
    values.get(REASON).map(|reason| reason.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(reason: &str, ticket: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(REASON.to_owned(), reason.to_owned()), (TICKET.to_owned(), ticket.to_owned())])
    }

    #[test]
    fn what_is_wrong_is_said_under_its_field() {
        let pattern = Regex::new("^[0-9]{5,8}$").unwrap();
        let wrong = faults(ASK, &filled(" ", "12x"), Some(&pattern)).unwrap();
        assert_eq!(wrong["errors"]["reason"], forms::REASON_MISSING);
        assert_eq!(wrong["errors"]["ticket"], forms::TICKET_WRONG);
        assert_eq!(faults(ASK, &filled("asked", "#51234"), Some(&pattern)), None);
        assert_eq!(faults(ASK, &filled("asked", ""), Some(&pattern)), None);
        assert!(faults(ASK, &filled(&"x".repeat(501), ""), None).is_some());
    }

    #[test]
    fn s23_a_form_carries_the_opaque_id_and_nothing_else() {
        let view =
            serde_json::to_value(ask(ASK, &InboundId::new("01I"), Text::from("x"), Some("51234"))).unwrap();
        assert_eq!(view["private_metadata"], "01I");
        assert_eq!(view["callback_id"], ASK);
        assert_ne!(view["notify_on_close"], true);
    }
}
