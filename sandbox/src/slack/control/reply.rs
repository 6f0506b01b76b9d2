//! What the control API answers, for the server and for its client alike.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::message::{Message, Notice};
use super::super::view::Modal;

/// What one person sees.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserState {
    /// Grows with every change anywhere.
    pub version: u64,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// The stack, the top one last.
    pub modals: Vec<Modal>,
    /// Oldest first.
    pub notices: Vec<Notice>,
    /// The app's home tab, where it published one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Modal>,
}

/// How the app took a slash command.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandReply {
    /// Whether it was delivered at all.
    pub ok: bool,
    /// The app's HTTP status; 0 where none came.
    pub status: u16,
    /// How long the app took.
    pub ack_ms: u64,
    /// Whether the app took more than three seconds.
    pub timed_out: bool,
    /// What the app answered.
    pub body: String,
}

/// How the app took a click.
pub type AckReply = CommandReply;

/// How the app took a request delivered by hand.
pub type DeliverReply = CommandReply;

/// How the app took a submission.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubmitReply {
    /// Whether it was delivered at all.
    pub ok: bool,
    /// The app's HTTP status; 0 where none came.
    pub status: u16,
    /// How long the app took.
    pub ack_ms: u64,
    /// Whether the app took more than three seconds.
    pub timed_out: bool,
    /// What the app wants Slack to do with the modal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_action: Option<String>,
    /// A sentence for each refused block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Map<String, Value>>,
}
