//! A refused call in Slack's own words.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::super::blocks::Problem;

/// `{"ok":false,"error":code,…}`.
#[derive(Debug)]
pub(in crate::slack) struct ApiError {
    pub(in crate::slack) code: Cow<'static, str>,
    messages: Vec<String>,
    extra: Map<String, Value>,
}

impl ApiError {
    pub(in crate::slack) fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), messages: Vec::new(), extra: Map::new() }
    }

    /// A required argument is not there.
    pub(super) fn missing(argument: &str) -> Self {
        let message = format!("[ERROR] missing required field: {argument}");
        Self { messages: vec![message], ..Self::new("invalid_arguments") }
    }

    /// An argument has no value that it can have.
    pub(super) fn argument(argument: &str, complaint: &str) -> Self {
        let message = format!("[ERROR] {complaint} [json-pointer:/{argument}]");
        Self { messages: vec![message], ..Self::new("invalid_arguments") }
    }

    pub(super) fn blocks(code: &'static str, problems: &[Problem]) -> Self {
        Self { messages: problems.iter().map(ToString::to_string).collect(), ..Self::new(code) }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    pub(in crate::slack) fn fields(self) -> Map<String, Value> {
        let mut fields = self.extra;
        if !self.messages.is_empty() {
            // Slack puts the block errors of chat.* in both places.
            if self.code == "invalid_blocks" {
                fields.insert("errors".into(), json!(self.messages));
            }
            fields.insert("response_metadata".into(), json!({ "messages": self.messages }));
        }
        fields.insert("error".into(), self.code.into());
        fields
    }
}
