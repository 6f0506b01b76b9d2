//! The forms: what they look like, and what may be wrong with what was filled in.
//!
//! Guarantees that a form carries nothing but the opaque id of the act that opened it, that closing it decides
//! nothing, and that what is wrong is said under its field. Leaves permission to the act that follows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use slack_morphism::prelude::*;

use super::command::Grammar;
use super::message::{Message, cut};
use crate::ids::{FileId, InboundId};
use crate::operations::list;
use crate::sentences::forms;
use crate::sentences::text::Text;

/// The form for the reason of a change.
pub const ASK: &str = "ask";
/// The same with a list of datasets, pasted or attached.
pub const ASK_LIST: &str = "ask_list";
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
/// The field of a pasted list.
pub const LIST: &str = "list";
/// The field of an attached list.
pub const FILE: &str = "file";

/// Slack: a text field takes at most so many characters.
const LONGEST_PASTE: u64 = 3_000;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// A form for why, and for which ticket.
pub fn ask(form: &str, about: &InboundId, what: Text, ticket: Option<&str>) -> SlackView {
    let mut blocks = opening(what);
    blocks.extend(why_fields(ticket));
    view(form, about, forms::ASK_TITLE, forms::ASK_SUBMIT, blocks)
}

/// A form for which datasets, why, and for which ticket. For a command that names no dataset itself: one that does
/// is asked for its reason by [`ask`]. Slack wants the scope `files:read` for the file.
pub fn ask_for_list(about: &InboundId, what: Text, ticket: Option<&str>) -> SlackView {
    let mut blocks = opening(what);
    let pasted = SlackBlockPlainTextInputElement::new()
        .with_action_id(LIST.to_owned().into())
        .with_multiline(true)
        .with_max_length(LONGEST_PASTE);
    blocks.push(
        SlackInputBlock::new(plain(forms::LIST), pasted.into())
            .with_block_id(LIST.to_owned().into())
            .with_hint(plain(forms::LIST_HINT))
            .with_optional(true)
            .into(),
    );
    let attached = SlackBlockFileInputElement::new()
        .with_action_id(FILE.to_owned().into())
        .with_filetypes(vec!["txt".to_owned(), "text".to_owned(), "csv".to_owned()])
        .with_max_files(1);
    blocks.push(
        SlackInputBlock::new(plain(forms::FILE), attached.into())
            .with_block_id(FILE.to_owned().into())
            .with_hint(plain(forms::FILE_HINT))
            .with_optional(true)
            .into(),
    );
    blocks.extend(why_fields(ticket));
    view(ASK_LIST, about, forms::ASK_TITLE, forms::ASK_SUBMIT, blocks)
}

fn opening(what: Text) -> Vec<SlackBlock> {
    Message::of(what).paragraph(Text::new().line_break().plain(forms::NOTHING_YET)).into_blocks()
}

fn why_fields(ticket: Option<&str>) -> [SlackBlock; 2] {
    let mut element =
        SlackBlockPlainTextInputElement::new().with_action_id(TICKET.to_owned().into()).with_max_length(40);
    if let Some(ticket) = ticket {
        element = element.with_initial_value(ticket.to_owned());
    }
    let ticket = SlackInputBlock::new(plain(forms::TICKET), element.into())
        .with_block_id(TICKET.to_owned().into())
        .with_optional(true);
    [reason_field(forms::REASON_HINT), ticket.into()]
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

pub(super) fn view(
    form: &str,
    about: &InboundId,
    title: &str,
    submit: &str,
    blocks: Vec<SlackBlock>,
) -> SlackView {
    SlackView::Modal(
        SlackModalView::new(plain(title), blocks)
            .with_callback_id(form.to_owned().into())
            .with_private_metadata(about.to_string())
            .with_submit(plain(submit))
            .with_close(plain(forms::CLOSE)),
    )
}

pub(super) fn plain(words: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(cut(words, 2_000)).into()
}

/// What was filled in, checked as a command's words are.
#[derive(Debug, PartialEq, Eq)]
pub struct Filled {
    /// Why.
    pub reason: String,
    /// The ticket's number.
    pub ticket: Option<String>,
    /// The pasted list; one that can be read.
    pub list: Option<String>,
    /// The attached list; not looked at yet.
    pub file: Option<FileId>,
}

/// Reads this form, or says what is wrong with it, under each field: Slack's answer that keeps the form open.
pub fn filled(form: &str, values: &BTreeMap<String, String>, grammar: &Grammar) -> Result<Filled, Value> {
    let field = |name: &str| values.get(name).map_or("", |value| value.trim());
    let filled_in = |name: &str| !field(name).is_empty();
    let mut errors: BTreeMap<&str, String> = BTreeMap::new();
    let mut wrong = |name: &'static str, sentence: String| {
        errors.insert(name, sentence);
    };
    let reason = grammar.reason(field(REASON)).map_err(|fault| wrong(REASON, fault.sentence.letters()));
    let ticket = filled_in(TICKET)
        .then(|| grammar.ticket(field(TICKET)))
        .transpose()
        .map_err(|fault| wrong(TICKET, fault.sentence.letters()));
    // Not trimmed: what is said of a line carries its number.
    let list = values.get(LIST).filter(|_| filled_in(LIST)).cloned();
    let file = filled_in(FILE).then(|| FileId::new(field(FILE)));
    if let Some(pasted) = &list
        && let Err(fault) = list::read_text(pasted)
    {
        wrong(LIST, fault.to_string());
    }
    match (&list, &file) {
        (Some(_), Some(_)) => wrong(FILE, forms::LIST_OR_FILE.to_owned()),
        (None, None) if form == ASK_LIST => wrong(LIST, forms::LIST_MISSING.to_owned()),
        _ => {}
    }
    match (reason, ticket) {
        (Ok(reason), Ok(ticket)) if errors.is_empty() => Ok(Filled { reason, ticket, list, file }),
        _ => Err(json!({"response_action": "errors", "errors": errors})),
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
        let wrong = filled(ASK, &values(" ", "12x"), &grammar).unwrap_err();
        assert_eq!(wrong["response_action"], "errors");
        insta::assert_snapshot!(wrong["errors"]["reason"].as_str().unwrap(), @r#"The reason is empty. Say why in a few words, for the approver and for the record: --reason "why"."#);
        insta::assert_snapshot!(wrong["errors"]["ticket"].as_str().unwrap(), @"12x is not a ticket number. A ticket number looks like 51234.");
        let good = |ticket: &str| filled(ASK, &values("asked", ticket), &grammar).unwrap().ticket;
        assert_eq!(good("#51234").as_deref(), Some("51234"));
        assert_eq!(good(""), None);
        assert!(filled(ASK, &values(&"x".repeat(501), ""), &grammar).is_err());
    }

    #[test]
    fn a_list_is_pasted_or_attached_and_what_is_wrong_with_it_is_said_under_its_field() {
        let grammar = Grammar::new(&Registry::all(), &[], None);
        let with = |list: &str, file: &str| {
            let mut values = values("asked", "");
            values.extend([(LIST.to_owned(), list.to_owned()), (FILE.to_owned(), file.to_owned())]);
            filled(ASK_LIST, &values, &grammar)
        };
        let pasted = with("\nroads\r\nrail \n", "").unwrap();
        assert_eq!((pasted.list.as_deref(), pasted.file), (Some("\nroads\r\nrail \n"), None));
        let attached = with("", "F1").unwrap();
        assert_eq!((attached.list, attached.file), (None, Some(FileId::new("F1"))));

        assert_eq!(with(" \n", "").unwrap_err()["errors"][LIST], forms::LIST_MISSING);
        assert_eq!(with("roads", "F1").unwrap_err()["errors"][FILE], forms::LIST_OR_FILE);
        let unread = with("\"roads", "").unwrap_err();
        insta::assert_snapshot!(unread["errors"][LIST].as_str().unwrap(), @"A quotation mark in line 1 is never closed, so nobody can say where its cell ends. Put that right and send the list again.");
    }

    #[test]
    fn the_list_form_has_its_fields_and_the_opaque_id() {
        let about = InboundId::new("01I");
        let view = serde_json::to_value(ask_for_list(&about, Text::from("x"), None)).unwrap();
        assert_eq!(
            (view["callback_id"].as_str(), view["private_metadata"].as_str()),
            (Some(ASK_LIST), Some("01I"))
        );
        let fields: Vec<&str> = view["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|block| block["block_id"].as_str())
            .collect();
        assert_eq!(fields, [LIST, FILE, REASON, TICKET]);
    }

    #[test]
    fn s17_what_cannot_be_seen_does_not_pass_through_a_form() {
        let grammar = Grammar::new(&Registry::all(), &[], None);
        let reason = filled(ASK, &values("pub\u{200B}lisher \u{202E}asked", ""), &grammar).unwrap().reason;
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
