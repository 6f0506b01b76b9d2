//! Watches: one for each request, found when their time has come.

use std::sync::Arc;

use serde_json::json;

use super::samples::{at, insert, request};
use crate::ids::RequestId;
use crate::store::{Commit, Store, Watch, WatchStep};

fn watch(request: &str, due: i64) -> Watch {
    Watch {
        request: RequestId::new(request),
        due_at: at(due),
        ends_at: at(due + 100),
        memory: json!({"job": "1", "seen": 2}),
    }
}

async fn commit(store: &Arc<dyn Store>, step: WatchStep) {
    store.commit(Commit { watch: Some(step), ..Commit::default() }).await.unwrap();
}

pub(in crate::store) async fn a_watch_is_found_when_it_is_due_and_only_then(store: Arc<dyn Store>) {
    for (id, due) in [("01REQUESTA", 9), ("01REQUESTB", 5)] {
        insert(&store, request(id)).await;
        commit(&store, WatchStep::Keep(watch(id, due))).await;
    }
    assert_eq!(store.due_watches(at(4), 10).await.unwrap(), []);
    assert_eq!(store.due_watches(at(5), 10).await.unwrap(), [watch("01REQUESTB", 5)]);
    let both = [watch("01REQUESTB", 5), watch("01REQUESTA", 9)];
    assert_eq!(store.due_watches(at(9), 10).await.unwrap(), both);
    assert_eq!(store.due_watches(at(9), 1).await.unwrap(), both[..1]);
}

pub(in crate::store) async fn a_request_has_one_watch_until_it_ends(store: Arc<dyn Store>) {
    insert(&store, request("01REQUESTA")).await;
    commit(&store, WatchStep::Keep(watch("01REQUESTA", 1))).await;
    let later = Watch { memory: json!(null), ..watch("01REQUESTA", 7) };
    commit(&store, WatchStep::Keep(later.clone())).await;
    assert_eq!(store.due_watches(at(6), 10).await.unwrap(), []);
    assert_eq!(store.due_watches(at(7), 10).await.unwrap(), std::slice::from_ref(&later));
    commit(&store, WatchStep::End(later.request.clone())).await;
    assert_eq!(store.due_watches(at(99), 10).await.unwrap(), []);
    commit(&store, WatchStep::End(later.request)).await;
}
