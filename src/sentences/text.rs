//! Text that people read, with the few things Slack may turn into more than letters.
//!
//! Guarantees that what a person or CKAN wrote can only ever be letters: control, bidirectional and zero-width
//! characters are dropped, and nothing becomes a mention, a link or markup but the spans made here (S17, S18).
//! Leaves layout to `slack::message`.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::ids::UserId;

/// One piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Letters.
    Plain(String),
    /// Letters in bold.
    Bold(String),
    /// Letters in a fixed-width face: what a person may type or compare.
    Code(String),
    /// A person, by an id that was verified.
    Person(UserId),
    /// A moment, shown in the reader's own time zone.
    Moment(Timestamp),
    /// A new line. Foreign text cannot hold one.
    Break,
    /// An address with its label.
    Link {
        /// Where it leads.
        address: String,
        /// What it says.
        label: String,
    },
}

/// A sentence or a few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Letters.
    #[must_use]
    pub fn plain(mut self, words: impl AsRef<str>) -> Self {
        self.0.push(Span::Plain(clean(words.as_ref())));
        self
    }

    /// Letters in bold.
    #[must_use]
    pub fn bold(mut self, words: impl AsRef<str>) -> Self {
        self.0.push(Span::Bold(clean(words.as_ref())));
        self
    }

    /// Letters in a fixed-width face.
    #[must_use]
    pub fn code(mut self, words: impl AsRef<str>) -> Self {
        self.0.push(Span::Code(clean(words.as_ref())));
        self
    }

    /// A new line.
    #[must_use]
    pub fn line_break(mut self) -> Self {
        self.0.push(Span::Break);
        self
    }

    /// A person.
    #[must_use]
    pub fn person(mut self, user: &UserId) -> Self {
        self.0.push(Span::Person(user.clone()));
        self
    }

    /// A moment.
    #[must_use]
    pub fn moment(mut self, at: Timestamp) -> Self {
        self.0.push(Span::Moment(at));
        self
    }

    /// A link.
    #[must_use]
    pub fn link(mut self, address: impl Into<String>, label: impl AsRef<str>) -> Self {
        self.0.push(Span::Link { address: address.into(), label: clean(label.as_ref()) });
        self
    }

    /// Another text behind this one.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The letters alone, for places that know no markup.
    pub fn letters(&self) -> String {
        self.0
            .iter()
            .map(|span| match span {
                Span::Plain(words) | Span::Bold(words) | Span::Code(words) => words.clone(),
                Span::Person(user) => user.to_string(),
                Span::Moment(at) => in_utc(*at),
                Span::Break => " ".to_owned(),
                Span::Link { label, .. } => label.clone(),
            })
            .collect()
    }

    /// The text in Slack's own notation, everything foreign escaped: for `text`, which screen readers and
    /// notifications read (Slack: escape only `&`, `<`, `>`).
    pub fn notation(&self) -> String {
        let mut out = String::new();
        for span in &self.0 {
            // Writing to a String cannot fail.
            let _ = match span {
                Span::Plain(words) | Span::Bold(words) | Span::Code(words) => {
                    out.push_str(&escape(words));
                    Ok(())
                }
                Span::Break => {
                    out.push('\n');
                    Ok(())
                }
                Span::Person(user) => write!(out, "<@{}>", escape(user.as_str())),
                Span::Moment(at) => {
                    let seconds = at.as_second();
                    write!(out, "<!date^{seconds}^{{date_short_pretty}} at {{time}}|{}>", in_utc(*at))
                }
                Span::Link { address, label } => write!(out, "<{}|{}>", escape(address), escape(label)),
            };
        }
        out
    }
}

/// A sentence in which words in backquotes stand in a fixed-width face. That is the only markup a sentence can hold,
/// and it is harmless in foreign text.
impl From<&str> for Text {
    fn from(sentence: &str) -> Self {
        let parts: Vec<&str> = sentence.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return Self::new().plain(sentence);
        }
        parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty()).fold(
            Self::new(),
            |text, (index, part)| if index % 2 == 1 { text.code(part) } else { text.plain(part) },
        )
    }
}

impl From<String> for Text {
    fn from(sentence: String) -> Self {
        Self::from(sentence.as_str())
    }
}

/// A moment for places that know no time zone: `21 Nov 2026 14:05 UTC`.
pub fn in_utc(at: Timestamp) -> String {
    at.strftime("%-d %b %Y %H:%M UTC").to_string()
}

/// Foreign text as letters on one line: every kind of white space is a space, and what shows nothing or could make
/// text look like something else is dropped (S17).
pub fn clean(words: &str) -> String {
    words
        .chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !letter.is_control() && !is_invisible(*letter))
        .collect()
}

/// Characters that show nothing, or turn the direction of others.
pub fn is_invisible(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x00AD
            | 0x034F
            | 0x061C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0x1_BCA0..=0x1_BCA3
            | 0x1_D173..=0x1_D17A
            | 0xE_0000..=0xE_0FFF
    )
}

/// Slack's three characters.
pub fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_s18_foreign_text_stays_letters() {
        let text = Text::new().plain("a\u{202E}b\u{200B}c\u{7} <!channel> & <@U1>");
        assert_eq!(text.notation(), "abc &lt;!channel&gt; &amp; &lt;@U1&gt;");
    }

    #[test]
    fn words_in_backquotes_stand_in_a_fixed_width_face() {
        assert_eq!(
            Text::from("type `/ckan help` now"),
            Text::new().plain("type ").code("/ckan help").plain(" now")
        );
        assert_eq!(Text::from("A stray ` stays."), Text::new().plain("A stray ` stays."));
        assert_eq!(Text::from("`x`"), Text::new().code("x"));
        assert_eq!(Text::from(""), Text::new());
    }

    #[test]
    fn s17_foreign_text_cannot_add_a_line() {
        let title = Text::new().plain("Roads\nAsked by: the publisher\u{2028}State: draft\u{3164}");
        assert_eq!(title.notation(), "Roads Asked by: the publisher State: draft");
        assert_eq!(Text::new().plain("a").line_break().plain("b").notation(), "a\nb");
    }

    #[test]
    fn spans_become_slacks_notation() {
        let text = Text::new()
            .person(&UserId::new("U1"))
            .plain(" until ")
            .moment(Timestamp::from_second(1_800_000_000).unwrap())
            .plain(" ")
            .link("https://example.org/1", "ticket <1>");
        insta::assert_snapshot!(
            text.notation(),
            @"<@U1> until <!date^1800000000^{date_short_pretty} at {time}|15 Jan 2027 08:00 UTC> <https://example.org/1|ticket &lt;1&gt;>"
        );
    }
}
