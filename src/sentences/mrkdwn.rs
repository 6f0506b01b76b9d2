//! Slack's own markup, in the few forms that sentences use.
//!
//! Guarantees that escaped text can neither mention anybody nor pretend to be a link. Leaves the decision what has to
//! be escaped to its callers: everything that a person or CKAN wrote.

use jiff::Timestamp;

use crate::ids::UserId;

/// Text of others, made harmless.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A person, shown by Slack with the present name.
pub fn user(user: &UserId) -> String {
    format!("<@{}>", escape(user.as_str()))
}

/// A moment, shown by Slack in the reader's own time zone.
pub fn moment(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d %H:%M UTC");
    format!("<!date^{}^{{date_short_pretty}} at {{time}}|{fallback}>", at.as_second())
}

/// A short word of a person inside a sentence: on one line, not too long, in code marks.
pub fn code(word: &str) -> String {
    const LONGEST: usize = 60;
    let clean: String =
        word.chars().map(|letter| if letter == '`' || letter.is_control() { ' ' } else { letter }).collect();
    let mut shown: String = clean.trim().chars().take(LONGEST).collect();
    if clean.trim().chars().count() > LONGEST {
        shown.push('…');
    }
    if shown.is_empty() { "(nothing)".to_owned() } else { format!("`{}`", escape(&shown)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s18_text_of_others_cannot_mention_or_link() {
        assert_eq!(escape("<!channel> & <https://x|y>"), "&lt;!channel&gt; &amp; &lt;https://x|y&gt;");
        assert_eq!(code("a`b\nc <!here>"), "`a b c &lt;!here&gt;`");
        assert_eq!(code(&"x".repeat(70)), format!("`{}…`", "x".repeat(60)));
        assert_eq!(code(" "), "(nothing)");
    }

    #[test]
    fn a_moment_has_a_fallback_for_other_programs() {
        let at: Timestamp = "2026-11-21T09:05:00Z".parse().unwrap();
        assert_eq!(moment(at), "<!date^1795251900^{date_short_pretty} at {time}|2026-11-21 09:05 UTC>");
    }
}
