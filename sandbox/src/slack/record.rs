//! The logs that tests read: what the app called, and what was sent to the app.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One Web API call, or one post to a response address (method `respond`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    /// From 1.
    pub n: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The Web API method, or `respond`.
    pub method: String,
    /// The HTTP status that was answered; 0 where none was.
    pub http: u16,
    /// The arguments, without the token.
    pub args: Value,
    /// Whether the call was carried out.
    pub ok: bool,
    /// Slack's code where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The fault that was asked for and hit this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Whether its text would call a whole channel.
    pub mention: bool,
}

/// One request to the app.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    /// From 1.
    pub n: u64,
    /// `commands`, `interactions` or `events`.
    pub path: String,
    /// The app's HTTP status; 0 where none came.
    pub status: u16,
    /// How long the app took.
    pub ack_ms: u64,
    /// Whether the app took more than three seconds.
    pub timed_out: bool,
    /// The body that was sent.
    pub request: String,
    /// The body that came back.
    pub response: String,
    /// Whether the answer's text would call a whole channel.
    pub mention: bool,
    /// The signature's time; kept for a replay.
    #[serde(skip)]
    pub(crate) timestamp: i64,
    #[serde(skip)]
    pub(crate) signature: String,
}
