//! The whole plan in a form: to approve after it was looked at, or to be looked at only.
//!
//! Guarantees that nothing is cut in silence: long text goes on in the next block (Slack: 100 blocks of 3,000
//! characters, a view of 250 kB), and what does not fit even so is counted, with the place where it stands whole. What
//! only the people involved may see is left out for others. Leaves who may open it to `worker::decision`.

use slack_morphism::prelude::*;

use super::card;
use super::files::ResultFile;
use super::forms::{self, CONFIRMATION, REVIEW};
use super::message::{Message, PIECE, cut};
use crate::approval::{Item, Request};
use crate::ids::InboundId;
use crate::sentences::text::{Span, Text};
use crate::sentences::{forms as words, story, waiting};

/// The view in which the whole plan is looked at and nothing is decided.
const DETAILS: &str = "details";

/// Items of a list that are shown; the others stand in the file of the thread.
pub const ITEMS: u32 = 200;

/// Blocks of the plan: Slack takes 100, and some are for the rest of the form.
const BLOCKS: usize = 90;
/// Bytes of the plan's text; Slack takes 250,000 in all, and each piece of text has its wrapping.
const BYTES: usize = 180_000;
/// Bytes of wrapping of each piece of text, at most.
const WRAPPING: usize = 120;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who may see everything: the requester, or somebody who may approve.
    Involved,
    /// Anybody else who may read.
    Other,
}

/// A form with the whole plan and what has to be typed; sending it is an approval.
pub fn review(about: &InboundId, request: &Request, items: &[Item], ticket_url: Option<&str>) -> SlackView {
    let mut blocks = whole(request, items, ticket_url, Reader::Involved);
    if let Some(confirmation) = &request.plan.confirmation {
        let element = SlackBlockPlainTextInputElement::new()
            .with_action_id(CONFIRMATION.to_owned().into())
            .with_max_length(200);
        blocks.push(
            SlackInputBlock::new(forms::plain(&words::confirmation(confirmation)), element.into())
                .with_block_id(CONFIRMATION.to_owned().into())
                .with_hint(forms::plain(words::CONFIRMATION_HINT))
                .into(),
        );
    }
    forms::view(REVIEW, about, words::REVIEW_TITLE, words::REVIEW_SUBMIT, blocks)
}

/// The same to be looked at: there is nothing to send.
pub fn details(
    about: &InboundId,
    request: &Request,
    items: &[Item],
    ticket_url: Option<&str>,
    reader: Reader,
) -> SlackView {
    let blocks = whole(request, items, ticket_url, reader);
    SlackView::Modal(
        SlackModalView::new(forms::plain(words::DETAILS_TITLE), blocks)
            .with_callback_id(DETAILS.to_owned().into())
            .with_private_metadata(about.to_string())
            .with_close(forms::plain(words::CLOSE)),
    )
}

/// The plan as a file for the thread, where the form cannot show it whole. What only the people involved may see is
/// not in it.
pub fn file(request: &Request) -> Option<ResultFile> {
    let lines = plan_lines(request);
    let (_, shown) = pages(&lines);
    if shown == lines.len() {
        return None;
    }
    let content = lines.iter().map(|line| line.letters() + "\n").collect();
    Some(ResultFile::new(&file_name(request), words::PLAN_FILE_TITLE, &Text::from(words::PLAN_FILE), content))
}

fn file_name(request: &Request) -> String {
    format!("{}-plan.txt", request.id.reference())
}

fn whole(request: &Request, items: &[Item], ticket_url: Option<&str>, reader: Reader) -> Vec<SlackBlock> {
    let lines = plan_lines(request);
    let mut blocks = Message::new().facts(about(request, ticket_url, reader)).into_blocks();
    let (pages, shown) = pages(&lines);
    blocks.extend(pages.into_iter().flat_map(|page| Message::of(page).into_blocks()));
    let mut says = |text: Text| blocks.extend(Message::of(text).into_blocks());
    if shown < lines.len() {
        says(words::not_shown(lines.len() - shown, &file_name(request)));
    }
    if let Some(bulk) = &request.plan.bulk {
        let list = items.iter().map(|item| format!("{} ({})", item.name, item.title));
        let list: Vec<Text> = list.map(|line| Text::new().plain("• ").plain(cut(&line, PIECE))).collect();
        says(Text::new().bold(words::LIST_OF));
        // Of what is shown beside the plan, a handful of blocks is enough.
        let (pages, listed) = some_pages(&list, 4);
        pages.into_iter().for_each(&mut says);
        let listed = u32::try_from(listed).unwrap_or(u32::MAX);
        says(words::listed(listed, bulk.count, &format!("{}-list.csv", request.id.reference())));
    }
    blocks
}

/// Whose it is, how far it is, and what only the people involved see.
fn about(request: &Request, ticket_url: Option<&str>, reader: Reader) -> Vec<(String, Text)> {
    let mut facts = card::asked_by(request, ticket_url);
    if reader == Reader::Involved {
        let private = request.plan.private.iter();
        facts.extend(private.map(|(label, value)| (label.clone(), Text::new().plain(value))));
    }
    facts.push((words::NOW.to_owned(), story::status(request)));
    if request.state != crate::approval::State::Pending {
        facts.push((words::APPROVALS.to_owned(), waiting::so_far(request)));
    }
    facts
}

/// Everything in the plan that everybody may see, line by line.
fn plan_lines(request: &Request) -> Vec<Text> {
    let plan = &request.plan;
    let mut lines = vec![Text::new().bold(&plan.summary)];
    lines.extend(plan.shown.iter().map(|(label, value)| Text::new().bold(format!("{label}: ")).plain(value)));
    for (title, sentences) in [
        (story::EFFECTS, &plan.effects),
        (story::WARNINGS, &plan.warnings),
        (story::IRREVERSIBLE, &plan.irreversible),
    ] {
        if !sentences.is_empty() {
            lines.push(Text::new().bold(title));
        }
        lines.extend(
            sentences.iter().map(|sentence| Text::new().plain("• ").then(Text::from(sentence.as_str()))),
        );
    }
    if let Some(alternative) = &plan.alternative {
        lines.push(Text::new().bold(story::SAFER).then(Text::from(alternative.as_str())));
    }
    lines
}

/// The text of each block, and how many lines are in them whole.
fn pages(lines: &[Text]) -> (Vec<Text>, usize) {
    some_pages(lines, BLOCKS - 10)
}

fn some_pages(lines: &[Text], most: usize) -> (Vec<Text>, usize) {
    let (mut pages, mut page) = (vec![], Text::new());
    let (mut held, mut bytes, mut whole) = (0, 0, 0);
    for line in lines {
        let mut spans: Vec<Span> = line.0.iter().flat_map(pieces).collect();
        if !page.0.is_empty() {
            spans.insert(0, Span::Break);
        }
        for span in spans {
            let letters = Text(vec![span.clone()]).letters();
            let length = letters.chars().count();
            if held + length > PIECE {
                if pages.len() + 1 == most {
                    pages.push(page);
                    return (pages, whole);
                }
                pages.push(std::mem::take(&mut page));
                held = 0;
            }
            bytes += letters.len() + WRAPPING;
            if bytes > BYTES {
                pages.push(page);
                return (pages, whole);
            }
            held += length;
            // A page does not begin with an empty line.
            if !(page.0.is_empty() && span == Span::Break) {
                page.0.push(span);
            }
        }
        whole += 1;
    }
    if !page.0.is_empty() {
        pages.push(page);
    }
    (pages, whole)
}

/// A span in pieces that fit into a block each.
fn pieces(span: &Span) -> Vec<Span> {
    let split = |words: &str, kind: fn(String) -> Span| {
        let letters: Vec<char> = words.chars().collect();
        letters.chunks(PIECE).map(|piece| kind(piece.iter().collect())).collect()
    };
    match span {
        Span::Plain(words) => split(words, Span::Plain),
        Span::Bold(words) => split(words, Span::Bold),
        Span::Code(words) => split(words, Span::Code),
        whole => vec![whole.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::{plan, request};

    fn with(edit: impl FnOnce(&mut crate::approval::Plan)) -> Request {
        let mut plan = plan::sample();
        edit(&mut plan);
        request::sample("01KAPTESTTESTTESTTEST7Q2M4", plan, jiff::Timestamp::UNIX_EPOCH)
    }

    fn said(view: &SlackView) -> String {
        fn texts(value: &serde_json::Value, out: &mut String) {
            match value {
                serde_json::Value::Object(fields) => {
                    if let Some(text) = fields.get("text").and_then(|text| text.as_str()) {
                        out.push_str(text);
                    }
                    fields.values().for_each(|field| texts(field, out));
                }
                serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
                _ => {}
            }
        }
        let mut out = String::new();
        texts(&serde_json::to_value(view).unwrap(), &mut out);
        out
    }

    fn all(request: &Request) -> SlackView {
        review(&InboundId::new("01I"), request, &[], None)
    }

    #[test]
    fn s17_long_text_goes_on_in_the_next_block_and_nothing_is_lost() {
        let long = (0..4_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let request = with(|plan| plan.shown.push(("Notes".to_owned(), long.clone())));
        let view = serde_json::to_value(all(&request)).unwrap();
        assert!(said(&all(&request)).contains(&long));
        for block in view["blocks"].as_array().unwrap() {
            for element in block["elements"][0]["elements"].as_array().unwrap() {
                assert!(element["text"].as_str().unwrap_or_default().chars().count() <= PIECE);
            }
        }
        assert_eq!(file(&request), None);
    }

    #[test]
    fn s17_what_does_not_fit_is_counted_and_stands_in_a_file() {
        let effect = |n: u32| format!("Effect {n}: {}", "é".repeat(500));
        let request = with(|plan| plan.effects = (0..1_000).map(effect).collect());
        let view = all(&request);
        let json = serde_json::to_value(&view).unwrap();
        assert!(json["blocks"].as_array().unwrap().len() <= 100);
        assert!(json.to_string().len() < 250_000, "{}", json.to_string().len());
        let said = said(&view);
        let shown = (0..1_000).filter(|n| said.contains(&effect(*n))).count();
        assert!(said.contains(&format!("{} more lines", 1_000 - shown)), "{shown}");
        assert!(said.contains("7Q2M4-plan.txt"), "the file is named");
        let file = file(&request).unwrap();
        assert!((0..1_000).all(|n| file.content.contains(&effect(n))));
    }

    #[test]
    fn invariant_10_what_only_the_people_involved_may_see_is_not_in_the_details_for_others_nor_in_the_file() {
        let request = with(|plan| {
            plan.private = vec![("New address".to_owned(), "jo@example.org".to_owned())];
            plan.effects = vec!["x".repeat(2_000); 200];
        });
        let seen = |reader| said(&details(&InboundId::new("01I"), &request, &[], None, reader));
        assert!(seen(Reader::Involved).contains("jo@example.org"));
        assert!(!seen(Reader::Other).contains("jo@example.org"));
        assert!(!file(&request).unwrap().content.contains("jo@example.org"));
    }

    #[test]
    fn s23_the_details_cannot_be_sent() {
        let view = details(&InboundId::new("01I"), &with(|_| ()), &[], None, Reader::Other);
        let view = serde_json::to_value(view).unwrap();
        assert!(view["submit"].is_null());
        assert_eq!(view["private_metadata"], "01I");
    }
}
