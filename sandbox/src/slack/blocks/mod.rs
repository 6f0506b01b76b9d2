//! Block Kit's rules, one function for each kind of thing.
//!
//! It guarantees that what passes keeps every limit that Slack documents, and several that it enforces without
//! saying. A problem names the place as Slack does, by JSON pointer. Blocks that the sandbox does not know are
//! refused.

mod card;
mod check;
mod element;
mod input;
mod layout;
mod option;
mod rich_text;
mod table;
mod text;
mod view;

use std::fmt;

use serde_json::Value;

use self::check::Checker;

/// Where blocks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surface {
    Message,
    Modal,
    Home,
}

impl Surface {
    const fn most_blocks(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Modal | Self::Home => 100,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Message => "messages",
            Self::Modal => "modals",
            Self::Home => "home tabs",
        }
    }
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer into the argument, such as `/blocks/0/text`.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[ERROR] {} [json-pointer:{}]", self.message, self.pointer)
    }
}

/// What is wrong with a message's blocks.
pub fn message_problems(blocks: &[Value]) -> Vec<Problem> {
    let mut checker = Checker::new(Surface::Message);
    layout::blocks(&mut checker, blocks, "/blocks");
    checker.finish()
}

/// What is wrong with a modal or a home tab.
pub fn view_problems(view: &Value) -> Vec<Problem> {
    view::problems(view)
}

/// Whether a view holds a file input, which an app may only show with the scope `files:read`.
pub(super) fn asks_for_files(view: &Value) -> bool {
    let blocks = view.get("blocks").and_then(Value::as_array).into_iter().flatten();
    blocks
        .filter_map(|block| block.get("element"))
        .any(|element| element.get("type").and_then(Value::as_str) == Some("file_input"))
}

/// How many characters all texts of these blocks have together.
pub(super) fn characters(blocks: &[Value]) -> usize {
    let mut texts = Vec::new();
    for block in blocks {
        super::message::collect_text(block, &mut texts);
    }
    texts.iter().map(|text| text.chars().count()).sum()
}
