//! Files: those that people attach, and those that the app uploads in three steps.
//!
//! It guarantees that an upload address works once and for the announced length, that a file is shared once, and
//! that the app knows only its own files and those that a submission gave it. Who may share where is decided by `api`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The largest file that a modal takes.
pub(super) const LARGEST_ATTACHMENT: usize = 10 * 1024 * 1024;

/// One file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) user: String,
    pub(super) content: Vec<u8>,
    pub(super) created_s: i64,
    /// The app may read it.
    pub(super) known_to_app: bool,
    /// Where it was shared: channels.
    pub(super) channels: Vec<String>,
}

impl File {
    /// The ending of its name, small.
    pub(super) fn ending(&self) -> String {
        self.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn media_type(&self) -> &'static str {
        match self.ending().as_str() {
            "txt" => "text/plain",
            "csv" => "text/csv",
            _ => "application/octet-stream",
        }
    }

    /// Slack's file object.
    pub(super) fn object(&self, base: &str, team: &str) -> Value {
        let (kind, pretty) = match self.ending().as_str() {
            "txt" => ("text", "Plain Text"),
            "csv" => ("csv", "CSV"),
            _ => ("binary", "Binary"),
        };
        let private = format!("{base}/files-pri/{team}-{}", self.id);
        json!({
            "id": self.id,
            "created": self.created_s,
            "timestamp": self.created_s,
            "name": self.name,
            "title": self.title,
            "mimetype": self.media_type(),
            "filetype": kind,
            "pretty_type": pretty,
            "user": self.user,
            "user_team": team,
            "editable": false,
            "size": self.content.len(),
            "mode": "hosted",
            "is_external": false,
            "external_type": "",
            "is_public": false,
            "public_url_shared": false,
            "display_as_bot": false,
            "username": "",
            "url_private": format!("{private}/{}", self.name),
            "url_private_download": format!("{private}/download/{}", self.name),
            "channels": self.channels,
            "groups": [],
            "ims": [],
        })
    }
}

/// What was announced by `files.getUploadURLExternal`.
#[derive(Debug)]
struct Ticket {
    token: String,
    file: File,
    length: usize,
    uploaded: bool,
}

/// Every file and every upload that has not ended.
#[derive(Debug, Default)]
pub(super) struct Files {
    all: BTreeMap<String, File>,
    tickets: Vec<Ticket>,
}

impl Files {
    pub(super) fn get(&self, id: &str) -> Option<&File> {
        self.all.get(id)
    }

    pub(super) fn add(&mut self, file: File) {
        self.all.insert(file.id.clone(), file);
    }

    /// A file that a submission hands to the app.
    pub(super) fn give_to_app(&mut self, id: &str) {
        if let Some(file) = self.all.get_mut(id) {
            file.known_to_app = true;
        }
    }

    /// Announces an upload of so many bytes.
    pub(super) fn announce(&mut self, token: String, file: File, length: usize) {
        self.tickets.push(Ticket { token, file, length, uploaded: false });
    }

    /// Takes the bytes of an announced upload.
    pub(super) fn upload(&mut self, token: &str, bytes: &[u8]) -> Result<String, &'static str> {
        let ticket = self.tickets.iter_mut().find(|ticket| ticket.token == token && !ticket.uploaded);
        let ticket = ticket.ok_or("no_such_upload")?;
        if bytes.len() != ticket.length {
            return Err("length_mismatch");
        }
        ticket.file.content = bytes.to_vec();
        ticket.uploaded = true;
        Ok(ticket.file.id.clone())
    }

    /// Whether this upload can be ended.
    pub(super) fn is_uploaded(&self, id: &str) -> bool {
        self.tickets.iter().any(|ticket| ticket.file.id == id && ticket.uploaded)
    }

    /// Ends an upload.
    pub(super) fn complete(&mut self, id: &str, title: Option<&str>, channel: Option<&str>) -> Option<File> {
        let at = self.tickets.iter().position(|ticket| ticket.file.id == id && ticket.uploaded)?;
        let mut file = self.tickets.remove(at).file;
        if let Some(title) = title {
            title.clone_into(&mut file.title);
        }
        file.channels.extend(channel.map(str::to_owned));
        self.add(file.clone());
        Some(file)
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Files};

    #[test]
    fn an_upload_address_takes_its_length_once_and_is_completed_once() {
        let mut files = Files::default();
        let file = File {
            id: "F1".into(),
            name: "a.csv".into(),
            title: "a.csv".into(),
            user: "U0BOT".into(),
            content: Vec::new(),
            created_s: 0,
            known_to_app: true,
            channels: Vec::new(),
        };
        files.announce("t".into(), file, 3);
        assert!(!files.is_uploaded("F1"));
        assert_eq!(files.upload("t", b"ab"), Err("length_mismatch"));
        assert_eq!(files.upload("x", b"abc"), Err("no_such_upload"));
        assert_eq!(files.upload("t", b"abc"), Ok("F1".into()));
        assert_eq!(files.upload("t", b"abc"), Err("no_such_upload"));
        assert_eq!(files.complete("F1", Some("A"), Some("C1")).unwrap().title, "A");
        assert!(files.complete("F1", None, None).is_none());
        assert_eq!(files.get("F1").unwrap().content, b"abc");
    }
}
