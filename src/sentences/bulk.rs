//! What is said of a request over many things: its stages, its stops, its end.
//!
//! Guarantees that what was not verified is never called done, and that every end that is not whole says what to do
//! about the rest.

use std::collections::BTreeMap;

use crate::approval::{Item, ItemState};

/// Examples that are named.
const NAMED: usize = 5;

/// A stage went well. `done` items are done and verified so far, `left` are to come.
pub fn stage(done: u32, left: u32, what: &str, next: u32) -> String {
    let so_far = match done {
        1 => format!("The first one is {what} and verified."),
        done => format!("The first {done} are {what} and verified."),
    };
    match left {
        1 => format!("{so_far} Going on with the last one."),
        left if left <= next => format!("{so_far} Going on with the other {left}."),
        _ => format!("{so_far} Going on with the next {next}."),
    }
}

/// A run that was interrupted goes on.
pub fn goes_on(done: u32, left: u32, what: &str) -> String {
    let left = match left {
        0 => "I only look at those that were being sent.".to_owned(),
        left => format!(
            "I look at those that were being sent, and go on with the {left} for which nothing was sent yet."
        ),
    };
    format!("{done} are {what} and verified. {left}")
}

/// Whoever carried it out is gone.
pub const LOST: &str = "I was interrupted while carrying this out. I ask CKAN about those that were just being sent; none of them is sent again unless CKAN shows that it was not done.";

/// What stopped a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// One of the first few failed.
    FirstFailed,
    /// Too many failed.
    TooMany,
    /// CKAN does not take anything, or could not be looked at.
    Site,
    /// It was interrupted, and the approval does not reach that far.
    TooLate,
    /// It was interrupted, and a freeze lasts for longer than the approval reaches.
    Frozen,
}

/// Why the rest was not done.
pub fn stopped(stop: Stop) -> &'static str {
    match stop {
        Stop::FirstFailed => "One of the first few failed, so I stopped: the rest was not touched.",
        Stop::TooMany => "Too many failed, so I stopped: the rest was not touched.",
        Stop::Site => "CKAN could not be worked with any more, so I stopped: the rest was not touched.",
        Stop::TooLate => {
            "I was interrupted, and it was too long ago for the approval to hold: the rest was not touched."
        }
        Stop::Frozen => {
            "I was interrupted, and a freeze lasts for longer than the approval holds: the rest was not touched."
        }
    }
}

/// The list in the store is not the one that was approved.
pub const ANOTHER_LIST: &str =
    "The list that is kept with this request is not the one that was approved, so nothing was sent to CKAN.";
/// How every item was when it was approved.
pub const AS_APPROVED: &str = "as it was shown";
/// The label of how many moved.
pub const IN_ALL: &str = "In all";

/// The title of the whole list, before anything is done.
pub const LIST_TITLE: &str = "The whole list";
/// What is said with the whole list.
pub const LIST: &str = "Everything that an approval is for, to the last one.";
/// The title of the table of results.
pub const RESULTS_TITLE: &str = "All results";
/// What is said with the table of results.
pub const RESULTS: &str = "Every dataset with what became of it.";

/// The columns of the table of results.
pub const TABLE_COLUMNS: [&str; 3] = ["Dataset", "Result", "Note"];

/// What stands over the table of results, which has so many rows of so many items.
pub fn table_title(rows: usize, total: u32) -> String {
    if usize::try_from(total).is_ok_and(|total| total <= rows) {
        return "Results".to_owned();
    }
    format!("Results: {rows} of {total}, what was not done first; the file has all")
}

/// How many moved.
pub fn moved(moved: usize, total: u32) -> String {
    format!("{moved} of {total} have changed")
}

/// The note of an item that was left out by a stop.
pub const BEFORE_ITS_TURN: &str = "The run was stopped before its turn.";
/// The note of an item that was confirmed and is not seen.
pub const NOT_SEEN: &str =
    "CKAN accepted it, and looking again does not show it. Look at the dataset yourself.";
/// The note of an item that CKAN shows no trace of.
pub const NO_TRACE: &str = "CKAN gave no clear answer, shows no trace of it, and had time enough.";

/// Something about the first few items of a state: `a`, `b` and 3 more.
pub fn named(items: &[Item], count: u32) -> String {
    let names: Vec<String> = items.iter().take(NAMED).map(|item| format!("`{}`", item.name)).collect();
    let more = usize::try_from(count).unwrap_or_default().saturating_sub(names.len());
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// How it ended, one sentence each.
pub fn ended(
    counts: &BTreeMap<ItemState, u32>,
    examples: &BTreeMap<ItemState, Vec<Item>>,
    what: &str,
    stop: Option<Stop>,
    seen: Vec<String>,
) -> Vec<String> {
    let of = |state| counts.get(&state).copied().unwrap_or_default();
    let total: u32 = counts.values().sum();
    let done = of(ItemState::Done);
    let mut said = vec![format!("{done} of {total} are {what}.")];
    if done > 0 && done == total {
        said = vec![format!("All {total} are {what}.")];
    }
    match (done, total) {
        (1, 1) => said = vec![format!("It is {what}.")],
        (2, 2) => said = vec![format!("Both are {what}.")],
        _ => {}
    }
    if done > 0 {
        said.extend(seen);
    }
    said.extend(stop.map(|stop| stopped(stop).to_owned()));
    for (state, how) in [
        (ItemState::Failed, "not done"),
        (ItemState::Unknown, "unclear"),
        (ItemState::Sent, "not clear yet"),
        (ItemState::Skipped, "left out"),
    ] {
        let count = of(state);
        if count == 0 {
            continue;
        }
        let items = examples.get(&state).map(Vec::as_slice).unwrap_or_default();
        let why = items.first().map(|item| item.note.as_str()).filter(|note| !note.is_empty());
        let why = why.map(|why| format!(" {why}")).unwrap_or_default();
        said.push(format!("{count} {how}: {}.{why}", named(items, count)));
    }
    if done < total {
        said.push("For the rest, ask again: what is done already is left out then.".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn item(position: u32, state: ItemState, note: &str) -> Item {
        Item {
            position,
            target: Uuid::from_u128(u128::from(position)),
            name: format!("slug-{position}"),
            title: String::new(),
            before: "{}".to_owned(),
            state,
            note: note.to_owned(),
        }
    }

    #[test]
    fn the_table_says_what_it_leaves_out() {
        insta::assert_snapshot!(table_title(12, 12), @"Results");
        insta::assert_snapshot!(table_title(20, 1000), @"Results: 20 of 1000, what was not done first; the file has all");
    }

    #[test]
    fn stages_are_told_as_reviewed() {
        let said = [
            stage(1, 5, "withdrawn", 5),
            stage(1, 999, "withdrawn", 5),
            stage(6, 994, "withdrawn", 994),
            stage(6, 1, "restored", 1),
            goes_on(421, 570, "withdrawn"),
            goes_on(999, 0, "withdrawn"),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        The first one is withdrawn and verified. Going on with the other 5.
        The first one is withdrawn and verified. Going on with the next 5.
        The first 6 are withdrawn and verified. Going on with the other 994.
        The first 6 are restored and verified. Going on with the last one.
        421 are withdrawn and verified. I look at those that were being sent, and go on with the 570 for which nothing was sent yet.
        999 are withdrawn and verified. I only look at those that were being sent.
        ");
    }

    #[test]
    fn ends_are_told_as_reviewed() {
        use ItemState::{Done, Failed, Skipped, Unknown};
        let seen = || vec!["The search does not find any of them any more.".to_owned()];
        let all = ended(&BTreeMap::from([(Done, 1000)]), &BTreeMap::new(), "withdrawn", None, seen());
        let examples = BTreeMap::from([
            (Failed, vec![item(1, Failed, "CKAN does not accept it."), item(2, Failed, "")]),
            (Unknown, vec![item(3, Unknown, NOT_SEEN)]),
            (Skipped, (4..9).map(|n| item(n, Skipped, BEFORE_ITS_TURN)).collect()),
        ]);
        let counts = BTreeMap::from([(Done, 400), (Failed, 2), (Unknown, 1), (Skipped, 597)]);
        let some = ended(&counts, &examples, "withdrawn", Some(Stop::TooMany), seen());
        let none =
            ended(&BTreeMap::from([(Failed, 1)]), &examples, "restored", Some(Stop::FirstFailed), seen());
        insta::assert_snapshot!([all, some, none].map(|said| said.join("\n")).join("\n\n"), @"
        All 1000 are withdrawn.
        The search does not find any of them any more.

        400 of 1000 are withdrawn.
        The search does not find any of them any more.
        Too many failed, so I stopped: the rest was not touched.
        2 not done: `slug-1`, `slug-2`. CKAN does not accept it.
        1 unclear: `slug-3`. CKAN accepted it, and looking again does not show it. Look at the dataset yourself.
        597 left out: `slug-4`, `slug-5`, `slug-6`, `slug-7`, `slug-8` and 592 more. The run was stopped before its turn.
        For the rest, ask again: what is done already is left out then.

        0 of 1 are restored.
        One of the first few failed, so I stopped: the rest was not touched.
        1 not done: `slug-1`, `slug-2`. CKAN does not accept it.
        For the rest, ask again: what is done already is left out then.
        ");
    }
}
