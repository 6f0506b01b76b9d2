//! Modals and home tabs: what surrounds their blocks.

use serde_json::Value;

use super::check::{Checker, Node};
use super::element::IDENTIFIER;
use super::text::{self, Kind};
use super::{Problem, Surface, layout};

const COMMON: &[&str] = &["callback_id", "external_id", "private_metadata"];
const MODAL: &[&str] = &["close", "submit", "clear_on_close", "notify_on_close", "submit_disabled"];
const PRIVATE_METADATA: usize = 3000;
const BUTTON: usize = 24;

pub(super) fn problems(view: &Value) -> Vec<Problem> {
    match view.get("type").and_then(Value::as_str) {
        Some("modal") => {
            let mut checker = Checker::new(Surface::Modal);
            let optional = [COMMON, MODAL].concat();
            if let Some(node) = checker.object(view, "/view", &["type", "title", "blocks"], &optional) {
                modal(&mut checker, node);
            }
            checker.finish()
        }
        Some("home") => {
            let mut checker = Checker::new(Surface::Home);
            if let Some(node) = checker.object(view, "/view", &["type", "blocks"], COMMON) {
                body(&mut checker, node);
            }
            checker.finish()
        }
        _ => {
            let mut checker = Checker::new(Surface::Modal);
            checker.report("/view/type", "must be one of: modal, home");
            checker.finish()
        }
    }
}

fn modal(checker: &mut Checker, node: Node<'_>) {
    text::field(checker, node, "title", Kind::Plain, BUTTON);
    for name in ["submit", "close"] {
        // Slack takes null for "no such button".
        if node.get(name).is_some_and(|value| !value.is_null()) {
            text::field(checker, node, name, Kind::Plain, BUTTON);
        }
    }
    for name in ["clear_on_close", "notify_on_close", "submit_disabled"] {
        checker.flag(node, name);
    }
    body(checker, node);
    if checker.inputs > 0 && node.get("submit").is_none_or(Value::is_null) {
        checker.report("/view", "missing required field: submit, which a modal with inputs must have");
    }
}

fn body(checker: &mut Checker, node: Node<'_>) {
    checker.length(node, "callback_id", 0, IDENTIFIER);
    checker.length(node, "external_id", 0, IDENTIFIER);
    checker.length(node, "private_metadata", 0, PRIVATE_METADATA);
    match node.get("blocks") {
        Some(Value::Array(blocks)) => layout::blocks(checker, blocks, "/view/blocks"),
        Some(_) => checker.report("/view/blocks", "must be an array"),
        None => {}
    }
}
