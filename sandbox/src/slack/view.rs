//! Modals and home tabs: what the app opened, and each person's stack of at most three.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many modals can lie on each other.
pub(super) const STACK_LIMIT: usize = 3;

/// One open modal, as the control API shows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Modal {
    /// `V…`.
    pub view_id: String,
    /// The app's name for it.
    pub callback_id: String,
    /// Changes with every update.
    pub hash: String,
    /// The raw view.
    pub view: Value,
    /// What stands below an input after a refused submission.
    pub errors: Map<String, Value>,
    /// The view that it lies on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_view_id: Option<String>,
    /// The lowest view of the stack.
    pub root_view_id: String,
    /// The app's own unique id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl Modal {
    pub(super) fn field(&self, name: &str) -> Value {
        self.view.get(name).cloned().unwrap_or(Value::Null)
    }

    pub(super) fn blocks(&self) -> &[Value] {
        self.view.get("blocks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.view.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The view object of Web API answers and of payloads.
    pub(super) fn object(&self, team_id: &str, app_id: &str, bot_id: &str, state: &Value) -> Value {
        let text = |name: &str| self.view.get(name).cloned().unwrap_or_else(|| json!(""));
        json!({
            "id": self.view_id,
            "team_id": team_id,
            "type": text("type"),
            "blocks": self.blocks(),
            "private_metadata": text("private_metadata"),
            "callback_id": text("callback_id"),
            "state": { "values": state },
            "hash": self.hash,
            "title": self.field("title"),
            "clear_on_close": self.flag("clear_on_close"),
            "notify_on_close": self.flag("notify_on_close"),
            "close": self.field("close"),
            "submit": self.field("submit"),
            "previous_view_id": self.previous_view_id,
            "root_view_id": self.root_view_id,
            "app_id": app_id,
            "external_id": text("external_id"),
            "app_installed_team_id": team_id,
            "bot_id": bot_id,
        })
    }
}
