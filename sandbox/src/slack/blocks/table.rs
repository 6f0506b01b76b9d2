//! Tables: one per message, and small.

use serde_json::Value;

use super::Surface;
use super::check::{Checker, Node};
use super::rich_text;

const ROWS: usize = 100;
const CELLS: usize = 20;
const CHARACTERS: usize = 10_000;

pub(super) fn block<'a>(checker: &mut Checker, block: &'a Value, path: &'a str) -> Option<Node<'a>> {
    if checker.surface != Surface::Message {
        let name = checker.surface.name();
        checker.report(format!("{path}/type"), format!("is not available in {name}"));
    }
    checker.tables += 1;
    let node = checker.object(block, path, &["type", "rows"], &["block_id", "column_settings"])?;
    for (at, row) in checker.list(node, "rows", 1, ROWS).iter().enumerate() {
        let path = format!("{path}/rows/{at}");
        let Some(cells) = row.as_array() else {
            checker.report(path, "must be an array");
            continue;
        };
        if cells.is_empty() || cells.len() > CELLS {
            checker.report(path.as_str(), format!("must have 1 to {CELLS} cells"));
        }
        for (at, each) in cells.iter().enumerate() {
            cell(checker, each, &format!("{path}/{at}"));
        }
    }
    for (at, settings) in checker.list(node, "column_settings", 1, CELLS).iter().enumerate() {
        column(checker, settings, &format!("{path}/column_settings/{at}"));
    }
    if checker.table_characters > CHARACTERS {
        checker.report(path, format!("must be less than {} characters over all cells", CHARACTERS + 1));
    }
    Some(node)
}

fn cell(checker: &mut Checker, value: &Value, path: &str) {
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "raw_text" => {
            if let Some(node) = checker.object(value, path, &["type", "text"], &[]) {
                checker.length(node, "text", 1, CHARACTERS);
            }
        }
        "rich_text" => {
            rich_text::block(checker, value, path);
        }
        kind => checker.report(format!("{path}/type"), format!("unsupported type: {kind}")),
    }
    let mut texts = Vec::new();
    crate::slack::message::collect_text(value, &mut texts);
    checker.table_characters += texts.iter().map(|text| text.chars().count()).sum::<usize>();
}

/// `null` leaves a column as it is.
fn column(checker: &mut Checker, value: &Value, path: &str) {
    if value.is_null() {
        return;
    }
    if let Some(node) = checker.object(value, path, &[], &["align", "is_wrapped"]) {
        checker.one_of(node, "align", &["left", "center", "right"]);
        checker.flag(node, "is_wrapped");
    }
}
