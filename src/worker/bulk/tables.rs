//! The tables of a request over many items: the whole list before anybody approves, and all results after.
//!
//! Guarantees that they hold every item, read page by page, and no cell that a spreadsheet would take for a formula.
//! Leaves bringing them to Slack to the outbox.

use super::{Hands, PAGE};
use crate::approval::{Item, Request};
use crate::operations::csv::CsvFile;
use crate::sentences::bulk as words;
use crate::sentences::text::Text;
use crate::slack::files::ResultFile;
use crate::store::{ItemFilter, Outgoing, StoreError};
use crate::worker::Bot;

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
