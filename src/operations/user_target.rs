//! Which account somebody means: a log-in name, a UUID, or the address of its page.
//!
//! Guarantees that an empty or mistyped name is refused with a sentence that says what to type instead, and that an
//! e-mail address is never taken for a name: several accounts may have it. Leaves to the plan that there is such an
//! account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::target::NotATarget;

/// The account that somebody named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserTarget(String);

impl UserTarget {
    /// The account of this UUID.
    pub fn of(id: Uuid) -> Self {
        Self(id.to_string())
    }

    /// The name or UUID, as CKAN takes it.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return from_address(text);
        }
        key(text)
    }
}

impl TryFrom<String> for UserTarget {
    type Error = NotATarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<UserTarget> for String {
    fn from(target: UserTarget) -> Self {
        target.0
    }
}

impl fmt::Display for UserTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name in `…/user/<name>` or `…/user/edit/<name>`.
fn from_address(text: &str) -> Result<UserTarget, NotATarget> {
    let no_user = || {
        NotATarget::new(
            "This address is not a user's page. Paste one that has /user/ and the name in it, or type the name.",
        )
    };
    let url = Url::parse(text).map_err(|_| no_user())?;
    let mut parts = url.path_segments().ok_or_else(no_user)?.filter(|part| !part.is_empty()).peekable();
    parts.find(|part| *part == "user").ok_or_else(no_user)?;
    while parts.next_if(|part| matches!(*part, "edit" | "activity" | "api-tokens" | "delete")).is_some() {}
    key(parts.next().ok_or_else(no_user)?)
}

/// The text as a key. Names from before CKAN's rule for them have capitals and dots.
fn key(text: &str) -> Result<UserTarget, NotATarget> {
    if let Ok(id) = text.parse::<Uuid>()
        && text.len() == 36
    {
        return Ok(UserTarget::of(id));
    }
    let is_name = (2..=100).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name {
        return Ok(UserTarget(text.to_owned()));
    }
    Err(NotATarget::new(objection(text)))
}

fn objection(text: &str) -> &'static str {
    if text.is_empty() {
        "Say which user: the log-in name, the UUID, or the address of the user's page."
    } else if text.contains('@') {
        "That is an e-mail address, which several accounts may have. Type the log-in name or the UUID; `/ckan user \
         find` finds them."
    } else if text.starts_with('-') {
        "A log-in name does not begin with a dash. Type it as `/ckan user find` shows it."
    } else if text.chars().count() < 2 {
        "A log-in name has at least two characters. Type it as `/ckan user find` shows it."
    } else if text.chars().count() > 100 {
        "A log-in name has at most 100 characters. Type it as `/ckan user find` shows it, or give the UUID."
    } else {
        "A log-in name has only the letters a to z, digits, -, _ and dots. Type it as `/ckan user find` shows it, or \
         give the UUID."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "98b48282-0a09-5590-954a-9818be2884bc";

    #[test]
    fn names_uuids_and_addresses_are_understood() {
        for (text, key) in [
            ("dft-editor", "dft-editor"),
            (" user_d1234 ", "user_d1234"),
            ("Jo.Bloggs", "Jo.Bloggs"),
            ("98B48282-0A09-5590-954A-9818BE2884BC", ID),
            ("https://ckan.example.org/user/dft-editor", "dft-editor"),
            ("https://ckan.example.org/data/cy/user/edit/dft-editor?x=1", "dft-editor"),
            ("https://ckan.example.org/user/activity/dft-editor/0", "dft-editor"),
        ] {
            let target: UserTarget = text.parse().unwrap();
            assert_eq!(target.key(), key, "{text}");
            let frozen = serde_json::to_value(&target).unwrap();
            assert_eq!(serde_json::from_value::<UserTarget>(frozen).unwrap(), target);
        }
    }

    #[test]
    fn hazard_1_what_is_no_user_is_answered_with_what_to_type() {
        let long = "a".repeat(101);
        let wrong = [
            "",
            " ",
            "-rf",
            "x",
            long.as_str(),
            "jo@example.org",
            "jo bloggs",
            "jо",
            "https://ckan.example.org/user/",
            "https://ckan.example.org/dataset/x1",
            "http://",
        ];
        let said: Vec<String> = wrong
            .iter()
            .map(|text| {
                let shown: String = text.chars().take(36).collect();
                format!("{shown:?}: {}", text.parse::<UserTarget>().unwrap_err())
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        "": Say which user: the log-in name, the UUID, or the address of the user's page.
        " ": Say which user: the log-in name, the UUID, or the address of the user's page.
        "-rf": A log-in name does not begin with a dash. Type it as `/ckan user find` shows it.
        "x": A log-in name has at least two characters. Type it as `/ckan user find` shows it.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": A log-in name has at most 100 characters. Type it as `/ckan user find` shows it, or give the UUID.
        "jo@example.org": That is an e-mail address, which several accounts may have. Type the log-in name or the UUID; `/ckan user find` finds them.
        "jo bloggs": A log-in name has only the letters a to z, digits, -, _ and dots. Type it as `/ckan user find` shows it, or give the UUID.
        "jо": A log-in name has only the letters a to z, digits, -, _ and dots. Type it as `/ckan user find` shows it, or give the UUID.
        "https://ckan.example.org/user/": This address is not a user's page. Paste one that has /user/ and the name in it, or type the name.
        "https://ckan.example.org/dataset/x1": This address is not a user's page. Paste one that has /user/ and the name in it, or type the name.
        "http://": This address is not a user's page. Paste one that has /user/ and the name in it, or type the name.
        "#);
    }
}
