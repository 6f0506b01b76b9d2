//! Cards and what is built of them: alerts, cards, carousels, containers.

use serde_json::Value;

use super::Surface;
use super::check::{Checker, Node};
use super::text::{self, Kind};
use super::{element, layout};

pub(super) fn alert<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    if checker.surface == Surface::Message {
        checker.report(format!("{path}/type"), "is not available in messages");
    }
    let node = checker.object(block, path, &["type", "text"], &["block_id", "level"])?;
    text::field(checker, node, "text", Kind::Any, 3000);
    checker.one_of(node, "level", &["default", "info", "warning", "error", "success"]);
    Some(node)
}

pub(super) fn card<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let optional = ["block_id", "title", "subtitle", "body", "hero_image", "icon", "actions"];
    let node = checker.object(block, path, &["type"], &optional)?;
    text::field(checker, node, "title", Kind::Any, 150);
    text::field(checker, node, "subtitle", Kind::Any, 150);
    text::field(checker, node, "body", Kind::Any, 200);
    if ["title", "body", "hero_image", "actions"].iter().all(|name| node.get(name).is_none()) {
        checker.report(path, "must have a title, a body, a hero_image or actions");
    }
    for name in ["hero_image", "icon"] {
        if let Some(image) = node.get(name) {
            element::image(checker, image, &node.path_to(name));
        }
    }
    for (at, each) in checker.list(node, "actions", 1, 5).iter().enumerate() {
        element::check(checker, each, &format!("{path}/actions/{at}"), &["button"]);
    }
    Some(node)
}

pub(super) fn carousel<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let node = checker.object(block, path, &["type", "elements"], &["block_id"])?;
    for (at, each) in checker.list(node, "elements", 1, 10).iter().enumerate() {
        let path = format!("{path}/elements/{at}");
        if each.get("type").and_then(Value::as_str) == Some("card") {
            layout::one(checker, each, &path);
        } else {
            checker.report(format!("{path}/type"), "must be card");
        }
    }
    Some(node)
}

pub(super) fn container<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let optional = [
        "block_id",
        "title",
        "rich_text_title",
        "subtitle",
        "width",
        "icon",
        "is_collapsible",
        "default_collapsed",
        "has_header_divider",
    ];
    let node = checker.object(block, path, &["type", "child_blocks"], &optional)?;
    if node.get("title").is_none() && node.get("rich_text_title").is_none() {
        checker.report(path, "must have title or rich_text_title");
    }
    text::field(checker, node, "title", Kind::Plain, 150);
    text::field(checker, node, "subtitle", Kind::Any, 150);
    checker.one_of(node, "width", &["narrow", "standard", "wide", "full"]);
    for (at, each) in checker.list(node, "child_blocks", 1, 10).iter().enumerate() {
        let path = format!("{path}/child_blocks/{at}");
        if each.get("type").and_then(Value::as_str) == Some("container") {
            checker.report(format!("{path}/type"), "containers cannot be nested");
        } else {
            layout::one(checker, each, &path);
        }
    }
    Some(node)
}
