//! Text objects and confirm dialogs.

use serde_json::Value;

use super::check::{Checker, Node};

/// Which text objects may stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Any,
}

/// A text object of at most this many characters in a field, where it is there.
pub(super) fn field(checker: &mut Checker, node: Node<'_>, name: &str, kind: Kind, most: usize) {
    if let Some(value) = node.get(name) {
        object(checker, value, &node.path_to(name), kind, most);
    }
}

/// A text object of at most this many characters.
pub(super) fn object(checker: &mut Checker, value: &Value, path: &str, kind: Kind, most: usize) {
    let known = checker.object(value, path, &["type", "text"], &["emoji", "verbatim"]);
    let Some(node) = known else { return };
    match (node.kind(), kind) {
        ("plain_text", _) => {
            if node.get("verbatim").is_some() {
                checker.report(path, "invalid additional property: verbatim");
            }
        }
        ("mrkdwn", Kind::Any) => {
            if node.get("emoji").is_some() {
                checker.report(path, "invalid additional property: emoji");
            }
        }
        ("mrkdwn", Kind::Plain) => checker.report(node.path_to("type"), "must be plain_text"),
        _ => checker.report(node.path_to("type"), "must be plain_text or mrkdwn"),
    }
    checker.flag(node, "emoji");
    checker.flag(node, "verbatim");
    checker.length(node, "text", 1, most);
}

/// A confirm dialog in the field `confirm`, where it is there.
pub(super) fn confirm(checker: &mut Checker, node: Node<'_>) {
    let Some(value) = node.get("confirm") else { return };
    let path = node.path_to("confirm");
    let required = ["title", "text", "confirm", "deny"];
    let Some(dialog) = checker.object(value, &path, &required, &["style"]) else { return };
    field(checker, dialog, "title", Kind::Plain, 100);
    field(checker, dialog, "text", Kind::Any, 300);
    field(checker, dialog, "confirm", Kind::Plain, 30);
    field(checker, dialog, "deny", Kind::Plain, 30);
    checker.one_of(dialog, "style", &["primary", "danger"]);
}
