//! Slack's Web API, as far as the bot speaks it, through slack-morphism's connector.
//!
//! Guarantees a time-out on every call and three kinds of failure that callers must tell apart: refused (nothing
//! happened), asked to wait, unclear (it may have happened). Never lets slack-morphism's errors out, as they carry
//! whole bodies. Leaves pacing to `outbox` and permission to `people`.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;

use crate::ids::FileId;
use crate::store::MessageAddress;

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackError {
    /// Slack said no, with its stable code. Nothing happened.
    #[error("Slack refused: {0}")]
    Refused(String),
    /// Slack asks to wait so long. Nothing happened.
    #[error("Slack asks to wait {0:?}")]
    RateLimited(Duration),
    /// No answer, or one that cannot be read: it may have happened.
    #[error("no clear answer from Slack")]
    Unclear,
}

/// The methods the bot calls, with its token.
pub struct SlackWeb {
    client: SlackClient<SlackClientHyperConnector<HttpsConnector<HttpConnector>>>,
    token: SlackApiToken,
}

/// What `users.info` says, as far as permission goes. Absent flags mean false only where Slack leaves them out.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are Slack's own flags, and each refuses by itself")]
pub struct SlackUser {
    /// The user's id.
    pub id: String,
    /// The workspace of the account.
    #[serde(default)]
    pub team_id: Option<String>,
    /// Deactivated.
    #[serde(default)]
    pub deleted: bool,
    /// A bot.
    #[serde(default)]
    pub is_bot: bool,
    /// An app's user.
    #[serde(default)]
    pub is_app_user: bool,
    /// A guest of several channels.
    #[serde(default)]
    pub is_restricted: bool,
    /// A guest of one channel.
    #[serde(default)]
    pub is_ultra_restricted: bool,
    /// From an organisation that shares no channel.
    #[serde(default)]
    pub is_stranger: bool,
    /// The Enterprise Grid membership.
    #[serde(default)]
    pub enterprise_user: Option<EnterpriseUser>,
}

/// The Enterprise Grid part of a user.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
pub struct EnterpriseUser {
    /// The organisation's id.
    #[serde(default)]
    pub enterprise_id: Option<String>,
}

/// What `conversations.info` says of a channel, as far as it tells with whom it is shared.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
pub struct SlackChannel {
    /// The channel's id.
    pub id: String,
    /// Shared with another organisation through Slack Connect. Slack leaves it out of what is no channel.
    #[serde(default)]
    pub is_ext_shared: Option<bool>,
    /// Another organisation was invited and has not answered yet.
    #[serde(default)]
    pub is_pending_ext_shared: bool,
    /// Shared between workspaces of one Enterprise Grid organisation.
    #[serde(default)]
    pub is_org_shared: bool,
    /// The workspaces it is shared with, our own among them.
    #[serde(default)]
    pub shared_team_ids: Vec<String>,
    /// Workspaces that were invited.
    #[serde(default)]
    pub pending_shared: Vec<String>,
    /// Workspaces whose connection waits for somebody's approval.
    #[serde(default)]
    pub pending_connected_team_ids: Vec<String>,
    /// Other organisations' workspaces that are connected.
    #[serde(default)]
    pub connected_team_ids: Vec<String>,
}

/// Who the token is.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Identity {
    /// The workspace.
    #[serde(default)]
    pub team_id: Option<String>,
    /// The Enterprise Grid organisation, where there is one.
    #[serde(default)]
    pub enterprise_id: Option<String>,
}

#[derive(Deserialize)]
struct UserAnswer {
    user: SlackUser,
}

#[derive(Deserialize)]
struct GroupAnswer {
    #[serde(default)]
    users: Vec<String>,
}

#[derive(Deserialize)]
struct ChannelAnswer {
    channel: SlackChannel,
}

#[derive(Deserialize)]
struct PostAnswer {
    channel: String,
    ts: String,
}

/// What `files.info` says of a file, as far as reading it goes.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct SlackFile {
    /// Its size in bytes, where Slack says so.
    #[serde(default)]
    pub size: Option<u64>,
    /// Where its bytes are read with the bot's token. Absent where it was deleted.
    #[serde(default)]
    pub url_private_download: Option<String>,
    /// It lies with somebody else; Slack has a link to it only.
    #[serde(default)]
    pub is_external: bool,
}

#[derive(Deserialize)]
struct FileAnswer {
    file: SlackFile,
}

/// Where the bytes of a new file go, once.
#[derive(Deserialize)]
pub struct UploadAddress {
    /// The address, a bearer capability.
    pub upload_url: String,
    /// The file's id.
    pub file_id: String,
}

#[derive(Deserialize)]
struct AnyAnswer {}

impl SlackWeb {
    /// A client for this address, for example `https://slack.com/api`.
    pub fn new(api_url: &str, token: &SecretString) -> std::io::Result<Self> {
        crate::http::install_crypto_provider();
        // HTTP/1.1 too: slack-morphism's own connector is HTTP/2 only and fails behind older TLS proxies.
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .build();
        let connector = SlackClientHyperConnector::with_connector(connector)
            .with_slack_api_url(api_url.trim_end_matches('/'));
        let token = SlackApiToken::new(SlackApiTokenValue(token.expose_secret().to_owned()));
        Ok(Self { client: SlackClient::new(connector), token })
    }

    async fn post<T: DeserializeOwned + Send>(&self, method: &str, body: &Value) -> Result<T, SlackError> {
        let session = self.client.open_session(&self.token);
        let call = session.http_session_api.http_post::<_, T>(method, body, None);
        outcome(tokio::time::timeout(CALL_TIMEOUT, call).await)
    }

    async fn get<T: DeserializeOwned + Send>(
        &self,
        method: &str,
        parameters: &[(&str, &str)],
    ) -> Result<T, SlackError> {
        let session = self.client.open_session(&self.token);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let call = session.http_session_api.http_get::<T, _, _>(method, &parameters, None);
        outcome(tokio::time::timeout(CALL_TIMEOUT, call).await)
    }

    /// Who the token is (`auth.test`).
    pub async fn identity(&self) -> Result<Identity, SlackError> {
        self.post("auth.test", &json!({})).await
    }

    /// One user, read afresh (`users.info`).
    pub async fn user(&self, id: &str) -> Result<SlackUser, SlackError> {
        self.get::<UserAnswer>("users.info", &[("user", id)]).await.map(|answer| answer.user)
    }

    /// The members of a user group, read afresh (`usergroups.users.list`).
    pub async fn usergroup(&self, id: &str) -> Result<Vec<String>, SlackError> {
        self.get::<GroupAnswer>("usergroups.users.list", &[("usergroup", id)])
            .await
            .map(|answer| answer.users)
    }

    /// One channel, read afresh (`conversations.info`).
    pub async fn channel(&self, id: &str) -> Result<SlackChannel, SlackError> {
        self.get::<ChannelAnswer>("conversations.info", &[("channel", id)]).await.map(|answer| answer.channel)
    }

    /// Posts a message, in a thread where one is named (`chat.postMessage`).
    pub async fn post_message(
        &self,
        channel: &str,
        thread: Option<&str>,
        body: &Value,
    ) -> Result<MessageAddress, SlackError> {
        let mut call = body.clone();
        set(&mut call, "channel", channel);
        if let Some(thread) = thread {
            set(&mut call, "thread_ts", thread);
        }
        plain_words(&mut call);
        let answer: PostAnswer = self.post("chat.postMessage", &call).await?;
        Ok(MessageAddress { channel: answer.channel, ts: answer.ts })
    }

    /// Replaces one of our own messages (`chat.update`).
    pub async fn update_message(&self, at: &MessageAddress, body: &Value) -> Result<(), SlackError> {
        let mut call = body.clone();
        set(&mut call, "channel", &at.channel);
        set(&mut call, "ts", &at.ts);
        self.post::<AnyAnswer>("chat.update", &call).await.map(drop)
    }

    /// Shows a message to one person (`chat.postEphemeral`).
    pub async fn post_ephemeral(&self, channel: &str, user: &str, body: &Value) -> Result<(), SlackError> {
        let mut call = body.clone();
        set(&mut call, "channel", channel);
        set(&mut call, "user", user);
        plain_words(&mut call);
        self.post::<AnyAnswer>("chat.postEphemeral", &call).await.map(drop)
    }

    /// Opens a form (`views.open`). Slack: within 3 s of the act that gave the trigger, and once.
    pub async fn open_form(&self, trigger: &str, view: &SlackView) -> Result<(), SlackError> {
        let call = json!({"trigger_id": trigger, "view": view});
        self.post::<AnyAnswer>("views.open", &call).await.map(drop)
    }

    /// What there is to know of a file (`files.info`).
    pub async fn file(&self, id: &FileId) -> Result<SlackFile, SlackError> {
        self.get::<FileAnswer>("files.info", &[("file", id.as_str())]).await.map(|answer| answer.file)
    }

    /// Begins an upload (`files.getUploadURLExternal`); `length` in bytes must be what is then sent.
    pub async fn upload_address(&self, name: &str, length: usize) -> Result<UploadAddress, SlackError> {
        let length = length.to_string();
        self.get("files.getUploadURLExternal", &[("filename", name), ("length", &length)]).await
    }

    /// Ends an upload by showing the file in a thread (`files.completeUploadExternal`).
    pub async fn share_upload(
        &self,
        file: &str,
        title: &str,
        thread: &MessageAddress,
        comment: &str,
    ) -> Result<(), SlackError> {
        let call = json!({
            "files": [{"id": file, "title": title}],
            "channel_id": thread.channel,
            "thread_ts": thread.ts,
            "initial_comment": comment,
        });
        self.post::<AnyAnswer>("files.completeUploadExternal", &call).await.map(drop)
    }
}

fn set(call: &mut Value, key: &str, value: &str) {
    if let Some(call) = call.as_object_mut() {
        call.insert(key.to_owned(), Value::from(value));
    }
}

/// No names become mentions, no addresses become previews.
fn plain_words(call: &mut Value) {
    if let Some(call) = call.as_object_mut() {
        for switch in ["unfurl_links", "unfurl_media", "link_names"] {
            call.insert(switch.to_owned(), Value::from(false));
        }
    }
}

fn outcome<T>(
    result: Result<Result<T, SlackClientError>, tokio::time::error::Elapsed>,
) -> Result<T, SlackError> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(SlackClientError::ApiError(error))) => Err(SlackError::Refused(error.code)),
        Ok(Err(SlackClientError::RateLimitError(error))) => {
            Err(SlackError::RateLimited(error.retry_after.unwrap_or(Duration::from_secs(1))))
        }
        // Everything else may carry a body: it is dropped here, unread.
        Ok(Err(_)) | Err(_) => Err(SlackError::Unclear),
    }
}
