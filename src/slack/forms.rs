//! The forms: what they look like, and what may be wrong with what was filled in.
//!
//! Guarantees that a form carries nothing but the opaque id of the act that opened it, that closing it decides
//! nothing, and that what is wrong is said under its field. Leaves permission to the act that follows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::command::Grammar;
use super::message::{Message, cut};
use crate::approval::Request;
use crate::ids::InboundId;
use crate::sentences::text::Text;
use crate::sentences::{forms, story};

/// The form for the reason of a change.
pub const ASK: &str = "ask";
/// The form for the reason of a denial.
pub const DENY: &str = "deny";
/// The form for the reason of an undoing request.
pub const UNDO: &str = "undo";

/// The form in which an approver sees the whole plan and types what confirms it.
pub const REVIEW: &str = "review";

/// The field of what confirms an approval.
pub const CONFIRMATION: &str = "confirmation";
/// The field of the reason.
pub const REASON: &str = "reason";
/// The field of the ticket.
pub const TICKET: &str = "ticket";

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// A form for why, and for which ticket.
pub fn ask(form: &str, about: &InboundId, what: Text, ticket: Option<&str>) -> SlackView {
    let mut blocks =
        Message::of(what).paragraph(Text::new().line_break().plain(forms::NOTHING_YET)).into_blocks();
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

/// A form with the whole plan, what only the people involved may see included, and what has to be typed.
pub fn review(about: &InboundId, request: &Request) -> SlackView {
    let plan = &request.plan;
    let texts = |sentences: &[String]| sentences.iter().map(|s| Text::from(s.as_str())).collect::<Vec<_>>();
    let mut facts: Vec<(String, Text)> =
        plan.shown.iter().map(|(label, value)| (label.clone(), Text::new().plain(value))).collect();
    facts.extend(plan.private.iter().map(|(label, value)| (label.clone(), Text::new().plain(value))));
    facts.push(("Asked by".to_owned(), Text::new().person(&request.requester_user)));
    facts.push(("Reason".to_owned(), Text::new().plain(&request.reason)));
    let mut message = Message::new()
        .paragraph(Text::new().bold(&plan.summary))
        .facts(facts)
        .list(story::EFFECTS, texts(&plan.effects))
        .list(story::WARNINGS, texts(&plan.warnings))
        .list(story::IRREVERSIBLE, texts(&plan.irreversible));
    if let Some(alternative) = &plan.alternative {
        message = message.paragraph(Text::new().bold(story::SAFER).plain(alternative));
    }
    let mut blocks = message.into_blocks();
    if let Some(confirmation) = &plan.confirmation {
        let element = SlackBlockPlainTextInputElement::new()
            .with_action_id(CONFIRMATION.to_owned().into())
            .with_max_length(200);
        blocks.push(
            SlackInputBlock::new(plain(&forms::confirmation(confirmation)), element.into())
                .with_block_id(CONFIRMATION.to_owned().into())
                .with_hint(plain(forms::CONFIRMATION_HINT))
                .into(),
        );
    }
    view(REVIEW, about, forms::REVIEW_TITLE, forms::REVIEW_SUBMIT, blocks)
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

/// What was filled in, checked as a command's words are.
#[derive(Debug, PartialEq, Eq)]
pub struct Filled {
    /// Why.
    pub reason: String,
    /// The ticket's number.
    pub ticket: Option<String>,
}

/// Reads a form, or says what is wrong with it, under each field: Slack's answer that keeps the form open.
pub fn filled(values: &BTreeMap<String, String>, grammar: &Grammar) -> Result<Filled, Value> {
    let field = |name: &str| values.get(name).map_or("", |value| value.trim());
    let reason = grammar.reason(field(REASON));
    let ticket = Some(field(TICKET))
        .filter(|ticket| !ticket.is_empty())
        .map(|ticket| grammar.ticket(ticket))
        .transpose();
    match (reason, ticket) {
        (Ok(reason), Ok(ticket)) => Ok(Filled { reason, ticket }),
        (reason, ticket) => {
            let errors: BTreeMap<&str, String> = [(REASON, reason.err()), (TICKET, ticket.err())]
                .into_iter()
                .filter_map(|(field, fault)| Some((field, fault?.sentence.letters())))
                .collect();
            Err(json!({"response_action": "errors", "errors": errors}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::Registry;

    fn values(reason: &str, ticket: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(REASON.to_owned(), reason.to_owned()), (TICKET.to_owned(), ticket.to_owned())])
    }

    #[test]
    fn what_is_wrong_is_said_under_its_field() {
        let grammar = Grammar::new(&Registry::all(), &[], Some("[0-9]{5,8}"));
        let wrong = filled(&values(" ", "12x"), &grammar).unwrap_err();
        assert_eq!(wrong["response_action"], "errors");
        insta::assert_snapshot!(wrong["errors"]["reason"].as_str().unwrap(), @r#"The reason is empty. Say why in a few words, for the approver and for the record: --reason "why"."#);
        insta::assert_snapshot!(wrong["errors"]["ticket"].as_str().unwrap(), @"12x is not a ticket number. A ticket number looks like 51234.");
        let good = |ticket: &str| filled(&values("asked", ticket), &grammar).unwrap().ticket;
        assert_eq!(good("#51234").as_deref(), Some("51234"));
        assert_eq!(good(""), None);
        assert!(filled(&values(&"x".repeat(501), ""), &grammar).is_err());
    }

    #[test]
    fn s17_what_cannot_be_seen_does_not_pass_through_a_form() {
        let grammar = Grammar::new(&Registry::all(), &[], None);
        let reason = filled(&values("pub\u{200B}lisher \u{202E}asked", ""), &grammar).unwrap().reason;
        assert_eq!(reason, "publisher asked");
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
