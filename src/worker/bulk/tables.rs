//! The tables of a request over many items: the whole list before anybody approves, and all results after.
//!
//! Guarantees that the files hold every item, read page by page, and no cell that a spreadsheet would take for a formula;
//! and that what was not done stands first in the table of the thread, which fits into Slack's whatever the items are
//! called. Leaves bringing them to Slack to the outbox.

use super::{Hands, PAGE};
use crate::approval::{Item, ItemState, Request};
use crate::operations::csv::CsvFile;
use crate::sentences::bulk as words;
use crate::sentences::text::Text;
use crate::slack::files::ResultFile;
use crate::slack::message::{Message, cut};
use crate::store::{ItemFilter, Outgoing, StoreError};
use crate::worker::Bot;

/// Items in the table: as many as can be read at a glance.
const ROWS: u32 = 20;
/// Characters of a cell of the table; Slack takes 10,000 over all cells.
const CELL: usize = 120;
/// What an approver wants to know of first.
const ORDER: [ItemState; 6] = [
    ItemState::Failed,
    ItemState::Unknown,
    ItemState::Skipped,
    ItemState::Sent,
    ItemState::Waiting,
    ItemState::Done,
];

/// Every item that an approval is for, as a file in the thread; nothing for a request that lists none.
pub(in crate::worker) fn whole_list(bot: &Bot, request: &Request, items: &[Item]) -> Option<Outgoing> {
    if items.is_empty() {
        return None;
    }
    let mut file = CsvFile::new(&["name", "id", "title"]);
    for item in items {
        file.row([&*item.name, &item.target.to_string(), &item.title]);
    }
    let name = format!("{}-list.csv", request.id.reference());
    let file = ResultFile::new(&name, words::LIST_TITLE, &Text::from(words::LIST), file.into_text());
    Some(bot.file(request, &file))
}

/// The items that matter most with what became of them, as a table in the thread.
pub(super) async fn at_a_glance(hands: Hands<'_>) -> Result<Outgoing, StoreError> {
    let Hands { bot, request, .. } = hands;
    let mut items: Vec<Item> = vec![];
    for state in ORDER {
        let left = ROWS.saturating_sub(u32::try_from(items.len()).unwrap_or(ROWS));
        if left > 0 {
            let filter = ItemFilter { state: Some(state), from: 0, limit: left };
            items.extend(bot.store.items(&request.id, filter).await?);
        }
    }
    let total = request.plan.bulk.as_ref().map_or(0, |bulk| bulk.count);
    let rows =
        items.iter().map(|item| [&*item.name, item.state.name(), &item.note].map(|text| cut(text, CELL)));
    let title = words::table_title(items.len(), total);
    let body = Message::of(Text::new().bold(&title)).table(&words::TABLE_COLUMNS, rows).body();
    Ok(bot.thread(request, body))
}

/// Every item with what became of it, as a file in the thread.
pub(super) async fn results(hands: Hands<'_>) -> Result<Outgoing, StoreError> {
    let Hands { bot, request, .. } = hands;
    let mut file = CsvFile::new(&["name", "id", "title", "result", "note"]);
    let mut from = 0;
    loop {
        let items = bot.store.items(&request.id, ItemFilter { state: None, from, limit: PAGE }).await?;
        let Some(last) = items.last() else { break };
        from = last.position + 1;
        for item in &items {
            let id = item.target.to_string();
            file.row([&*item.name, &id, &item.title, item.state.name(), &item.note]);
        }
    }
    let name = format!("{}-results.csv", request.id.reference());
    let comment = Text::from(words::RESULTS);
    let file = ResultFile::new(&name, words::RESULTS_TITLE, &comment, file.into_text());
    Ok(bot.file(request, &file))
}
