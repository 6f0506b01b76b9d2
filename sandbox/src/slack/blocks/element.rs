//! Interactive elements: buttons, menus, pickers, radio buttons and check boxes. Text inputs are in `input`.

use serde_json::Value;

use super::check::{Checker, Node};
use super::option::{self, Rules};
use super::text::{self, Kind};
use super::{Surface, input};

pub(super) const IDENTIFIER: usize = 255;

const BUTTON: &[&str] = &["url", "value", "style", "confirm", "accessibility_label", "action_id"];
const COMMON: &[&str] = &["action_id", "confirm", "focus_on_load"];
const SELECT: Rules = Rules { most: 100, text: Kind::Plain, links: false };
const OVERFLOW: Rules = Rules { most: 5, text: Kind::Plain, links: true };
const TICKS: Rules = Rules { most: 10, text: Kind::Any, links: false };

/// Elements of an actions block.
pub(super) const IN_ACTIONS: &[&str] = &[
    "button",
    "checkboxes",
    "channels_select",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "external_select",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];

/// Elements beside a section.
pub(super) const IN_SECTION: &[&str] = &[
    "button",
    "checkboxes",
    "channels_select",
    "conversations_select",
    "datepicker",
    "external_select",
    "image",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];

/// Elements of an input block.
pub(super) const IN_INPUT: &[&str] = &[
    "checkboxes",
    "channels_select",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "external_select",
    "file_input",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "timepicker",
    "url_text_input",
    "users_select",
];

/// One element, which must be of one of these types.
pub(super) fn check(checker: &mut Checker, value: &Value, path: &str, allowed: &[&str]) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    if !allowed.contains(&kind) {
        checker.report(format!("{path}/type"), format!("unsupported type: {kind}"));
        return;
    }
    match kind {
        "image" => image(checker, value, path),
        "button" => button(checker, value, path),
        "workflow_button" => workflow_button(checker, value, path),
        "overflow" => overflow(checker, value, path),
        "checkboxes" | "radio_buttons" => ticks(checker, value, path, kind),
        "datepicker" | "timepicker" | "datetimepicker" => picker(checker, value, path, kind),
        kind if kind.ends_with("_select") => select(checker, value, path, kind),
        _ => input::check(checker, value, path, kind),
    }
}

fn identifier(checker: &mut Checker, node: Node<'_>) {
    checker.length(node, "action_id", 1, IDENTIFIER);
}

/// An object with these fields besides `type` and the common ones.
fn common<'a>(
    checker: &mut Checker,
    value: &'a Value,
    path: &'a str,
    required: &[&str],
    own: &[&str],
) -> Option<Node<'a>> {
    let required = [&["type"], required].concat();
    let node = checker.object(value, path, &required, &[COMMON, own].concat())?;
    identifier(checker, node);
    text::confirm(checker, node);
    text::field(checker, node, "placeholder", Kind::Plain, 150);
    focus(checker, node);
    Some(node)
}

/// Only one element of a view can have the focus, and none of a message.
pub(super) fn focus(checker: &mut Checker, node: Node<'_>) {
    checker.flag(node, "focus_on_load");
    if node.get("focus_on_load") == Some(&Value::Bool(true)) {
        checker.focused += 1;
        if checker.surface == Surface::Message {
            checker.report(node.path_to("focus_on_load"), "is not available in messages");
        } else if checker.focused == 2 {
            checker.report(node.path_to("focus_on_load"), "must be set on one element only");
        }
    }
}

pub(super) fn image(checker: &mut Checker, value: &Value, path: &str) {
    let fields = checker.object(value, path, &["type", "alt_text"], &["image_url", "slack_file"]);
    let Some(node) = fields else { return };
    checker.exclusive(node, "image_url", "slack_file");
    checker.web_address(node, "image_url");
    checker.length(node, "alt_text", 1, 2000);
}

fn button(checker: &mut Checker, value: &Value, path: &str) {
    let Some(node) = checker.object(value, path, &["type", "text"], BUTTON) else { return };
    identifier(checker, node);
    text::field(checker, node, "text", Kind::Plain, 75);
    checker.length(node, "value", 0, 2000);
    checker.web_address(node, "url");
    checker.length(node, "accessibility_label", 1, 75);
    checker.one_of(node, "style", &["primary", "danger"]);
    text::confirm(checker, node);
}

fn workflow_button(checker: &mut Checker, value: &Value, path: &str) {
    let optional = ["style", "accessibility_label", "action_id"];
    let Some(node) = checker.object(value, path, &["type", "text", "workflow"], &optional) else { return };
    identifier(checker, node);
    text::field(checker, node, "text", Kind::Plain, 75);
    checker.length(node, "accessibility_label", 1, 75);
    checker.one_of(node, "style", &["primary", "danger"]);
}

fn overflow(checker: &mut Checker, value: &Value, path: &str) {
    let fields = checker.object(value, path, &["type", "options"], &["action_id", "confirm"]);
    let Some(node) = fields else { return };
    identifier(checker, node);
    text::confirm(checker, node);
    option::list(checker, node, "options", OVERFLOW);
}

fn ticks(checker: &mut Checker, value: &Value, path: &str, kind: &str) {
    let own: &[&str] = if kind == "checkboxes" { &["initial_options"] } else { &["initial_option"] };
    let Some(node) = common(checker, value, path, &["options"], own) else { return };
    option::list(checker, node, "options", TICKS);
    option::initial(checker, node, &[]);
}

fn picker(checker: &mut Checker, value: &Value, path: &str, kind: &str) {
    let own: &[&str] = match kind {
        "datepicker" => &["initial_date", "placeholder"],
        "timepicker" => &["initial_time", "placeholder", "timezone"],
        _ => &["initial_date_time"],
    };
    let Some(node) = common(checker, value, path, &[], own) else { return };
    if node.text("initial_date").is_some_and(|date| date.parse::<jiff::civil::Date>().is_err()) {
        checker.report(node.path_to("initial_date"), "must be a date like 2026-11-21");
    }
    if node.text("initial_time").is_some_and(|time| time.parse::<jiff::civil::Time>().is_err()) {
        checker.report(node.path_to("initial_time"), "must be a time like 09:30");
    }
    checker.whole_number(node, "initial_date_time", 1_000_000_000, 9_999_999_999);
}

fn select(checker: &mut Checker, value: &Value, path: &str, kind: &str) {
    let (several, single) = match kind.strip_prefix("multi_") {
        Some(single) => (true, single),
        None => (false, kind),
    };
    let mut own = vec!["placeholder"];
    if several {
        own.push("max_selected_items");
    }
    own.extend(match (single, several) {
        ("static_select", false) => vec!["options", "option_groups", "initial_option"],
        ("static_select", true) => vec!["options", "option_groups", "initial_options"],
        ("external_select", false) => vec!["initial_option", "min_query_length"],
        ("external_select", true) => vec!["initial_options", "min_query_length"],
        ("users_select", false) => vec!["initial_user"],
        ("users_select", true) => vec!["initial_users"],
        ("channels_select", false) => vec!["initial_channel", "response_url_enabled"],
        ("channels_select", true) => vec!["initial_channels"],
        (_, false) => {
            vec!["initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"]
        }
        (_, true) => vec!["initial_conversations", "default_to_current_conversation", "filter"],
    });
    let Some(node) = common(checker, value, path, &[], &own) else { return };
    checker.whole_number(node, "max_selected_items", 1, u64::MAX);
    if single == "static_select" {
        option::choices(checker, node, SELECT);
    }
}
