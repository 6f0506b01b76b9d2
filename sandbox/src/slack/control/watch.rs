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
    let version = newer_version(&shared, query.since, query.wait_ms).await;
    let user = query.user.as_str();
    Ok(Json(shared.note(|world| UserState {
        version,
        messages: world.shown_to(user).cloned().collect(),
        modals: world.stacks.get(user).cloned().unwrap_or_default(),
        notices: world.notices.get(user).cloned().unwrap_or_default(),
        home: world.homes.get(user).cloned(),
    })))
}

#[derive(Debug, Deserialize)]
pub(super) struct VersionQuery {
    #[serde(default)]
    since: u64,
    #[serde(default)]
    wait_ms: u64,
}

pub(super) async fn version(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<VersionQuery>,
) -> Json<Value> {
    let version = newer_version(&shared, query.since, query.wait_ms).await;
    Json(json!({ "version": version }))
}

/// Waits for a version above this one. What is read after it is at least as new: a change in between is reported
/// twice rather than missed.
async fn newer_version(shared: &Shared, since: u64, wait_ms: u64) -> u64 {
    let mut versions = shared.versions();
    if wait_ms > 0 {
        let newer = versions.wait_for(|version| *version > since);
        tokio::select! {
            _ = newer => {}
            () = tokio::time::sleep(Duration::from_millis(wait_ms).min(LONGEST_WAIT)) => {}
            () = shared.stop.cancelled() => {}
        }
    }
    *versions.borrow()
}

pub(super) async fn calls(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.note(|world| json!(world.calls)))
}

pub(super) async fn deliveries(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.note(|world| json!(world.deliveries)))
}
