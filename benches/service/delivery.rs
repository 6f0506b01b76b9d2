//! Requests as Slack sends them: form bodies, signed over their raw bytes.
//!
//! Guarantees that no two have the same trigger id, text, body or signature. Leaves sending to `load`.

use ckan_chatops::clock::{Clock as _, SystemClock};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::Failed;

pub(crate) const SIGNING_SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const BOT_TOKEN: &str = "xoxb-bench";
pub(crate) const TEAM: &str = "T0001";
pub(crate) const APP: &str = "A0001";
pub(crate) const CHANNEL: &str = "C0001";
pub(crate) const REQUESTER: &str = "U0ALICE";
pub(crate) const APPROVER: &str = "U0BOB";

/// Makes requests that differ from every one before.
pub(crate) struct Slack {
    response_base: String,
    made: u64,
}

impl Slack {
    /// A Slack whose response addresses stand below `response_base`.
    pub(crate) fn new(response_base: &str) -> Self {
        Self { response_base: response_base.to_owned(), made: 0 }
    }

    /// `/ckan` with this text, as bytes ready to be sent.
    pub(crate) fn command(&mut self, text: &str) -> Result<Vec<u8>, Failed> {
        let (trigger, response_url) = self.next();
        let body = serde_urlencoded::to_string([
            ("token", "verification-token-unused"),
            ("team_id", TEAM),
            ("team_domain", "example"),
            ("channel_id", CHANNEL),
            ("channel_name", "ckan-changes"),
            ("user_id", REQUESTER),
            ("user_name", "alice"),
            ("command", "/ckan"),
            ("text", text),
            ("api_app_id", APP),
            ("is_enterprise_install", "false"),
            ("response_url", &response_url),
            ("trigger_id", &trigger),
        ])?;
        signed("/slack/commands", &body)
    }

    /// The approver's click on a card.
    pub(crate) fn approval(
        &mut self,
        channel: &str,
        ts: &str,
        button: &str,
        value: &str,
    ) -> Result<Vec<u8>, Failed> {
        let (trigger, response_url) = self.next();
        let payload = json!({
            "type": "block_actions",
            "user": {"id": APPROVER, "username": "bob", "name": "bob", "team_id": TEAM},
            "api_app_id": APP,
            "token": "verification-token-unused",
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false},
            "trigger_id": trigger,
            "team": {"id": TEAM, "domain": "example"},
            "enterprise": null,
            "is_enterprise_install": false,
            "channel": {"id": channel, "name": "ckan-changes"},
            "message": {"type": "message", "ts": ts, "text": "A request"},
            "state": {"values": {}},
            "response_url": response_url,
            "actions": [{"action_id": button, "block_id": "decide", "value": value, "type": "button",
                         "action_ts": "1.1"}],
        });
        let body = serde_urlencoded::to_string([("payload", payload.to_string())])?;
        signed("/slack/interactions", &body)
    }

    fn next(&mut self) -> (String, String) {
        self.made += 1;
        let trigger = format!("{}.1234567890.{:032x}", 398_738_663_015 + self.made, self.made);
        let response_url = format!("{}/{}/{:024x}", self.response_base, TEAM, self.made);
        (trigger, response_url)
    }
}

fn signed(path: &str, body: &str) -> Result<Vec<u8>, Failed> {
    let timestamp = SystemClock.now().as_second().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes())?;
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let length = body.len();
    Ok(format!(
        "POST {path} HTTP/1.1\r\nHost: chatops.example.gov.uk\r\n\
         User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: application/json,*/*\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: {timestamp}\r\n\
         X-Slack-Signature: v0={signature}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes())
}
