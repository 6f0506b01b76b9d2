//! The handbook of all operations, `docs/operations.md`.
//!
//! Guarantees that it says what `/ckan help` says, because it is made from it, and that nothing is left out. Leaves
//! printing it to the command line and keeping the committed copy equal to a test.

use super::{Operation, Registry, Risk, help};
use crate::sentences::text::{Span, Text};

const OPENING: &str = "\
# Operations

Everything that can be asked for, as `/ckan help` tells it. Made by `ckan-chatops operations` from the operations
themselves; do not edit.

A command is read as people type it on phones and in word processors: smart quotes, long dashes, pasted addresses and
UUIDs are understood. A change without `--reason` opens a form that is filled in already.
";

/// All operations, as Markdown.
pub fn markdown(registry: &Registry) -> String {
    let mut lines =
        vec![OPENING.to_owned(), "| command | short | risk | what it does |\n|---|---|---|---|".to_owned()];
    lines.extend(registry.iter().map(row));
    lines.extend(registry.iter().flat_map(chapter));
    lines.join("\n") + "\n"
}

fn row(operation: &Operation) -> String {
    let short: Vec<String> = operation.meta.short.iter().map(|short| format!("`{short}`")).collect();
    let (name, short, summary) = (operation.meta.name, short.join(", "), operation.meta.summary);
    format!("| `{name}` | {short} | {} | {summary} |", risk(operation.meta.risk))
}

fn chapter(operation: &Operation) -> Vec<String> {
    let answer = help::about(operation, true);
    let mut told = answer.lines.iter().map(line);
    let summary = told.next().unwrap_or_default();
    let heading = format!("\n## {}\n\n{summary}\n", operation.meta.name);
    [heading].into_iter().chain(told.map(|line| format!("- {line}"))).collect()
}

/// What is at stake, in few words.
fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Read => "changes nothing on CKAN",
        Risk::Reversible => "can be undone",
        Risk::Partly => "can be undone in part",
        Risk::Irreversible => "cannot be undone",
    }
}

fn line(text: &Text) -> String {
    text.0
        .iter()
        .map(|span| match span {
            Span::Break => "\n".to_owned(),
            Span::Plain(words) => words.clone(),
            Span::Bold(words) => format!("**{words}**"),
            Span::Code(words) => format!("`{words}`"),
            Span::Link { address, label } => format!("[{label}]({address})"),
            // Help speaks of nobody and of no moment.
            Span::Person(_) | Span::Moment(_) => String::new(),
        })
        .collect()
}
