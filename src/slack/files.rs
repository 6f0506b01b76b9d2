//! Files: reading the one that a person attached, and putting one of ours into a thread.
//!
//! Guarantees that the bot's token and our bytes go to Slack's own file hosts only (or to an emulator's, S22), without
//! redirects and with time-outs; that no more than [`list::LARGEST`] bytes are ever read; and that no content is
//! logged. Leaves the content's sense to `operations::list`, and retries and order to `outbox`.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::hosts::Hosts;
use super::web::{SlackError, SlackWeb};
use crate::ids::FileId;
use crate::operations::list;
use crate::sentences::text::Text;
use crate::store::MessageAddress;

/// Slack's hosts for files, commercial and government.
const FILE_HOSTS: [&str; 2] = ["files.slack.com", "files.slack-gov.com"];

/// How long reading or sending a file's bytes may take: 3 MB on a slow line.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(30);

/// A file of ours, as its row in the outbox holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFile {
    /// Its name, with its ending.
    pub name: String,
    /// What Slack calls it.
    pub title: String,
    /// What is said with it, in Slack's notation.
    comment: String,
    /// What is in it.
    pub content: String,
}

impl ResultFile {
    /// A file with this comment. Slack reads a comment as mrkdwn, in which `*`, `_` and `~` cannot be escaped: the
    /// comment's words are ours, not a publisher's.
    pub fn new(name: &str, title: &str, comment: &Text, content: String) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), comment: comment.notation(), content }
    }

    /// What is said with it, in Slack's notation.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The body of a `Delivery::File`.
    pub fn body(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Why an attached file could not be read; the text is the sentence to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Larger than [`list::LARGEST`].
    #[error(
        "The file is larger than 3 MB, so I did not read it. Send a list of the datasets alone, one per line."
    )]
    TooLarge,
    /// Deleted, or never there.
    #[error("The file is not in Slack any more, so nothing was done. Attach it again.")]
    Gone,
    /// It lies somewhere else.
    #[error(
        "The file lies outside Slack and I only read files from Slack itself. Download it, and attach it from your \
         own computer."
    )]
    Elsewhere,
    /// Slack does not let the bot read files.
    #[error(
        "Slack does not let me read files, so nothing was done. Whoever looks after the bot has to install it again \
         with the scope `files:read`; until then, paste the list."
    )]
    NotPermitted,
    /// Slack did not hand it over.
    #[error(
        "Slack did not hand over the file, so nothing was done. Try again in a minute, or paste the list."
    )]
    Unavailable,
}

/// Reads and sends files.
pub struct SlackFiles {
    web: Arc<SlackWeb>,
    http: reqwest::Client,
    token: SecretString,
    hosts: Hosts,
}

impl SlackFiles {
    /// For a bot whose Slack API stands at `api_url`.
    pub fn new(web: Arc<SlackWeb>, api_url: &Url, token: SecretString) -> Result<Self, reqwest::Error> {
        let http = crate::http::client(TRANSFER_TIMEOUT)?;
        Ok(Self { web, http, token, hosts: Hosts::new(&FILE_HOSTS, api_url) })
    }

    /// The bytes of a file that a person attached.
    pub async fn read(&self, id: &FileId) -> Result<Vec<u8>, FileError> {
        let file = self.web.file(id).await.map_err(|error| match error {
            SlackError::Refused(code) if matches!(code.as_str(), "file_not_found" | "file_deleted") => {
                FileError::Gone
            }
            SlackError::Refused(code) if code == "missing_scope" => FileError::NotPermitted,
            SlackError::Refused(_) | SlackError::RateLimited(_) | SlackError::Unclear => {
                FileError::Unavailable
            }
        })?;
        if file.size.is_some_and(|size| size > list::LARGEST as u64) {
            return Err(FileError::TooLarge);
        }
        if file.is_external {
            return Err(FileError::Elsewhere);
        }
        let address = file.url_private_download.ok_or(FileError::Gone)?;
        if !self.hosts.permit(&address) {
            return Err(FileError::Elsewhere);
        }
        self.download(&address).await
    }

    async fn download(&self, address: &str) -> Result<Vec<u8>, FileError> {
        let request = self.http.get(address).bearer_auth(self.token.expose_secret());
        let mut answer = request.send().await.map_err(|_| FileError::Unavailable)?;
        match answer.status().as_u16() {
            200 => {}
            404 | 410 => return Err(FileError::Gone),
            // To its log-in page.
            301..=303 => return Err(FileError::NotPermitted),
            _ => return Err(FileError::Unavailable),
        }
        // To whom may not read it Slack shows its log-in page, with status 200. No list is a web page.
        let kind = answer.headers().get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("text/html")) {
            return Err(FileError::NotPermitted);
        }
        let mut bytes = vec![];
        while let Some(piece) = answer.chunk().await.map_err(|_| FileError::Unavailable)? {
            if bytes.len() + piece.len() > list::LARGEST {
                return Err(FileError::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Puts a file into a thread. Nobody sees it before the last of the three calls, so only a lost answer to that
    /// one can show it twice.
    pub async fn share(&self, file: &ResultFile, thread: &MessageAddress) -> Result<(), SlackError> {
        let upload = self.web.upload_address(&file.name, file.content.len()).await?;
        if !self.hosts.permit(&upload.upload_url) {
            return Err(SlackError::Refused("upload_address_not_slacks".to_owned()));
        }
        let request = self
            .http
            .post(&upload.upload_url)
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .body(file.content.clone());
        match request.send().await.map_err(|_| SlackError::Unclear)?.status().as_u16() {
            200..=299 => {}
            status @ 400..=499 if !matches!(status, 408 | 429) => {
                return Err(SlackError::Refused(format!("upload_{status}")));
            }
            _ => return Err(SlackError::Unclear),
        }
        self.web.share_upload(&upload.file_id, &file.title, thread, &file.comment).await
    }
}
