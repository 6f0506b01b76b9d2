//! A list of datasets, as somebody pasted or attached it: one slug, UUID or address per line.
//!
//! Guarantees that every line is either one target, a finding with its line number, or blank: nothing is dropped
//! without a word and nothing is guessed. A list that may have been read wrongly is refused as a whole. Does not look
//! at CKAN: two names of one dataset are found when they are resolved.

use std::collections::HashMap;

use super::target::DatasetTarget;
use crate::sentences::text::is_invisible;

/// The largest list, in bytes.
pub const LARGEST: usize = 3 * 1024 * 1024;
/// The longest list, in datasets.
pub const LONGEST: usize = 10_000;

/// What a header may call the column of the datasets.
const COLUMN: [&str; 11] = [
    "name",
    "slug",
    "id",
    "uuid",
    "url",
    "address",
    "dataset",
    "datasets",
    "dataset id",
    "dataset_id",
    "package_id",
];

/// A list, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadList {
    /// What each good line names, with the line's number. Each dataset once, at its first line.
    pub targets: Vec<(u32, DatasetTarget)>,
    /// What is wrong with each other line: a sentence.
    pub bad: Vec<(u32, String)>,
    /// Lines that name the same as one before.
    pub duplicates: Vec<Duplicate>,
    /// The header's word for the column that was read, where the list had a header.
    pub header: Option<String>,
}

/// A line that names the same as one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The line.
    pub line: u32,
    /// The first line that names it.
    pub first: u32,
    /// What both name.
    pub target: DatasetTarget,
}

/// Why a list was not taken at all; the text is the sentence to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAList {
    /// Nothing in it.
    #[error(
        "The list is empty. Put one dataset on each line: its slug, its UUID, or the address of its page."
    )]
    Empty,
    /// Larger than [`LARGEST`].
    #[error(
        "The list is larger than 3 MB. Send a list of the datasets alone, one per line, at most 10,000 of them."
    )]
    TooLarge,
    /// Longer than [`LONGEST`].
    #[error("The list has {0} lines and at most 10,000 can be done at once. Split it and ask for each part.")]
    TooLong(usize),
    /// Binary.
    #[error(
        "This is not a text file. Save the list as plain text or as CSV, one dataset per line, and send that. A \
         spreadsheet's own file (.xlsx, .ods) cannot be read."
    )]
    NotText,
    /// UTF-16 that does not say so.
    #[error(
        "This file is in UTF-16 without a byte-order mark, so it cannot be read for certain. Save it as UTF-8 and \
         send it again."
    )]
    UnmarkedUtf16,
    /// Text in some other encoding.
    #[error(
        "This file is not in UTF-8 (the first unreadable place is in line {0}). Save it as UTF-8 and send it again."
    )]
    NotUtf8(u32),
    /// A quotation mark that nothing closes.
    #[error(
        "A quotation mark in line {0} is never closed, so nobody can say where its cell ends. Put that right and \
         send the list again."
    )]
    OpenQuote(u32),
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> Result<ReadList, NotAList> {
    if bytes.len() > LARGEST {
        return Err(NotAList::TooLarge);
    }
    read_text(&decoded(bytes)?)
}

/// Reads a pasted list.
pub fn read_text(text: &str) -> Result<ReadList, NotAList> {
    if text.len() > 2 * LARGEST {
        return Err(NotAList::TooLarge);
    }
    let shows_binary = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{85}');
    if text.chars().any(shows_binary) {
        return Err(NotAList::NotText);
    }
    let mut rows = rows(text)?;
    let column = rows.first().and_then(header);
    let header = column.as_ref().map(|(_, word)| word.clone());
    if column.is_some() {
        rows.remove(0);
    }
    match rows.len() {
        0 => return Err(NotAList::Empty),
        length if length > LONGEST => return Err(NotAList::TooLong(length)),
        _ => {}
    }
    let mut list = ReadList { header, ..ReadList::default() };
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(rows.len());
    for row in rows {
        match target(&row, column.as_ref().map(|(column, _)| *column)) {
            Ok(target) => {
                let first = *seen.entry(target.key().to_owned()).or_insert(row.line);
                if first == row.line {
                    list.targets.push((row.line, target));
                } else {
                    list.duplicates.push(Duplicate { line: row.line, first, target });
                }
            }
            Err(sentence) => list.bad.push((row.line, sentence)),
        }
    }
    Ok(list)
}

/// One row and the number of the line that it begins in.
struct Row {
    line: u32,
    cells: Vec<String>,
}

/// Which column a header line names, and its word for it.
fn header(row: &Row) -> Option<(usize, String)> {
    row.cells.iter().enumerate().find_map(|(column, cell)| {
        let word = bare(cell).to_lowercase();
        COLUMN.contains(&word.as_str()).then_some((column, word))
    })
}

fn target(row: &Row, column: Option<usize>) -> Result<DatasetTarget, String> {
    let filled = row.cells.iter().filter(|cell| !bare(cell).is_empty()).count();
    // Without a header nobody has said which of several cells is meant; they might all be datasets.
    if column.is_none() && filled > 1 {
        return Err(
            "There is more than one value on this line. Put one dataset on each line, or put a header \
                    line such as `name` above the column of the datasets."
                .to_owned(),
        );
    }
    let cell = row.cells.get(column.unwrap_or_default()).map_or("", |cell| bare(cell));
    cell.parse::<DatasetTarget>().map_err(|wrong| wrong.to_string())
}

/// A cell without what programs and people put around a name.
fn bare(cell: &str) -> &str {
    let blank = |letter: char| letter.is_whitespace() || is_invisible(letter);
    let cell = cell.trim_matches(blank);
    [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('`', '`')]
        .into_iter()
        .find_map(|(open, close)| cell.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(cell)
        .trim_matches(blank)
}

/// Rows with anything in them. A quotation mark at a cell's beginning opens a cell in which separators and line ends
/// are letters, as spreadsheets write them.
fn rows(text: &str) -> Result<Vec<Row>, NotAList> {
    let mut rows = vec![];
    let mut letters = text.chars().peekable();
    let mut line: u32 = 1;
    let mut row = Row { line, cells: vec![] };
    let mut cell = String::new();
    let mut quote_opened_in = None;
    while let Some(letter) = letters.next() {
        let ends_line = matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if letter == '\r' {
            letters.next_if_eq(&'\n');
        }
        if ends_line {
            line = line.saturating_add(1);
        }
        match letter {
            '"' if quote_opened_in.is_some() => {
                if letters.next_if_eq(&'"').is_some() {
                    cell.push('"');
                } else {
                    quote_opened_in = None;
                }
            }
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quote_opened_in = Some(line);
            }
            _ if quote_opened_in.is_some() => cell.push(if ends_line { '\n' } else { letter }),
            ',' | ';' | '\t' => row.cells.push(std::mem::take(&mut cell)),
            _ if ends_line => {
                row.cells.push(std::mem::take(&mut cell));
                rows.push(std::mem::replace(&mut row, Row { line, cells: vec![] }));
            }
            _ => cell.push(letter),
        }
    }
    if let Some(line) = quote_opened_in {
        return Err(NotAList::OpenQuote(line));
    }
    row.cells.push(cell);
    rows.push(row);
    rows.retain(|row| row.cells.iter().any(|cell| !bare(cell).is_empty()));
    Ok(rows)
}

/// The text of a file: UTF-8, or UTF-16 that says so.
fn decoded(bytes: &[u8]) -> Result<String, NotAList> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        _ if bytes.contains(&0) => {
            Err(if is_unmarked_utf16(bytes) { NotAList::UnmarkedUtf16 } else { NotAList::NotText })
        }
        _ => {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(error) => {
                    let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                    let lines = before.split(|byte| *byte == b'\n').count();
                    Err(NotAList::NotUtf8(u32::try_from(lines).unwrap_or(u32::MAX)))
                }
            }
        }
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotAList> {
    let (units, []) = bytes.as_chunks::<2>() else { return Err(NotAList::NotText) };
    char::decode_utf16(units.iter().copied().map(unit))
        .collect::<Result<_, _>>()
        .map_err(|_| NotAList::NotText)
}

/// Whether nearly every second byte is zero, as in Western text in UTF-16.
fn is_unmarked_utf16(bytes: &[u8]) -> bool {
    let pairs = bytes.len() / 2;
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    pairs > 0 && even.max(odd) * 10 >= pairs * 9 && even.min(odd) * 10 <= pairs
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
