//! What a ticket number may look like.
//!
//! Guarantees that a pattern is about the whole of a ticket. Leaves the sentence to `sentences`.

use regex::Regex;

/// A pattern that fits whole tickets only; `None` where it is no regular expression.
pub fn whole_ticket(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}
