//! Messages, put together from texts: the blocks that people see and the `text` that screen readers and
//! notifications read (Slack: a screen reader reads `text` and not the blocks, so it holds everything).
//!
//! Guarantees Slack's limits by cutting (header 150, text 4,000) and that no foreign text ever becomes mrkdwn: it
//! goes into `plain_text` or `rich_text` only. Leaves the wording to `sentences`.

use serde_json::Value;
use slack_morphism::prelude::*;

use crate::sentences::text::{Span, Text, in_utc};

/// Slack: a header holds 150 characters.
const HEADER: usize = 150;
/// Kept well under Slack's advised 4,000 characters of `text`.
const FALLBACK: usize = 3_900;
/// Slack: a text object holds 3,000 characters.
pub const PIECE: usize = 2_900;

/// A button that carries a request's id and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button<'a> {
    /// Which button, for the click.
    pub action: &'a str,
    /// What it says.
    pub label: &'a str,
    /// What a screen reader says.
    pub spoken: &'a str,
    /// The request's id.
    pub value: &'a str,
    /// How it looks.
    pub style: Style,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The one that is meant to be pressed.
    Primary,
    /// The one that ends something.
    Danger,
    /// Any other.
    Plain,
}

/// A message being put together.
#[derive(Debug, Clone, Default)]
pub struct Message {
    blocks: Vec<SlackBlock>,
    spoken: Vec<String>,
    is_cut: bool,
}

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line on its own.
    pub fn of(text: Text) -> Self {
        Self::new().paragraph(text)
    }

    /// A heading.
    #[must_use]
    pub fn header(mut self, words: &str) -> Self {
        let whole = crate::sentences::text::clean(words);
        let words = cut(&whole, HEADER);
        self.is_cut |= words != whole;
        self.spoken.push(crate::sentences::text::escape(&words));
        self.blocks.push(SlackHeaderBlock::new(SlackBlockPlainText::new(words).into()).into());
        self
    }

    /// A paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: Text) -> Self {
        self.spoken.push(text.notation());
        self.is_cut |= is_too_long(&text);
        self.push_rich(SlackRichTextSection::new(inline(text)).into());
        self
    }

    /// Label and value, a line each.
    #[must_use]
    pub fn facts(mut self, facts: impl IntoIterator<Item = (String, Text)>) -> Self {
        let mut lines = Text::new();
        for (label, value) in facts {
            self.spoken.push(format!("{}: {}", crate::sentences::text::escape(&label), value.notation()));
            if !lines.0.is_empty() {
                lines = lines.line_break();
            }
            lines = lines.bold(format!("{label}: ")).then(value);
        }
        self.is_cut |= is_too_long(&lines);
        if !lines.0.is_empty() {
            self.push_rich(SlackRichTextSection::new(inline(lines)).into());
        }
        self
    }

    /// A bulleted list under a bold line; nothing where the list is empty.
    #[must_use]
    pub fn list(mut self, title: &str, items: impl IntoIterator<Item = Text>) -> Self {
        let items: Vec<Text> = items.into_iter().collect();
        if items.is_empty() {
            return self;
        }
        self = self.paragraph(Text::new().bold(title));
        self.is_cut |= items.iter().any(is_too_long);
        self.spoken.extend(items.iter().map(|item| format!("- {}", item.notation())));
        let elements = items.into_iter().map(|item| SlackRichTextSection::new(inline(item)).into()).collect();
        self.push_rich(SlackRichTextList::new(SlackRichTextListStyle::Bullet, elements).into());
        self
    }

    /// A table with a line of headings; Slack takes one in a message, with 100 rows and 10,000 characters. A column
    /// that holds nothing is left out.
    #[must_use]
    pub fn table<const N: usize>(
        mut self,
        columns: &[&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        let rows: Vec<[String; N]> =
            rows.into_iter().map(|row| row.map(|cell| crate::sentences::text::clean(&cell))).collect();
        let holds =
            |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
        let held: Vec<bool> = (0..N).map(holds).collect();
        let heads = columns.each_ref().map(|head| (*head).to_owned());
        let mut cells: Vec<Vec<SlackTableCell>> = vec![];
        for row in std::iter::once(heads).chain(rows) {
            // Slack refuses an empty cell.
            let shown = row.into_iter().zip(&held).filter(|(_, held)| **held);
            let shown: Vec<String> =
                shown.map(|(cell, _)| if cell.is_empty() { "–".to_owned() } else { cell }).collect();
            self.spoken.push(crate::sentences::text::escape(&shown.join(" · ")));
            cells.push(shown.into_iter().map(SlackTableCell::from).collect());
        }
        // The last column is the one of whole sentences.
        let columns = held.iter().filter(|held| **held).count();
        let settings = (1..=columns)
            .map(|column| {
                SlackTableColumnSetting::new()
                    .with_align(SlackTableColumnAlign::Left)
                    .with_is_wrapped(column == columns)
            })
            .collect();
        self.blocks.push(SlackTableBlock::new(cells).with_column_settings(settings).into());
        self
    }

    /// A small grey line. The text is ours; foreign text belongs into a paragraph.
    #[must_use]
    pub fn context(mut self, text: &Text) -> Self {
        let notation = text.notation();
        self.spoken.push(notation.clone());
        self.blocks.push(
            SlackContextBlock::new(vec![SlackBlockMarkDownText::new(cut(&notation, PIECE)).into()]).into(),
        );
        self
    }

    /// Buttons in a row.
    #[must_use]
    pub fn buttons(mut self, buttons: &[Button<'_>]) -> Self {
        let elements = buttons
            .iter()
            .map(|button| {
                let mut element =
                    SlackBlockButtonElement::new(SlackBlockPlainText::new(button.label.to_owned()).into())
                        .with_action_id(button.action.to_owned().into())
                        .with_value(button.value.to_owned())
                        .with_accessibility_label(SlackAccessibilityLabel(cut(button.spoken, 75)));
                match button.style {
                    Style::Primary => element = element.with_style(SlackBlockButtonStyle::Primary),
                    Style::Danger => element = element.with_style(SlackBlockButtonStyle::Danger),
                    Style::Plain => {}
                }
                element.into()
            })
            .collect();
        self.blocks.push(SlackActionsBlock::new(elements).into());
        self
    }

    /// Sections that follow each other become one, with a new line between them: what Slack does between two is not
    /// documented.
    fn push_rich(&mut self, element: SlackRichTextElement) {
        let Some(SlackBlock::RichText(block)) = self.blocks.last_mut() else {
            self.blocks.push(SlackRichTextBlock::new(vec![element]).into());
            return;
        };
        match (block.elements.last_mut(), element) {
            (Some(SlackRichTextElement::Section(before)), SlackRichTextElement::Section(section)) => {
                before.elements.extend(inline(Text::new().line_break()));
                before.elements.extend(section.elements);
            }
            (_, element) => block.elements.push(element),
        }
    }

    /// True where Slack's limits made something shorter than it was meant, for eyes or for screen readers.
    pub fn is_cut(&self) -> bool {
        let spoken: usize = self.spoken.iter().map(|line| line.chars().count() + 1).sum();
        self.is_cut || spoken > FALLBACK
    }

    /// The blocks alone, for a form.
    pub fn into_blocks(self) -> Vec<SlackBlock> {
        self.blocks
    }

    /// `text` and `blocks`, ready for Slack.
    pub fn body(self) -> Value {
        let content = SlackMessageContent::new()
            .with_text(cut(&self.spoken.join("\n"), FALLBACK))
            .with_blocks(self.blocks);
        serde_json::to_value(content).unwrap_or_default()
    }
}

fn inline(text: Text) -> Vec<SlackRichTextInlineElement> {
    text.0
        .into_iter()
        .filter_map(|span| match span {
            Span::Plain(words) => piece(&words).map(Into::into),
            Span::Bold(words) => piece(&words).map(|piece| piece.bold().into()),
            Span::Code(words) => piece(&words).map(|piece| piece.code().into()),
            Span::Break => piece("\n").map(Into::into),
            Span::Person(user) => Some(SlackRichTextUser::new(SlackUserId(user.to_string())).into()),
            Span::Moment(at) => Some(SlackRichTextInlineElement::Unknown(serde_json::json!({
                "type": "date",
                "timestamp": at.as_second(),
                "format": "{date_short_pretty} at {time}",
                "fallback": in_utc(at),
            }))),
            Span::Link { address, label } => Some(SlackRichTextInlineElement::Unknown(serde_json::json!({
                "type": "link",
                "url": address,
                "text": label,
            }))),
        })
        .collect()
}

fn is_too_long(text: &Text) -> bool {
    text.0.iter().any(|span| match span {
        Span::Plain(words) | Span::Bold(words) | Span::Code(words) => words.chars().count() > PIECE,
        Span::Person(_) | Span::Moment(_) | Span::Break | Span::Link { .. } => false,
    })
}

/// Slack refuses an empty text element.
fn piece(words: &str) -> Option<SlackRichTextText> {
    (!words.is_empty()).then(|| SlackRichTextText::new(cut(words, PIECE)))
}

/// Cuts to `longest` characters, the last of them an ellipsis.
pub fn cut(words: &str, longest: usize) -> String {
    if words.chars().count() <= longest {
        return words.to_owned();
    }
    let mut short: String = words.chars().take(longest.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn a_message_says_everything_in_its_text_too() {
        let body = Message::new()
            .header("Withdraw <x>")
            .paragraph(Text::new().plain("Asked by ").person(&UserId::new("U1")))
            .facts([("Title".to_owned(), Text::from("Road & rail"))])
            .list("What will happen", [Text::from("It goes.")])
            .buttons(&[Button {
                action: "approve",
                label: "Approve",
                spoken: "Approve the request",
                value: "01R",
                style: Style::Primary,
            }])
            .body();
        insta::assert_snapshot!(body["text"].as_str().unwrap(), @"
        Withdraw &lt;x&gt;
        Asked by <@U1>
        Title: Road &amp; rail
        What will happen
        - It goes.
        ");
        assert_eq!(body["blocks"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn a_table_leaves_out_what_is_empty_and_fills_its_gaps() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["roads", "done", ""]), row(["<!here> rail", "failed", ""])];
        let body = Message::new().table(&["Dataset", "Result", "Note"], rows).body();
        insta::assert_snapshot!(body["text"].as_str().unwrap(), @r"
        Dataset · Result
        roads · done
        &lt;!here&gt; rail · failed
        ");
        assert_eq!(body["blocks"][0]["rows"][2][0]["text"], "<!here> rail");
        assert_eq!(body["blocks"][0]["rows"][2].as_array().unwrap().len(), 2);
        let rows = [row(["roads", "done", ""]), row(["rail", "failed", "CKAN does not accept it."])];
        let body = Message::new().table(&["Dataset", "Result", "Note"], rows).body();
        assert_eq!(body["blocks"][0]["rows"][1][2]["text"], "–");
    }

    #[test]
    fn s17_foreign_text_never_stands_in_mrkdwn() {
        let body = Message::of(Text::new().plain("*bold* <!channel> `x`")).body();
        assert!(!body["blocks"].to_string().contains("mrkdwn"));
        assert_eq!(body["blocks"][0]["elements"][0]["elements"][0]["text"], "*bold* <!channel> `x`");
    }

    #[test]
    fn long_text_is_cut_to_slacks_limits() {
        let body = Message::new().header(&"h".repeat(500)).paragraph(Text::from("p".repeat(9000))).body();
        assert_eq!(body["blocks"][0]["text"]["text"].as_str().unwrap().chars().count(), HEADER);
        assert!(body["text"].as_str().unwrap().chars().count() <= FALLBACK);
    }
}
