//! Blocks, and what they may hold on which surface.

use std::collections::HashSet;

use serde_json::Value;

use super::check::{Checker, Node};
use super::text::{self, Kind};
use super::{Surface, card, element, rich_text, table};

const MARKDOWN: usize = 12_000;

/// A list of blocks as a message or a view holds it.
pub(super) fn blocks(checker: &mut Checker, blocks: &[Value], path: &str) {
    let most = checker.surface.most_blocks();
    if blocks.len() > most {
        checker.report(path, format!("no more than {most} items allowed"));
    }
    for (at, block) in blocks.iter().enumerate() {
        one(checker, block, &format!("{path}/{at}"));
    }
    if checker.tables > 1 {
        checker.report(path, "only_one_table_allowed");
    }
    if checker.markdown_characters > MARKDOWN {
        checker
            .report(path, format!("markdown blocks must be less than {} characters together", MARKDOWN + 1));
    }
}

/// One block.
pub(super) fn one(checker: &mut Checker, block: &Value, path: &str) {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
    let known = match kind {
        "section" => section(checker, block, path),
        "header" => header(checker, block, path),
        "divider" => checker.object(block, path, &["type"], &["block_id"]),
        "image" => image(checker, block, path),
        "actions" => actions(checker, block, path),
        "context" => context(checker, block, path),
        "context_actions" => context_actions(checker, block, path),
        "input" => input(checker, block, path),
        "file" => file(checker, block, path),
        "video" => video(checker, block, path),
        "markdown" => markdown(checker, block, path),
        "rich_text" => rich_text::block(checker, block, path),
        "table" => table::block(checker, block, path),
        "alert" => card::alert(checker, block, path),
        "card" => card::card(checker, block, path),
        "carousel" => card::carousel(checker, block, path),
        "container" => card::container(checker, block, path),
        _ => {
            checker.report(format!("{path}/type"), format!("unsupported type: {kind}"));
            return;
        }
    };
    if let Some(node) = known {
        identity(checker, node);
    }
}

/// Block ids are unique in a message or view, action ids in their block.
fn identity(checker: &mut Checker, node: Node<'_>) {
    checker.length(node, "block_id", 1, element::IDENTIFIER);
    if let Some(id) = node.text("block_id")
        && !checker.block_ids.insert(id.to_owned())
    {
        checker.report(node.path_to("block_id"), format!("block_id {id} already exists"));
    }
    let mut seen = HashSet::new();
    let elements = node.get("elements").and_then(Value::as_array).into_iter().flatten();
    for (at, element) in elements.enumerate() {
        if let Some(id) = element.get("action_id").and_then(Value::as_str)
            && !seen.insert(id)
        {
            let path = format!("{}/{at}/action_id", node.path_to("elements"));
            checker.report(path, format!("action_id {id} already exists in this block"));
        }
    }
}

fn only_on(checker: &mut Checker, path: &str, surfaces: &[Surface]) {
    if !surfaces.contains(&checker.surface) {
        let name = checker.surface.name();
        checker.report(format!("{path}/type"), format!("is not available in {name}"));
    }
}

fn section<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let optional = ["block_id", "text", "fields", "accessory", "expand"];
    let node = checker.object(block, path, &["type"], &optional)?;
    if node.get("text").is_none() && node.get("fields").is_none() {
        checker.report(path, "must have text or fields");
    }
    text::field(checker, node, "text", Kind::Any, 3000);
    for (at, field) in checker.list(node, "fields", 1, 10).iter().enumerate() {
        text::object(checker, field, &format!("{path}/fields/{at}"), Kind::Any, 2000);
    }
    checker.flag(node, "expand");
    if let Some(accessory) = node.get("accessory") {
        element::check(checker, accessory, &node.path_to("accessory"), element::IN_SECTION);
    }
    Some(node)
}

fn header<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let node = checker.object(block, path, &["type", "text"], &["block_id", "level"])?;
    text::field(checker, node, "text", Kind::Plain, 150);
    checker.whole_number(node, "level", 1, 4);
    Some(node)
}

fn image<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let optional = ["block_id", "image_url", "slack_file", "title"];
    let node = checker.object(block, path, &["type", "alt_text"], &optional)?;
    checker.exclusive(node, "image_url", "slack_file");
    checker.web_address(node, "image_url");
    checker.length(node, "alt_text", 1, 2000);
    text::field(checker, node, "title", Kind::Plain, 2000);
    Some(node)
}

fn actions<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let node = checker.object(block, path, &["type", "elements"], &["block_id"])?;
    for (at, each) in checker.list(node, "elements", 1, 25).iter().enumerate() {
        element::check(checker, each, &format!("{path}/elements/{at}"), element::IN_ACTIONS);
    }
    Some(node)
}

fn context<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let node = checker.object(block, path, &["type", "elements"], &["block_id"])?;
    for (at, each) in checker.list(node, "elements", 1, 10).iter().enumerate() {
        let path = format!("{path}/elements/{at}");
        match each.get("type").and_then(Value::as_str).unwrap_or_default() {
            "image" => element::image(checker, each, &path),
            "plain_text" | "mrkdwn" => text::object(checker, each, &path, Kind::Any, 3000),
            kind => checker.report(format!("{path}/type"), format!("unsupported type: {kind}")),
        }
    }
    Some(node)
}

fn context_actions<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    only_on(checker, path, &[Surface::Message]);
    let node = checker.object(block, path, &["type", "elements"], &["block_id"])?;
    for (at, each) in checker.list(node, "elements", 1, 5).iter().enumerate() {
        let kind = each.get("type").and_then(Value::as_str).unwrap_or_default();
        if !["feedback_buttons", "icon_button"].contains(&kind) {
            checker.report(format!("{path}/elements/{at}/type"), format!("unsupported type: {kind}"));
        }
    }
    Some(node)
}

fn input<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let optional = ["block_id", "hint", "optional", "dispatch_action"];
    let node = checker.object(block, path, &["type", "label", "element"], &optional)?;
    checker.inputs += 1;
    text::field(checker, node, "label", Kind::Plain, 2000);
    text::field(checker, node, "hint", Kind::Plain, 2000);
    checker.flag(node, "optional");
    checker.flag(node, "dispatch_action");
    if let Some(each) = node.get("element") {
        element::check(checker, each, &node.path_to("element"), element::IN_INPUT);
    }
    Some(node)
}

fn file<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    only_on(checker, path, &[Surface::Message]);
    let node = checker.object(block, path, &["type", "external_id", "source"], &["block_id"])?;
    checker.length(node, "external_id", 1, element::IDENTIFIER);
    checker.one_of(node, "source", &["remote"]);
    Some(node)
}

fn video<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    let required = ["type", "alt_text", "title", "thumbnail_url", "video_url"];
    let optional =
        ["author_name", "block_id", "description", "provider_icon_url", "provider_name", "title_url"];
    let node = checker.object(block, path, &required, &optional)?;
    text::field(checker, node, "title", Kind::Plain, 199);
    text::field(checker, node, "description", Kind::Plain, 200);
    checker.length(node, "author_name", 1, 49);
    checker.web_address(node, "video_url");
    checker.web_address(node, "thumbnail_url");
    Some(node)
}

fn markdown<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    only_on(checker, path, &[Surface::Message]);
    let node = checker.object(block, path, &["type", "text"], &["block_id"])?;
    checker.length(node, "text", 1, usize::MAX - 1);
    checker.markdown_characters += node.text("text").map_or(0, |text| text.chars().count());
    Some(node)
}
