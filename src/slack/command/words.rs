//! From what Slack delivers to the words that a person meant.
//!
//! Guarantees that words hold no control, bidi or zero-width characters, that Slack's wrappings and the typography
//! of phones and word processors are undone, and that a quoted part is one word. Leaves the meaning of words to
//! `grammar`. Written here because a shell's word splitter takes `#51234` for a comment and `it's` for an open quote.

use crate::sentences::text::is_invisible;
use unicode_normalization::UnicodeNormalization as _;

/// One word, or one quoted text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// The text without quotation marks.
    pub(super) text: String,
    /// True where invisible characters were taken out of it.
    pub(super) had_invisible: bool,
    /// True where any of it stood in quotation marks.
    pub(super) quoted: bool,
}

/// Why a text has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A control character, its code.
    Control(u32),
    /// A quotation mark that nothing closes.
    OpenQuote,
}

/// The words of a command text.
pub(super) fn words(text: &str) -> Result<Vec<Word>, Unreadable> {
    let letters = clean(&super::markup::unwrap(text))?;
    Splitter { letters: &letters, at: 0 }.split()
}

/// A text of a modal's field without Slack's wrappings, its invisible characters still in it.
pub(super) fn unwrapped(text: &str) -> String {
    super::markup::unwrap(text)
}

/// The same for a text that is one piece, from a modal's field.
pub(super) fn one_text(text: &str) -> Result<String, Unreadable> {
    Ok(clean(text)?.into_iter().filter(|letter| !is_invisible(*letter)).collect::<String>().trim().to_owned())
}

/// Composed, with plain spaces and without control characters. Invisible characters stay for now.
fn clean(text: &str) -> Result<Vec<char>, Unreadable> {
    text.nfc()
        .map(|letter| match letter {
            _ if letter.is_whitespace() => Ok(' '),
            _ if letter.is_control() => Err(Unreadable::Control(u32::from(letter))),
            _ => Ok(letter),
        })
        .collect()
}

/// Dashes that programs make out of `--` and `-`.
fn is_long_dash(letter: char) -> bool {
    matches!(letter, '\u{2012}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}' | '\u{2011}')
}

/// A quotation mark: whether it is a double one, and whether it is typographic.
fn mark(letter: char) -> Option<(bool, bool)> {
    match letter {
        '"' => Some((true, false)),
        '\'' => Some((false, false)),
        '\u{201C}'..='\u{201F}' => Some((true, true)),
        '\u{2018}'..='\u{201B}' => Some((false, true)),
        _ => None,
    }
}

struct Splitter<'l> {
    letters: &'l [char],
    at: usize,
}

impl Splitter<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn split(mut self) -> Result<Vec<Word>, Unreadable> {
        let mut words = vec![];
        while let Some(letter) = self.peek(0) {
            if letter == ' ' {
                self.at += 1;
            } else {
                let word = self.word()?;
                // A word of nothing but invisible characters is no word.
                if !word.text.is_empty() || word.quoted {
                    words.push(word);
                }
            }
        }
        Ok(words)
    }

    fn word(&mut self) -> Result<Word, Unreadable> {
        let mut word = Word::default();
        while let Some(letter) = self.peek(0).filter(|letter| *letter != ' ') {
            let opens = word.text.is_empty() && !word.quoted || word.text.ends_with('=');
            if is_invisible(letter) {
                word.had_invisible = true;
                self.at += 1;
            } else if let Some((double, typographic)) = mark(letter).filter(|_| opens) {
                self.at += 1;
                self.quoted(&mut word, double, typographic)?;
            } else if word.text.is_empty() && !word.quoted && (is_hyphen(letter) || is_long_dash(letter)) {
                self.leading_dashes(&mut word);
            } else {
                match letter {
                    // In a name this can only have been two hyphens.
                    '\u{2014}' => word.text.push_str("--"),
                    '\u{2010}' | '\u{2011}' => word.text.push('-'),
                    _ => word.text.push(letter),
                }
                self.at += 1;
            }
        }
        Ok(word)
    }

    /// `—reason` is `--reason`, `–r` is `-r`.
    fn leading_dashes(&mut self, word: &mut Word) {
        let mut plain = 0;
        let mut long = 0;
        while let Some(letter) = self.peek(0) {
            if is_hyphen(letter) {
                plain += 1;
            } else if is_long_dash(letter) {
                long += 1;
            } else {
                break;
            }
            self.at += 1;
        }
        let is_one_letter = self.peek(0).is_some_and(char::is_alphanumeric)
            && self.peek(1).is_none_or(|next| next == ' ' || next == '=');
        let dashes = match (plain, long) {
            (plain, 0) => plain,
            _ if is_one_letter => 1,
            _ => 2,
        };
        word.text.extend(std::iter::repeat_n('-', dashes));
    }

    /// The rest of a quoted part, after its opening mark.
    fn quoted(&mut self, word: &mut Word, double: bool, typographic: bool) -> Result<(), Unreadable> {
        word.quoted = true;
        loop {
            let letter = self.peek(0).ok_or(Unreadable::OpenQuote)?;
            if letter == '\\' && self.peek(1).is_some_and(|next| mark(next).is_some() || next == '\\') {
                word.text.extend(self.peek(1));
                self.at += 2;
            } else if self.closes(letter, double, typographic) {
                self.at += 1;
                return Ok(());
            } else {
                if is_invisible(letter) {
                    word.had_invisible = true;
                } else {
                    word.text.push(letter);
                }
                self.at += 1;
            }
        }
    }

    /// A mark of the opening kind closes, unless it is an apostrophe. A straight one for a typographic one, or the
    /// reverse, closes only where no better one follows: phones mix them, and people quote inside of quotes.
    fn closes(&self, letter: char, double: bool, typographic: bool) -> bool {
        let Some((is_double, is_typographic)) = mark(letter) else { return false };
        if is_double != double || (!double && self.peek(1).is_some_and(char::is_alphanumeric)) {
            return false;
        }
        let rest = self.letters.get(self.at + 1..).unwrap_or_default();
        is_typographic == typographic || !rest.iter().any(|later| mark(*later) == Some((double, typographic)))
    }
}
