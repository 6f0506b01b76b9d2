//! What this process has in hand.
//!
//! Guarantees that nothing is taken in hand twice at the same time, and that it is let go of however its task ends.
//! Leaves to `recovery` what was not brought to its end.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The ids of everything that some task of this process works on.
#[derive(Debug)]
pub struct UnderWay<Id>(Arc<Mutex<HashSet<Id>>>);

impl<Id> Default for UnderWay<Id> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<Id: Clone + Eq + Hash> UnderWay<Id> {
    /// Takes it in hand; `None` where somebody has it.
    pub fn take(&self, id: &Id) -> Option<InHand<Id>> {
        lock(&self.0).insert(id.clone()).then(|| InHand { all: self.0.clone(), id: id.clone() })
    }

    /// How many are in hand.
    pub fn count(&self) -> usize {
        lock(&self.0).len()
    }

    /// Whether somebody has it.
    pub fn has(&self, id: &Id) -> bool {
        lock(&self.0).contains(id)
    }
}

/// One of them, for as long as this lives.
#[derive(Debug)]
pub struct InHand<Id: Eq + Hash> {
    all: Arc<Mutex<HashSet<Id>>>,
    id: Id,
}

impl<Id: Eq + Hash> Drop for InHand<Id> {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.id);
    }
}

fn lock<Id>(all: &Mutex<HashSet<Id>>) -> MutexGuard<'_, HashSet<Id>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_taken_twice_and_a_task_that_fails_lets_go() {
        let under_way = UnderWay::<u8>::default();
        let held = under_way.take(&1).unwrap();
        assert!(under_way.take(&1).is_none());
        assert!(under_way.has(&1) && !under_way.has(&2));
        let failing = tokio::spawn(async move {
            let _held = held;
            panic!("on purpose");
        });
        assert!(failing.await.is_err());
        assert!(!under_way.has(&1));
    }
}
