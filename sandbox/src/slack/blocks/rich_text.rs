//! Rich text: known elements in known places, and no empty ones.

use serde_json::Value;

use super::check::{Checker, Node};

const INLINE: &[&str] =
    &["broadcast", "channel", "color", "date", "emoji", "link", "team", "text", "user", "usergroup"];

pub(super) fn block<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let node = checker.object(block, path, &["type", "elements"], &["block_id"])?;
    for (at, each) in checker.list(node, "elements", 1, usize::MAX - 1).iter().enumerate() {
        outer(checker, each, &format!("{path}/elements/{at}"));
    }
    Some(node)
}

fn outer(checker: &mut Checker, value: &Value, path: &str) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let own: &[&str] = match kind {
        "rich_text_section" => &[],
        "rich_text_list" => &["style", "indent", "offset", "border"],
        "rich_text_preformatted" => &["border", "language"],
        "rich_text_quote" => &["border"],
        _ => {
            checker.report(format!("{path}/type"), format!("unsupported type: {kind}"));
            return;
        }
    };
    let Some(node) = checker.object(value, path, &["type", "elements"], own) else { return };
    if kind == "rich_text_list" {
        checker.one_of(node, "style", &["bullet", "ordered"]);
        checker.whole_number(node, "indent", 0, 8);
        if node.get("style").is_none() {
            checker.report(path, "missing required field: style");
        }
    }
    for (at, each) in checker.list(node, "elements", 0, usize::MAX - 1).iter().enumerate() {
        let path = format!("{path}/elements/{at}");
        if kind == "rich_text_list" {
            section(checker, each, &path);
        } else {
            inline(checker, each, &path);
        }
    }
}

fn section(checker: &mut Checker, value: &Value, path: &str) {
    if value.get("type").and_then(Value::as_str) == Some("rich_text_section") {
        outer(checker, value, path);
    } else {
        checker.report(format!("{path}/type"), "must be rich_text_section");
    }
}

fn inline(checker: &mut Checker, value: &Value, path: &str) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    if !INLINE.contains(&kind) {
        checker.report(format!("{path}/type"), format!("unsupported type: {kind}"));
        return;
    }
    let Some(fields) = value.as_object() else { return };
    let node = Node { fields, path };
    let needed = match kind {
        "text" => "text",
        "link" => "url",
        "user" => "user_id",
        "usergroup" => "usergroup_id",
        "channel" => "channel_id",
        "emoji" => "name",
        "broadcast" => "range",
        "date" => "timestamp",
        "team" => "team_id",
        _ => "value",
    };
    if node.get(needed).is_none() {
        checker.report(path, format!("missing required field: {needed}"));
    }
    if kind == "text" {
        checker.length(node, "text", 1, usize::MAX - 1);
    }
}
