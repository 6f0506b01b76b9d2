//! Small good payloads to break, and the two judgements.

use sandbox::slack::blocks::{Problem, message_problems, view_problems};
use serde_json::{Value, json};

pub(crate) fn long(length: usize) -> String {
    "x".repeat(length)
}

pub(crate) fn plain(text: impl Into<String>) -> Value {
    json!({ "type": "plain_text", "text": text.into() })
}

pub(crate) fn mrkdwn(text: impl Into<String>) -> Value {
    json!({ "type": "mrkdwn", "text": text.into() })
}

#[expect(clippy::unwrap_used, reason = "test support")]
pub(crate) fn with(mut base: Value, name: &str, value: impl Into<Value>) -> Value {
    base.as_object_mut().unwrap().insert(name.into(), value.into());
    base
}

#[expect(clippy::unwrap_used, reason = "test support")]
pub(crate) fn without(mut base: Value, name: &str) -> Value {
    base.as_object_mut().unwrap().remove(name).unwrap();
    base
}

pub(crate) fn divider() -> Value {
    json!({ "type": "divider" })
}

pub(crate) fn section(text: Value) -> Value {
    with(json!({ "type": "section" }), "text", text)
}

pub(crate) fn actions(elements: Vec<Value>) -> Value {
    with(json!({ "type": "actions" }), "elements", elements)
}

pub(crate) fn button() -> Value {
    json!({ "type": "button", "action_id": "go", "text": plain("Go"), "value": "1" })
}

pub(crate) fn confirm() -> Value {
    json!({ "title": plain("Sure?"), "text": mrkdwn("*Really?*"), "confirm": plain("Yes"), "deny": plain("No") })
}

pub(crate) fn option(value: &str) -> Value {
    json!({ "text": plain(value), "value": value })
}

pub(crate) fn options(count: usize) -> Vec<Value> {
    (0..count).map(|at| option(&at.to_string())).collect()
}

pub(crate) fn menu(count: usize) -> Value {
    json!({ "type": "static_select", "action_id": "pick", "options": options(count) })
}

/// An element of this type with that many options.
pub(crate) fn choice(kind: &str, count: usize) -> Value {
    json!({ "type": kind, "options": options(count) })
}

pub(crate) fn field() -> Value {
    json!({ "type": "plain_text_input", "action_id": "text" })
}

pub(crate) fn input(block_id: &str, element: Value) -> Value {
    with(json!({ "type": "input", "block_id": block_id, "label": plain("Reason") }), "element", element)
}

pub(crate) fn modal(blocks: Vec<Value>) -> Value {
    let frame =
        json!({ "type": "modal", "title": plain("Why?"), "submit": plain("Ask"), "close": plain("Back") });
    with(frame, "blocks", blocks)
}

pub(crate) fn card() -> Value {
    json!({ "type": "card", "title": plain("Roads"), "body": mrkdwn("12 files"), "actions": [button()] })
}

/// There must be exactly this problem and no other.
#[track_caller]
pub(crate) fn only(problems: &[Problem], pointer: &str, words: &str) {
    let fits = |problem: &Problem| problem.pointer == pointer && problem.message.contains(words);
    assert!(
        problems.len() == 1 && problems.iter().all(fits),
        "wanted {words:?} at {pointer}, got {problems:#?}"
    );
}

/// A message of this one block is refused; the pointer starts at the block.
#[track_caller]
pub(crate) fn refused(block: Value, pointer: &str, words: &str) {
    only(&message_problems(&[block]), &format!("/blocks/0{pointer}"), words);
}

/// A message with this one element is refused; the pointer starts at the element.
#[track_caller]
pub(crate) fn refused_element(element: Value, pointer: &str, words: &str) {
    refused(actions(vec![element]), &format!("/elements/0{pointer}"), words);
}

/// A view is refused; the pointer starts at the view.
#[track_caller]
pub(crate) fn refused_view(view: &Value, pointer: &str, words: &str) {
    only(&view_problems(view), &format!("/view{pointer}"), words);
}

#[track_caller]
pub(crate) fn accepted(blocks: &[Value]) {
    assert_eq!(message_problems(blocks), []);
}

#[track_caller]
pub(crate) fn accepted_view(view: &Value) {
    assert_eq!(view_problems(view), []);
}
