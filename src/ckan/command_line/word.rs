//! The words that may stand behind a configured command.
//!
//! Guarantees that a word is either written in this program's source, or an id, or a value in which nothing can be
//! taken for a flag, for nothing, or for more than one line. Leaves to its callers whether the value means what they
//! think: a name of CKAN's is resolved before it comes here.

use std::fmt;

use uuid::Uuid;

/// The longest value, in bytes. CKAN's longest identifiers have 100 characters, an e-mail address 254.
const LONGEST_VALUE: usize = 1_024;

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Literal(&'static str),
    Id(Uuid),
    Value(String),
}

/// A value that is not passed to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAWord {
    /// Nothing, or blanks only.
    #[error("it is empty")]
    Empty,
    /// The command would take it for a flag.
    #[error("it begins with a dash")]
    Dash,
    /// A line break, a control character, one that shows nothing, or blanks at an end.
    #[error("it has characters that cannot be seen")]
    Unseen,
    /// Longer than anything that is meant.
    #[error("it is longer than {LONGEST_VALUE} bytes")]
    TooLong,
}

impl Word {
    /// A word of ours. The only one that may be a flag: it stands in the source, where it can be reviewed.
    pub const fn literal(text: &'static str) -> Self {
        Self(Kind::Literal(text))
    }

    /// An id of CKAN's.
    pub const fn id(id: Uuid) -> Self {
        Self(Kind::Id(id))
    }

    /// A value that somebody gave, or that CKAN told.
    pub fn value(text: &str) -> Result<Self, NotAWord> {
        if text.trim().is_empty() {
            return Err(NotAWord::Empty);
        }
        if text.starts_with(is_dash) {
            return Err(NotAWord::Dash);
        }
        if text.trim() != text || text.chars().any(|letter| letter.is_control() || is_unseen(letter)) {
            return Err(NotAWord::Unseen);
        }
        if text.len() > LONGEST_VALUE {
            return Err(NotAWord::TooLong);
        }
        Ok(Self(Kind::Value(text.to_owned())))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Literal(text) => f.write_str(text),
            Kind::Id(id) => write!(f, "{}", id.hyphenated()),
            Kind::Value(text) => f.write_str(text),
        }
    }
}

/// A hyphen, or what a word processor or Slack puts in its place.
fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Characters of no width, and those that turn the direction of what follows.
pub(in crate::ckan) fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The words as a POSIX shell has to be given them: each in single quotes, so that nothing in it means anything.
pub(super) fn quoted(word: &Word) -> String {
    format!("'{}'", word.to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hazard_1_an_empty_or_blank_or_dash_leading_value_is_no_word() {
        for text in ["", " ", "\t", "\n", "\u{a0}", "\u{2003}"] {
            assert_eq!(Word::value(text), Err(NotAWord::Empty), "{text:?}");
        }
        for text in ["-", "-r", "--force", "\u{2013}force", "\u{2014}", "\u{2212}1", "\u{ff0d}x"] {
            assert_eq!(Word::value(text), Err(NotAWord::Dash), "{text:?}");
        }
        for text in [" a", "a ", " -r", "a\nb", "a\0b", "a\u{1b}[2J", "a\u{200b}", "\u{202e}a", "\u{feff}a"] {
            assert_eq!(Word::value(text), Err(NotAWord::Unseen), "{text:?}");
        }
        assert_eq!(Word::value(&"a".repeat(LONGEST_VALUE + 1)), Err(NotAWord::TooLong));
        for text in ["a", "north-yorkshire", "a b", "O'Neil", "$(id)", "x@example.gov.uk", "żółw"] {
            assert_eq!(Word::value(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_id_is_written_as_ckan_writes_it() {
        let id = Uuid::from_u128(0x0b1c_2d3e_4f50_6172_8394_a5b6_c7d8_e9fa);
        assert_eq!(Word::id(id).to_string(), "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa");
    }

    #[test]
    fn hazard_4_only_a_literal_of_ours_can_be_a_flag() {
        assert_eq!(Word::literal("--only-missing").to_string(), "--only-missing");
        assert!(Word::value("--only-missing").is_err());
        assert!(Word::value("-c").is_err());
    }
}
