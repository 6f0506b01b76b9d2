//! A program's line without what is meant for a terminal.
//!
//! Guarantees that nothing is left in it which is not seen or turns what is seen: neither colours and cursor
//! movements nor control characters, and no characters without width. Leaves secrets to the rules.

use crate::ckan::command_line::is_unseen;

const ESCAPE: char = '\u{1b}';
/// Ends what a terminal is told, as an escape sequence of its own does.
const BELL: char = '\u{7}';

/// The line as it can be read.
pub(super) fn cleaned(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ESCAPE => skip_sequence(&mut letters),
            '\t' => text.push(' '),
            _ if letter.is_control() || is_unseen(letter) => {}
            _ => text.push(letter),
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Leaves out the rest of an escape sequence (ECMA-48).
fn skip_sequence(letters: &mut impl Iterator<Item = char>) {
    match letters.next() {
        // Parameters, then one letter that ends it.
        Some('[') => {
            letters.find(|letter| ('@'..='~').contains(letter));
        }
        // A text for the terminal itself, such as the window's title.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(letter) = letters.next() {
                if letter == BELL || (letter == ESCAPE && letters.next() == Some('\\')) {
                    break;
                }
            }
        }
        _ => {}
    }
}
