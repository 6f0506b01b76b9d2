//! The many things that one request acts on.
//!
//! Guarantees that the digest covers what an approver was shown of every item, in order, and nothing that changes
//! while they are carried out; and that the request itself stays small, since the items stand in the store beside it.
//! Leaves what is bound of an item to its operation, and carrying out to `worker`.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What a plan says of its items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bulk {
    /// How many there are.
    pub count: u32,
    /// [`Digester`]'s word over all of them, in order.
    pub digest: String,
    /// The items themselves, between the plan and the store; never part of a stored request.
    #[serde(skip)]
    pub items: Vec<Item>,
}

/// One of the many things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its place, from 0.
    pub position: u32,
    /// CKAN's own id; execution uses nothing else.
    pub target: Uuid,
    /// The slug at the time of planning, for people.
    pub name: String,
    /// The title at the time of planning, for people.
    pub title: String,
    /// JSON in the operation's own terms: what would change an approver's mind, and what a way back needs.
    pub before: String,
    /// How far it is.
    pub state: ItemState,
    /// Why it is there, for people; empty where the state says it all.
    pub note: String,
}

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemState {
    /// Nothing was sent for it.
    Waiting,
    /// It may have been sent: written down before the call goes out.
    Sent,
    /// A probe saw it done.
    Done,
    /// It was certainly not done.
    Failed,
    /// Nobody can say.
    Unknown,
    /// It was left out: somebody changed it meanwhile, or the run was stopped before its turn.
    Skipped,
}

impl ItemState {
    /// Every state, in the order in which people are told of them.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Failed, Self::Unknown, Self::Skipped, Self::Sent, Self::Waiting];

    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Makes the digest, item by item.
#[derive(Debug, Clone, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Takes the next item in.
    pub fn take(&mut self, item: &Item) {
        // As a JSON list no text can run into the next one.
        let bound = serde_json::json!([item.position, item.target, item.name, item.title, item.before]);
        self.0.update(bound.to_string().as_bytes());
        self.0.update(b"\n");
    }

    /// SHA-256 in lower-case hexadecimal.
    pub fn end(self) -> String {
        hex::encode(self.0.finalize())
    }
}

impl Bulk {
    /// These things, in this order: target, slug, title, and what is bound of each.
    pub fn of(things: impl IntoIterator<Item = (Uuid, String, String, String)>) -> Self {
        let mut digester = Digester::default();
        let items: Vec<Item> = (0..)
            .zip(things)
            .map(|(position, (target, name, title, before))| Item {
                position,
                target,
                name,
                title,
                before,
                state: ItemState::Waiting,
                note: String::new(),
            })
            .inspect(|item| digester.take(item))
            .collect();
        Self { count: u32::try_from(items.len()).unwrap_or(u32::MAX), digest: digester.end(), items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Thing = (Uuid, String, String, String);

    fn things() -> Vec<Thing> {
        (1..=3)
            .map(|n| (Uuid::from_u128(n), format!("slug-{n}"), format!("Title {n}"), "{}".to_owned()))
            .collect()
    }

    #[test]
    fn the_digest_moves_with_everything_bound_and_with_the_order_and_with_nothing_else() {
        let bulk = Bulk::of(things());
        assert_eq!(bulk.count, 3);
        let moved = |edit: fn(&mut Vec<Thing>)| {
            let mut other = things();
            edit(&mut other);
            Bulk::of(other).digest != bulk.digest
        };
        assert!(moved(|things| things[0].0 = Uuid::from_u128(9)));
        assert!(moved(|things| things[1].1.push('x')));
        assert!(moved(|things| things[1].2.push('x')));
        assert!(moved(|things| things[2].3 = r#"{"state":"draft"}"#.to_owned()));
        assert!(moved(|things| things.swap(0, 1)));
        assert!(moved(|things| things.truncate(2)));
        let mut digester = Digester::default();
        for item in &bulk.items {
            digester.take(&Item { state: ItemState::Done, note: "x".to_owned(), ..item.clone() });
        }
        assert_eq!(digester.end(), bulk.digest);
    }

    #[test]
    fn every_state_has_a_name_of_its_own_and_back() {
        for state in ItemState::ALL {
            assert_eq!(ItemState::from_name(state.name()), Some(state));
        }
        assert_eq!(ItemState::from_name("running"), None);
    }

    #[test]
    fn a_request_never_holds_the_items() {
        let text = serde_json::to_string(&Bulk::of(things())).unwrap();
        assert!(!text.contains("slug"), "{text}");
    }
}
