//! An e-mail address as somebody typed it: an account's new one, or that of whoever asked for a change.
//!
//! Guarantees one plain address by CKAN's own rule (ckan/logic/validators.py, `email_validator`) and RFC 5321's
//! lengths, without a display name, letters of another alphabet or a domain that is shown otherwise than it is written;
//! and that no sentence and no `Debug` repeats it. Leaves the allowed domains and who has it already to the plan.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// RFC 5321, 4.5.3.1.
const LONGEST_LOCAL: usize = 64;
const LONGEST: usize = 254;

/// An address, with the capitals that it was typed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NewAddress(String);

/// Why a text is no address; its text is the sentence to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnAddress(String);

impl NewAddress {
    /// An address that CKAN already had.
    pub fn kept(address: &str) -> Self {
        Self(address.to_owned())
    }

    /// With the capitals that it was typed with.
    pub fn as_typed(&self) -> &str {
        &self.0
    }

    /// In small letters.
    pub fn in_small_letters(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Debug for NewAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[address]")
    }
}

impl TryFrom<String> for NewAddress {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NewAddress> for String {
    fn from(address: NewAddress) -> Self {
        address.0
    }
}

impl FromStr for NewAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = bare(text);
        match objection(address) {
            None => Ok(Self(address.to_owned())),
            Some(objection) => Err(NotAnAddress(objection)),
        }
    }
}

/// What stands in the brackets of `Jo Bloggs <jo@example.gov.uk>` and of `<mailto:jo@example.gov.uk|…>`.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inside = match (text.rfind('<'), text.ends_with('>')) {
        (Some(start), true) => text.get(start + 1..text.len() - 1).unwrap_or_default(),
        _ => text,
    };
    let inside = inside.split_once('|').map_or(inside, |(address, _)| address);
    inside.strip_prefix("mailto:").unwrap_or(inside).trim()
}

fn objection(address: &str) -> Option<String> {
    let say = |sentence: &str| Some(sentence.to_owned());
    if address.is_empty() {
        return say("Say the address, for example jo.bloggs@example.gov.uk.");
    }
    if let Some(letter) = address.chars().find(|letter| !letter.is_ascii()) {
        return Some(format!(
            "The address has a character that is not on a plain keyboard: {}. It may only look like the letter that is \
             meant. Type the whole address by hand.",
            named(letter)
        ));
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return say("An e-mail address has an @ in it. Type it in full, like jo.bloggs@example.gov.uk.");
    };
    if local.contains('@') || address.contains([',', ';', ' ']) {
        return say("One address, please: there is more than one, or a blank, comma or second @ in it.");
    }
    if local.len() > LONGEST_LOCAL || address.len() > LONGEST {
        return say("That is longer than an e-mail address can be. Check it against the ticket.");
    }
    if domain.split('.').any(|label| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))) {
        return say(
            "The address's domain begins with xn--, which stands for letters of another alphabet: it is shown \
             otherwise than it is written. The bot takes no such address.",
        );
    }
    if domain.ends_with(['.', '!', '?', ')', ':']) || local.starts_with('(') {
        return say("There is a punctuation mark around the address. Type it without.");
    }
    if !is_local(local) {
        return say(
            "What stands before the @ is not what an address can have there. Check it against the ticket.",
        );
    }
    if !is_domain(domain) {
        return say(
            "What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.",
        );
    }
    None
}

/// CKAN's rule: what HTML takes for an address, and no dot at an end or beside another.
fn is_local(local: &str) -> bool {
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(is_label)
        && last.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A character, where it can be seen, with its number.
fn named(letter: char) -> String {
    let number = format!("U+{:04X}", u32::from(letter));
    if crate::sentences::text::is_invisible(letter) || letter.is_control() || letter.is_whitespace() {
        format!("one that cannot be seen ({number})")
    } else {
        format!("“{letter}” ({number})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_found_however_it_was_pasted() {
        for text in [
            "jo.bloggs@defra.gov.uk",
            "  jo.bloggs@defra.gov.uk\t",
            "Jo Bloggs <jo.bloggs@defra.gov.uk>",
            "\"Bloggs, Jo\" <jo.bloggs@defra.gov.uk>",
            "<jo.bloggs@defra.gov.uk>",
            "<mailto:jo.bloggs@defra.gov.uk|jo.bloggs@defra.gov.uk>",
            "mailto:jo.bloggs@defra.gov.uk",
            "Jo <mailto:jo.bloggs@defra.gov.uk|Jo>",
        ] {
            assert_eq!(text.parse::<NewAddress>().unwrap().as_typed(), "jo.bloggs@defra.gov.uk", "{text}");
        }
        for address in ["o'neil+ckan@a-b.gov.uk", "x@y.uk", "jo@nhs.net", "1@2.a3"] {
            assert!(address.parse::<NewAddress>().is_ok(), "{address}");
        }
        let typed: NewAddress = "Jo.Bloggs@DEFRA.gov.uk".parse().unwrap();
        assert_eq!(typed.in_small_letters(), "jo.bloggs@defra.gov.uk");
        assert_eq!(
            serde_json::from_value::<NewAddress>(serde_json::to_value(&typed).unwrap()).unwrap(),
            typed
        );
        assert_eq!(format!("{typed:?}"), "[address]");
    }

    #[test]
    fn what_is_no_address_is_answered_in_words() {
        let long = format!("{}@example.gov.uk", "a".repeat(65));
        let longer = format!("a@{}.gov.uk", vec!["b".repeat(60); 5].join("."));
        let wrong = [
            "",
            " ",
            "<>",
            "jo",
            "jo@",
            "@defra.gov.uk",
            "jo@defra",
            "jo@defra.gov.uk, al@defra.gov.uk",
            "jo@al@defra.gov.uk",
            "jo bloggs@defra.gov.uk",
            "jo@defra.gov.uk.",
            "(jo@defra.gov.uk)",
            ".jo@defra.gov.uk",
            "jo.@defra.gov.uk",
            "j..o@defra.gov.uk",
            "\"jo\"@defra.gov.uk",
            "jo@[127.0.0.1]",
            "jo@10.0.0.1",
            "jo@-defra.gov.uk",
            "jo@defra..gov.uk",
            "jо@defra.gov.uk",
            "jo@dеfra.gov.uk",
            "jo＠defra.gov.uk",
            "jo@defra。gov.uk",
            "jo\u{200b}@defra.gov.uk",
            "jo@xn--dfra-y8d.gov.uk",
            "jo@GOV.XN--P1AI",
            long.as_str(),
            longer.as_str(),
        ];
        let said: Vec<String> = wrong
            .iter()
            .map(|text| {
                let why = text.parse::<NewAddress>().unwrap_err().to_string();
                assert!(text.len() < 6 || !why.contains(text), "no sentence repeats it: {why}");
                let shown: String = text.chars().take(34).collect();
                format!("{shown:?}: {why}")
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        "": Say the address, for example jo.bloggs@example.gov.uk.
        " ": Say the address, for example jo.bloggs@example.gov.uk.
        "<>": Say the address, for example jo.bloggs@example.gov.uk.
        "jo": An e-mail address has an @ in it. Type it in full, like jo.bloggs@example.gov.uk.
        "jo@": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "@defra.gov.uk": What stands before the @ is not what an address can have there. Check it against the ticket.
        "jo@defra": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "jo@defra.gov.uk, al@defra.gov.uk": One address, please: there is more than one, or a blank, comma or second @ in it.
        "jo@al@defra.gov.uk": One address, please: there is more than one, or a blank, comma or second @ in it.
        "jo bloggs@defra.gov.uk": One address, please: there is more than one, or a blank, comma or second @ in it.
        "jo@defra.gov.uk.": There is a punctuation mark around the address. Type it without.
        "(jo@defra.gov.uk)": There is a punctuation mark around the address. Type it without.
        ".jo@defra.gov.uk": What stands before the @ is not what an address can have there. Check it against the ticket.
        "jo.@defra.gov.uk": What stands before the @ is not what an address can have there. Check it against the ticket.
        "j..o@defra.gov.uk": What stands before the @ is not what an address can have there. Check it against the ticket.
        "\"jo\"@defra.gov.uk": What stands before the @ is not what an address can have there. Check it against the ticket.
        "jo@[127.0.0.1]": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "jo@10.0.0.1": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "jo@-defra.gov.uk": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "jo@defra..gov.uk": What stands behind the @ is not a whole domain, like example.gov.uk. Check it against the ticket.
        "jо@defra.gov.uk": The address has a character that is not on a plain keyboard: “о” (U+043E). It may only look like the letter that is meant. Type the whole address by hand.
        "jo@dеfra.gov.uk": The address has a character that is not on a plain keyboard: “е” (U+0435). It may only look like the letter that is meant. Type the whole address by hand.
        "jo＠defra.gov.uk": The address has a character that is not on a plain keyboard: “＠” (U+FF20). It may only look like the letter that is meant. Type the whole address by hand.
        "jo@defra。gov.uk": The address has a character that is not on a plain keyboard: “。” (U+3002). It may only look like the letter that is meant. Type the whole address by hand.
        "jo\u{200b}@defra.gov.uk": The address has a character that is not on a plain keyboard: one that cannot be seen (U+200B). It may only look like the letter that is meant. Type the whole address by hand.
        "jo@xn--dfra-y8d.gov.uk": The address's domain begins with xn--, which stands for letters of another alphabet: it is shown otherwise than it is written. The bot takes no such address.
        "jo@GOV.XN--P1AI": The address's domain begins with xn--, which stands for letters of another alphabet: it is shown otherwise than it is written. The bot takes no such address.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": That is longer than an e-mail address can be. Check it against the ticket.
        "a@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb": That is longer than an e-mail address can be. Check it against the ticket.
        "#);
    }
}
