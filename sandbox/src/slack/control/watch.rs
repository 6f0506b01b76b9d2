//! The reading half of the control API.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::world::Shared;
use super::Refusal;
use super::reply::UserState;

/// The longest that one call may wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

pub(super) async fn workspace(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let mut workspace = shared.note(|world| json!(world.workspace));
    if let Some(fields) = workspace.as_object_mut() {
        fields.insert("commands".into(), json!(shared.config.commands));
    }
    Json(workspace)
}

#[derive(Debug, Deserialize)]
pub(super) struct StateQuery {
    user: String,
    #[serde(default)]
    since: u64,
    #[serde(default)]
    wait_ms: u64,
}

pub(super) async fn state(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<StateQuery>,
) -> Result<Json<UserState>, Refusal> {
    if shared.note(|world| world.person(&query.user).is_none()) {
        return Err(Refusal::missing("no_such_person", "There is nobody with that id."));
    }
    let mut versions = shared.versions();
    if query.wait_ms > 0 {
        let newer = versions.wait_for(|version| *version > query.since);
        tokio::select! {
            _ = newer => {}
            () = tokio::time::sleep(Duration::from_millis(query.wait_ms).min(LONGEST_WAIT)) => {}
            () = shared.stop.cancelled() => {}
        }
    }
    let user = query.user.as_str();
    // The version is read first: a change in between is then reported again rather than missed.
    let version = *versions.borrow();
    Ok(Json(shared.note(|world| UserState {
        version,
        messages: world.shown_to(user).cloned().collect(),
        modals: world.stacks.get(user).cloned().unwrap_or_default(),
        notices: world.notices.get(user).cloned().unwrap_or_default(),
        home: world.homes.get(user).cloned(),
    })))
}

pub(super) async fn calls(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.note(|world| json!(world.calls)))
}

pub(super) async fn deliveries(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.note(|world| json!(world.deliveries)))
}
