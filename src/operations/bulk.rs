//! How an operation does many things under one request.
//!
//! Guarantees the words in which `worker::bulk` and an operation speak of items: whether one is still as approved,
//! doing one, and whether one is done. Leaves order, pace, marking and stopping to `worker::bulk`.

use async_trait::async_trait;

use super::{Facts, PlanError};
use crate::approval::{Item, Plan};
use crate::ckan::{CallError, Site};

/// An item that is no longer as it was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The item's place.
    pub position: u32,
    /// What CKAN says of it now, one sentence without the item's name.
    pub now: String,
}

/// What a look at one item showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is done.
    Done,
    /// It is done, and something about it is not as it should be: one sentence.
    DoneBut(String),
    /// It is not done: what CKAN shows instead, one sentence.
    NotDone(String),
}

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As the search shows it, many in one question. For what CKAN has confirmed.
    Search,
    /// Each one by CKAN's own record, its search and what a visitor sees.
    Record,
}

/// Doing many things under one request.
#[async_trait]
pub trait BulkWork: Send + Sync {
    /// What is being done, for the progress bar, for example `Withdrawing`.
    fn doing(&self) -> &'static str;

    /// What a done item is, for people, for example `withdrawn`.
    fn done(&self) -> &'static str;

    /// The plan's facts as they are now; none of them is about a single item. Reads only.
    async fn facts(&self, site: &Site, plan: &Plan) -> Result<Facts, CallError>;

    /// Those of the items that are no longer as they were approved. Reads only.
    async fn moved(&self, site: &Site, items: &[Item]) -> Result<Vec<Moved>, CallError>;

    /// Does it to one item. An error says whether CKAN may have acted.
    async fn act(&self, site: &Site, item: &Item) -> Result<(), CallError>;

    /// What of each item is to be seen, in their order. Reads only.
    async fn look(&self, site: &Site, items: &[Item], look: Look) -> Result<Vec<Seen>, CallError>;

    /// What was seen where all was done and seen so, one sentence each.
    fn seen(&self) -> Vec<String>;

    /// The plan that undoes what another operation's plan did to these items. Reads only.
    async fn plan_undoing(&self, site: &Site, undone: &Plan, items: Vec<Item>) -> Result<Plan, PlanError>;
}

/// Asks something of many, a few at a time, and keeps their order.
pub(super) async fn each<'t, T, R, F, Fut>(
    things: &'t [T],
    at_once: usize,
    ask: F,
) -> Result<Vec<R>, CallError>
where
    F: Fn(&'t T) -> Fut,
    Fut: Future<Output = Result<R, CallError>>,
{
    use futures_util::stream::{StreamExt as _, TryStreamExt as _};
    // Collected first: a closure over a borrowed stream would not be general enough for a task.
    let asked: Vec<Fut> = things.iter().map(ask).collect();
    futures_util::stream::iter(asked).buffered(at_once.max(1)).try_collect().await
}
