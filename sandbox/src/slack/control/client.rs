//! An HTTP client of the control API, so that tests act as the page does. Waiting for something is in `wait`.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::message::Message;
use super::super::record::{Call, Delivery};
use super::reply::{AckReply, CommandReply, DeliverReply, SubmitReply, UserState};

/// How long the waiting methods wait unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a control call failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No answer, or not one of the control API.
    #[error("the sandbox Slack did not answer")]
    Http(#[from] reqwest::Error),
    /// The sandbox said no.
    #[error("the sandbox Slack refused: {code}: {message} {errors:?}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The code.
        code: String,
        /// The sentence.
        message: String,
        /// A sentence for each refused input block.
        errors: Map<String, Value>,
    },
    /// What was waited for did not come.
    #[error("{user} did not see {what} within {waited:?}, but only:\n{visible}")]
    TimedOut {
        /// Who looked.
        user: String,
        /// For what.
        what: String,
        /// For how long.
        waited: Duration,
        /// What was there.
        visible: String,
    },
}

/// Drives one sandbox Slack.
#[derive(Debug, Clone)]
pub struct Control {
    base: String,
    http: reqwest::Client,
    pub(super) patience: Duration,
}

impl Control {
    /// A client of the sandbox at this address.
    ///
    /// # Panics
    /// Where no HTTP client can be made, which plain HTTP gives no cause for.
    pub fn new(base: impl Into<String>) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "fails only where the TLS backend is broken, which HTTP does not need"
        )]
        let http = crate::loopback::client()
            .timeout(Duration::from_secs(90))
            .build()
            .expect("an HTTP client can be made");
        Self { base: base.into().trim_end_matches('/').to_owned(), http, patience: PATIENCE }
    }

    /// The same client with another bound for the waiting methods.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ControlError> {
        let url = format!("{}/control/{path}", self.base);
        Self::read(self.http.get(url).query(query).send().await?).await
    }

    /// Any control call, for what has no method here.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ControlError> {
        let url = format!("{}/control/{path}", self.base);
        Self::read(self.http.post(url).json(body).send().await?).await
    }

    async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, ControlError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response.json().await?);
        }
        let body: Value = response.json().await?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(ControlError::Refused {
            status: status.as_u16(),
            code: text("error"),
            message: text("message"),
            errors: body.get("errors").and_then(Value::as_object).cloned().unwrap_or_default(),
        })
    }

    /// The team, the app, people, groups, channels and commands.
    pub async fn workspace(&self) -> Result<Value, ControlError> {
        self.get("workspace", &[]).await
    }

    /// What this person sees now.
    pub async fn state(&self, user: &str) -> Result<UserState, ControlError> {
        self.get("state", &[("user", user.to_owned())]).await
    }

    /// What this person sees once the version is above `since`, or after that many milliseconds.
    pub async fn wait_state(&self, user: &str, since: u64, wait_ms: u64) -> Result<UserState, ControlError> {
        let query =
            [("user", user.to_owned()), ("since", since.to_string()), ("wait_ms", wait_ms.to_string())];
        self.get("state", &query).await
    }

    /// Types a slash command, or an ordinary message.
    pub async fn command(&self, user: &str, channel: &str, text: &str) -> Result<CommandReply, ControlError> {
        self.post("command", &json!({ "user": user, "channel": channel, "text": text })).await
    }

    /// Presses a button of a message.
    pub async fn click(
        &self,
        user: &str,
        message: &Message,
        action_id: &str,
    ) -> Result<AckReply, ControlError> {
        let (channel, ts) = (&message.channel, &message.ts);
        self.post("click", &json!({ "user": user, "channel": channel, "ts": ts, "action_id": action_id }))
            .await
    }

    /// Chooses an option, by its value, in a menu of a message.
    pub async fn choose(
        &self,
        user: &str,
        message: &Message,
        action_id: &str,
        value: &str,
    ) -> Result<AckReply, ControlError> {
        let (channel, ts) = (&message.channel, &message.ts);
        let body =
            json!({ "user": user, "channel": channel, "ts": ts, "action_id": action_id, "value": value });
        self.post("click", &body).await
    }

    /// Presses a button of a modal or of the home tab.
    pub async fn click_in_view(
        &self,
        user: &str,
        view_id: &str,
        action_id: &str,
    ) -> Result<AckReply, ControlError> {
        self.post("click", &json!({ "user": user, "view_id": view_id, "action_id": action_id })).await
    }

    /// Sends a click that no message offers.
    pub async fn forge_click(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
        value: &str,
    ) -> Result<AckReply, ControlError> {
        let body = json!({
            "user": user, "channel": channel, "ts": ts, "action_id": action_id, "value": value, "forge": true,
        });
        self.post("click", &body).await
    }

    /// Submits a modal with these values, `{block_id: {action_id: value}}`.
    pub async fn submit(
        &self,
        user: &str,
        view_id: &str,
        values: &Value,
    ) -> Result<SubmitReply, ControlError> {
        self.post("submit", &json!({ "user": user, "view_id": view_id, "values": values })).await
    }

    /// Chooses a file for a modal; returns the id to submit it with, in a list.
    pub async fn upload_file(&self, user: &str, name: &str, content: &[u8]) -> Result<String, ControlError> {
        let body = json!({ "user": user, "name": name, "content_hex": hex::encode(content) });
        let answer: Value = self.post("file", &body).await?;
        let id = answer.pointer("/file/id").and_then(Value::as_str);
        Ok(id.unwrap_or_default().to_owned())
    }

    /// The bytes of a file that this person sees.
    pub async fn open_file(&self, user: &str, file: &str) -> Result<Vec<u8>, ControlError> {
        let url = format!("{}/control/file", self.base);
        let response = self.http.get(url).query(&[("user", user), ("file", file)]).send().await?;
        if response.status().is_success() {
            return Ok(response.bytes().await?.to_vec());
        }
        Self::read::<Value>(response).await.map(|_| Vec::new())
    }

    /// Closes a modal.
    pub async fn close(&self, user: &str, view_id: &str) -> Result<(), ControlError> {
        self.post::<Value>("close", &json!({ "user": user, "view_id": view_id })).await.map(drop)
    }

    /// Sends any body, signed with the right secret now.
    pub async fn deliver(&self, path: &str, body: &str) -> Result<DeliverReply, ControlError> {
        self.post("deliver", &json!({ "path": path, "body": body })).await
    }

    /// Sends any body with a signature's parts of one's own: `timestamp`, `signature`, `secret`.
    pub async fn deliver_signed(
        &self,
        path: &str,
        body: &str,
        timestamp: Option<i64>,
        signature: Option<&str>,
        secret: Option<&str>,
    ) -> Result<DeliverReply, ControlError> {
        let body = json!({
            "path": path, "body": body, "timestamp": timestamp, "signature": signature, "secret": secret,
        });
        self.post("deliver", &body).await
    }

    /// Sends a recorded delivery again, byte for byte.
    pub async fn replay(&self, n: u64) -> Result<DeliverReply, ControlError> {
        self.post("replay", &json!({ "n": n })).await
    }

    /// Makes the next calls of a method go wrong.
    pub async fn fault(&self, method: &str, fault: &str, times: u32) -> Result<(), ControlError> {
        let body = json!({ "method": method, "fault": fault, "times": times });
        self.post::<Value>("fault", &body).await.map(drop)
    }

    /// Changes fields of a person, such as `{"deleted": true}`.
    pub async fn person(&self, id: &str, fields: &Value) -> Result<(), ControlError> {
        let mut body = json!({ "id": id });
        if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
            body.extend(fields.clone());
        }
        self.post::<Value>("person", &body).await.map(drop)
    }

    /// Sets a user group's members.
    pub async fn usergroup(&self, id: &str, users: &[&str]) -> Result<(), ControlError> {
        self.post::<Value>("usergroup", &json!({ "id": id, "users": users })).await.map(drop)
    }

    /// Says with whom a channel is shared, such as `{"is_ext_shared": true}`.
    pub async fn channel(&self, id: &str, fields: &Value) -> Result<(), ControlError> {
        let mut body = json!({ "id": id });
        if let (Some(body), Some(fields)) = (body.as_object_mut(), fields.as_object()) {
            body.extend(fields.clone());
        }
        self.post::<Value>("channel", &body).await.map(drop)
    }

    /// Moves the sandbox's clock on.
    pub async fn advance_clock(&self, seconds: i64) -> Result<(), ControlError> {
        self.post::<Value>("clock", &json!({ "advance_s": seconds })).await.map(drop)
    }

    /// The version, once it is above `since` or after that many milliseconds.
    pub(super) async fn wait_version(&self, since: u64, wait_ms: u64) -> Result<u64, ControlError> {
        let query = [("since", since.to_string()), ("wait_ms", wait_ms.to_string())];
        let answer: Value = self.get("version", &query).await?;
        Ok(answer.get("version").and_then(Value::as_u64).unwrap_or_default())
    }

    /// What the app called so far.
    pub async fn calls(&self) -> Result<Vec<Call>, ControlError> {
        self.get("calls", &[]).await
    }

    /// What was sent to the app so far.
    pub async fn deliveries(&self) -> Result<Vec<Delivery>, ControlError> {
        self.get("deliveries", &[]).await
    }
}
