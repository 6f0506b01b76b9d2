//! Elements that people type into.

use serde_json::Value;

use super::Surface;
use super::check::{Checker, Node};
use super::element::{IDENTIFIER, focus};
use super::text::{self, Kind};

const COMMON: &[&str] =
    &["action_id", "dispatch_action_config", "focus_on_load", "placeholder", "initial_value"];

pub(super) fn check(checker: &mut Checker, value: &Value, path: &str, kind: &str) {
    let (required, own): (&[&str], &[&str]) = match kind {
        "plain_text_input" => (&[], &["multiline", "min_length", "max_length"]),
        "number_input" => (&["is_decimal_allowed"], &["min_value", "max_value"]),
        "file_input" => return file(checker, value, path),
        _ => (&[], &[]),
    };
    let fields = checker.object(value, path, &[&["type"], required].concat(), &[COMMON, own].concat());
    let Some(node) = fields else { return };
    checker.length(node, "action_id", 1, IDENTIFIER);
    text::field(checker, node, "placeholder", Kind::Plain, 150);
    focus(checker, node);
    checker.flag(node, "multiline");
    checker.flag(node, "is_decimal_allowed");
    checker.whole_number(node, "min_length", 0, 3000);
    checker.whole_number(node, "max_length", 1, 3000);
    lengths(checker, node);
    dispatch(checker, node);
}

/// The two bounds must not cross, and the initial value must keep them.
fn lengths(checker: &mut Checker, node: Node<'_>) {
    if node.kind() != "plain_text_input" {
        return;
    }
    let bound =
        |name: &str| node.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let (least, most) = (bound("min_length").unwrap_or(0), bound("max_length").unwrap_or(3000));
    if least > most {
        checker.report(node.path_to("min_length"), "must not be more than max_length");
    } else if node.text("initial_value").is_none_or(|text| !text.is_empty()) {
        checker.length(node, "initial_value", least, most);
    }
}

fn dispatch(checker: &mut Checker, node: Node<'_>) {
    let Some(value) = node.get("dispatch_action_config") else { return };
    let path = node.path_to("dispatch_action_config");
    let Some(config) = checker.object(value, &path, &[], &["trigger_actions_on"]) else { return };
    let on = checker.list(config, "trigger_actions_on", 1, 2);
    if on.iter().any(|each| !matches!(each.as_str(), Some("on_enter_pressed" | "on_character_entered"))) {
        checker.report(path, "must be on_enter_pressed or on_character_entered");
    }
}

fn file(checker: &mut Checker, value: &Value, path: &str) {
    let fields = checker.object(value, path, &["type"], &["action_id", "filetypes", "max_files"]);
    let Some(node) = fields else { return };
    checker.length(node, "action_id", 1, IDENTIFIER);
    checker.whole_number(node, "max_files", 1, 10);
    if checker.surface != Surface::Modal {
        checker.report(path, "file_input is for modals");
    }
    for ending in checker.list(node, "filetypes", 1, usize::MAX) {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !ending.as_str().is_some_and(plain) {
            checker.report(node.path_to("filetypes"), "must be file extensions without a dot");
        }
    }
}
