//! The suite on a file, and what is SQLite's own.

use super::*;
use crate::clock::MovableClock;
use crate::store::conformance::{Fixture, store_suite};

async fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("t.db").display());
    let store = SqliteStore::open(&url, Arc::new(MovableClock::default())).await.unwrap();
    Fixture { store: Arc::new(store), _keeps: Box::new(directory) }
}

store_suite!(fixture);
