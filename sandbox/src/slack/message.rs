//! Messages and notices as people see them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message in a channel, a thread or a direct message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// `C…`, or `D…` for a direct message from the app.
    pub channel: String,
    /// Unique within the sandbox, and in order of posting.
    pub ts: String,
    /// The thread's first message, for a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<String>,
    /// Who posted.
    pub user: String,
    /// Whether the app posted it.
    pub bot: bool,
    /// What screen readers and notifications say.
    pub text: String,
    /// As posted, with the `block_id` and `action_id` that Slack adds where they are missing.
    pub blocks: Vec<Value>,
    /// The files shown with it, as Slack's file objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Value>,
    /// Only this person sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_for: Option<String>,
    /// Whether Slack shows "(edited)".
    pub edited: bool,
    /// What the app attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// The command line that this message answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What Slack itself tells a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// When, in the same order as messages.
    pub ts: String,
    /// The sentence.
    pub text: String,
    /// `operation_timeout`, `dispatch_failed`, …
    pub code: String,
}

impl Message {
    /// Whether this person may see it, given that they are in the channel.
    pub(super) fn is_shown_to(&self, user: &str) -> bool {
        self.ephemeral_for.as_deref().is_none_or(|only| only == user)
    }

    /// The interactive element with this `action_id`, and its block's id.
    pub fn element(&self, action_id: &str, block_id: Option<&str>) -> Option<(&str, &Value)> {
        find_element(&self.blocks, action_id, block_id)
    }

    /// Everything a person reads in it: the text, then every text of its blocks, line by line.
    pub fn all_text(&self) -> String {
        let mut lines = vec![self.text.clone()];
        for block in &self.blocks {
            collect_text(block, &mut lines);
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

/// Looks through blocks for an interactive element.
pub(super) fn find_element<'a>(
    blocks: &'a [Value],
    action_id: &str,
    block_id: Option<&str>,
) -> Option<(&'a str, &'a Value)> {
    blocks.iter().find_map(|block| {
        let id = block.get("block_id").and_then(Value::as_str).unwrap_or_default();
        if block_id.is_some_and(|wanted| wanted != id) {
            return None;
        }
        elements_of(block)
            .find(|element| element.get("action_id").and_then(Value::as_str) == Some(action_id))
            .map(|element| (id, element))
            .or_else(|| {
                let children = block.get("child_blocks").and_then(Value::as_array)?;
                find_element(children, action_id, None)
            })
    })
}

/// The elements that a block holds directly.
pub(super) fn elements_of(block: &Value) -> impl Iterator<Item = &Value> {
    let listed = ["elements", "actions"].into_iter().filter_map(|key| block.get(key)?.as_array()).flatten();
    let single = ["accessory", "element"].into_iter().filter_map(|key| block.get(key));
    listed.chain(single)
}

pub(super) fn collect_text(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_text(item, into)),
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if key == "text" => into.push(text.clone()),
                    _ => collect_text(field, into),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
