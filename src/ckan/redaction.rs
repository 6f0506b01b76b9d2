//! What must not be seen of what a program prints.
//!
//! Guarantees that every line of a command, a service's log or a tunnel goes through here before anybody sees it, and
//! comes out without control characters, without our own secrets, without password hashes, tokens and keys, and with
//! e-mail addresses masked. Leaves where lines end to `output`.

use std::sync::LazyLock;

use regex::Regex;
use secrecy::{ExposeSecret as _, SecretString};

/// What stands in the place of what was taken out.
const MASK: &str = "[hidden]";

/// What is taken out of lines.
#[derive(Debug, Default)]
pub struct Redaction {
    /// Our own secrets.
    secrets: Vec<SecretString>,
}

impl Redaction {
    /// Takes out these secrets of ours beside what is taken out of every line.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        Self { secrets: secrets.into_iter().filter(|secret| !secret.expose_secret().is_empty()).collect() }
    }

    /// The line as it may be seen. Where it was cut, its last word goes too: it may be the beginning of a secret.
    pub fn line(&self, line: &str, is_cut: bool) -> String {
        static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\S+@\S+").ok());
        let mut text = line.to_owned();
        if is_cut {
            text.truncate(text.rfind(char::is_whitespace).unwrap_or(0));
        }
        for secret in &self.secrets {
            text = text.replace(secret.expose_secret(), MASK);
        }
        match &*EMAIL {
            Some(email) => email.replace_all(&text, MASK).into_owned(),
            None => MASK.to_owned(),
        }
    }
}
