//! What must not be seen of what a program prints.
//!
//! Guarantees that every line of a command, a service's log or a tunnel goes through here before anybody sees it, and
//! comes out without control characters, without our own secrets, without password hashes, tokens, keys and the
//! passwords in addresses, and with e-mail addresses masked. It hides rather too much than too little. Leaves where
//! lines end to `output`: a secret that a program breaks over two lines is recognised by neither.

mod clean;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::LazyLock;

use regex::Regex;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// What stands in the place of what was taken out.
const MASK: &str = "[hidden]";

/// A line without any of these needs no closer look.
const TELL: &str = r"(?i)[@$]|%40|ey|://|xox|xapp|key|pass|pwd|secret|token|auth|cookie|bearer|hash|akia|asia|[a-z0-9+/=]{60}";

/// What is taken out, in this order, and what takes its place. Sources: what CKAN 2.10 to 2.12 print of a user
/// (`ckan user show`, the parameters in `SQLAlchemy`'s tracebacks), its reset links, and what its configuration holds.
const RULES: [(&str, &str); 10] = [
    // The password of an address, which may itself have an @ or a slash in it.
    (r#"([A-Za-z][A-Za-z0-9+.-]*://)[^\s'"<>]*@"#, "${1}[hidden]@"),
    // A reset link's key.
    (r#"([?&]key=)[^\s&'"<>]+"#, "${1}[hidden]"),
    // A value that stands behind a name, quoted or not.
    (
        concat!(
            r#"(?i)([\w.-]*(?:api[_-]?key|reset[_-]?key|access[_-]?key|private[_-]?key|secret|token|"#,
            r#"password|passwd|passphrase|pwd|authorization|cookie|email[_-]?hash)[\w.-]*\\?["']?\s*[=:]\s*)"#,
            r#"(?:(?:bearer|basic|token)\s+)?"#,
            r#"(?:[ub]?"(?:[^"\\]|\\.)*"?|[ub]?'(?:[^'\\]|\\.)*'?|\\".*?(?:\\"|$)|\S+)"#,
        ),
        "${1}[hidden]",
    ),
    (r"(?i)\b(bearer\s+)\S{8,}", "${1}[hidden]"),
    // Password hashes in the modular crypt format: `$pbkdf2-sha512$…`, `$2b$…`, `$argon2id$…`.
    (r#"\$[A-Za-z0-9-]{1,20}\$[^\s'",;<>]{8,}"#, MASK),
    // CKAN's API tokens: a JSON Web Token, whole or in part.
    (r"\beyJ[\w-]{5,}(?:\.[\w-]*)*|\bey[\w-]+\.[\w-]{8,}\.[\w-]{8,}", MASK),
    (r"\b(?:xox[a-z]|xapp)-[\w-]+", MASK),
    (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", MASK),
    // A line of a key's or a certificate's file.
    (r"^\s*[A-Za-z0-9+/=]{60,}\s*$", MASK),
    // An e-mail address keeps its first letter and its domain.
    (r"(\w)[\w.!#$%&'*+/?^`{|}~-]*(?:@|%40)([\w-]+(?:\.[\w-]+)+)", "${1}…@${2}"),
];

static EXPRESSIONS: LazyLock<Option<Expressions>> = LazyLock::new(Expressions::new);

struct Expressions {
    tell: Regex,
    rules: Vec<(Regex, &'static str)>,
}

impl Expressions {
    fn new() -> Option<Self> {
        let rules: Result<Vec<_>, regex::Error> =
            RULES.into_iter().map(|(rule, instead)| Ok((Regex::new(rule)?, instead))).collect();
        Some(Self { tell: Regex::new(TELL).ok()?, rules: rules.ok()? })
    }
}

/// What is taken out of lines.
#[derive(Debug, Default)]
pub struct Redaction {
    /// Our own secrets.
    secrets: Vec<SecretString>,
}

impl Redaction {
    /// Takes out these secrets of ours beside what is taken out of every line. Of an address with a password in it,
    /// the password alone is one, too.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        let mut all = vec![];
        for secret in secrets {
            all.extend(password(secret.expose_secret()));
            all.push(secret);
        }
        // The longest first: none is hidden in part only because another is a part of it.
        all.sort_by_key(|secret| Reverse(secret.expose_secret().len()));
        all.retain(|secret| !secret.expose_secret().is_empty());
        Self { secrets: all }
    }

    /// The line as it may be seen. Where it was cut, its last word goes too: it may be the beginning of a secret.
    pub fn line(&self, line: &str, is_cut: bool) -> String {
        // Nothing is let through unread.
        let Some(expressions) = &*EXPRESSIONS else { return MASK.to_owned() };
        let mut text = clean::cleaned(line);
        if is_cut {
            text.truncate(text.rfind(char::is_whitespace).unwrap_or(0));
        }
        for secret in &self.secrets {
            let secret = secret.expose_secret();
            if text.contains(secret) {
                text = text.replace(secret, MASK);
            }
        }
        if expressions.tell.is_match(&text) {
            for (rule, instead) in &expressions.rules {
                if rule.is_match(&text) {
                    text = rule.replace_all(&text, *instead).into_owned();
                }
            }
        }
        text
    }
}

/// The password of an address, unless it is so short that ordinary words would be hidden with it.
fn password(address: &str) -> Option<SecretString> {
    const SHORTEST: usize = 8;
    let url = Url::parse(address).ok()?;
    let password = url.password().filter(|password| password.len() >= SHORTEST)?;
    Some(SecretString::from(password))
}
