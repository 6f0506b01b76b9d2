//! E-mail addresses as people may see them.
//!
//! Guarantees that of an address at most the first letter and the domain are seen, also of one in the middle of
//! foreign text. Leaves to its callers who may see a whole one.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// An address of which only the first letter and the domain are seen: `j…@defra.gov.uk`.
pub fn mask(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return "…".to_owned() };
    let mut letters = local.chars();
    match (letters.next(), letters.next()) {
        // The first of two or more letters does not tell the name; an only one does.
        (Some(first), Some(_)) => format!("{first}…@{domain}"),
        _ => format!("…@{domain}"),
    }
}

/// The text with every address in it masked. A name or a reason that a person wrote may hold one.
pub fn without_addresses(text: &str) -> String {
    const ADDRESS: &str = r#"[^\s<>()\[\]{}"',;:!“”«»]+@[^\s<>()\[\]{}"',;:!“”«»]+"#;
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(ADDRESS).ok());
    match &*PATTERN {
        Some(pattern) => pattern.replace_all(text, |found: &Captures<'_>| mask(&found[0])).into_owned(),
        None => text.replace('@', "…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s25_only_the_first_letter_and_the_domain_of_an_address_are_seen() {
        assert_eq!(mask("jo.bloggs@defra.gov.uk"), "j…@defra.gov.uk");
        assert_eq!(mask("j@defra.gov.uk"), "…@defra.gov.uk");
        assert_eq!(mask("@defra.gov.uk"), "…@defra.gov.uk");
        assert_eq!(mask("a@b@c.uk"), "a…@c.uk");
        assert_eq!(mask("no address"), "…");
    }

    #[test]
    fn addresses_in_the_middle_of_a_text_are_masked() {
        for (text, seen) in [
            ("Jo Bloggs", "Jo Bloggs"),
            ("jo@x.gov.uk", "j…@x.gov.uk"),
            ("asked by jo@x.gov.uk.", "asked by j…@x.gov.uk."),
            ("Jo <jo@x.gov.uk>, Al (al@y.gov.uk)", "Jo <j…@x.gov.uk>, Al (a…@y.gov.uk)"),
            ("jo@x.gov.uk,al@y.gov.uk;", "j…@x.gov.uk,a…@y.gov.uk;"),
            ("mailto:jo@x.gov.uk", "mailto:j…@x.gov.uk"),
            ("jo@localhost", "j…@localhost"),
            ("ask @alice at 5 @ home", "ask @alice at 5 @ home"),
            ("«jo@x.gov.uk»", "«j…@x.gov.uk»"),
        ] {
            assert_eq!(without_addresses(text), seen, "{text}");
        }
    }
}
