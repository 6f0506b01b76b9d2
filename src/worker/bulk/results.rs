//! What became of the items, in the thread: a table of those that matter most, and a file of all.
//!
//! Guarantees that what was not done stands first in the table, that the table stays small enough for Slack whatever
//! the items are called, and that the file holds every item. Leaves the verdict on the whole to its parent.

use super::{Hands, PAGE};
use crate::approval::{Item, ItemState};
use crate::operations::csv::CsvFile;
use crate::sentences::bulk as words;
use crate::sentences::text::Text;
use crate::slack::files::ResultFile;
use crate::slack::message::{Message, cut};
use crate::store::{ItemFilter, Outgoing, StoreError};

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

/// The table and the file, in this order.
pub(super) async fn messages(hands: Hands<'_>) -> Result<Vec<Outgoing>, StoreError> {
    Ok(vec![table(hands).await?, file(hands).await?])
}

async fn table(hands: Hands<'_>) -> Result<Outgoing, StoreError> {
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

async fn file(hands: Hands<'_>) -> Result<Outgoing, StoreError> {
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
