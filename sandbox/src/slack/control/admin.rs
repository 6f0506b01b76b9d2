//! What a test does to Slack itself: raw and repeated deliveries, faults, people, groups, the clock.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::delivery::{self, Outgoing, path_named};
use super::super::fault::FaultRequest;
use super::super::world::Shared;
use super::reply::DeliverReply;
use super::{Body, Refusal};

#[derive(Debug, Deserialize)]
pub(super) struct DeliverRequest {
    path: String,
    body: String,
    #[serde(default)]
    timestamp: Option<i64>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    secret: Option<String>,
}

pub(super) async fn deliver(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<DeliverRequest>,
) -> Result<Json<DeliverReply>, Refusal> {
    let path = path_named(&request.path)
        .ok_or_else(|| Refusal::bad("no_such_path", "The path is commands, interactions or events."))?;
    let outgoing = Outgoing {
        path,
        body: request.body,
        timestamp: request.timestamp,
        signature: request.signature,
        secret: request.secret,
    };
    Ok(Json(send(shared, outgoing).await))
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplayRequest {
    n: u64,
}

pub(super) async fn replay(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<ReplayRequest>,
) -> Result<Json<DeliverReply>, Refusal> {
    let recorded =
        shared.note(|world| world.deliveries.iter().find(|delivery| delivery.n == request.n).cloned());
    let recorded =
        recorded.ok_or_else(|| Refusal::missing("no_such_delivery", "No delivery has that number."))?;
    let path = path_named(&recorded.path)
        .ok_or_else(|| Refusal::bad("no_such_path", "The path is commands, interactions or events."))?;
    let outgoing = Outgoing {
        path,
        body: recorded.request,
        timestamp: Some(recorded.timestamp),
        signature: Some(recorded.signature),
        secret: None,
    };
    Ok(Json(send(shared, outgoing).await))
}

async fn send(shared: Arc<Shared>, outgoing: Outgoing) -> DeliverReply {
    let task = tokio::spawn(async move { delivery::deliver(&shared, outgoing).await });
    task.await.unwrap_or_default().into()
}

pub(super) async fn fault(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<FaultRequest>,
) -> Result<Json<Value>, Refusal> {
    let fault = request.fault().ok_or_else(|| {
        let message = "The fault is ratelimited, http_500, timeout, lose_response, pass or error:<code>.";
        Refusal::bad("no_such_fault", message)
    })?;
    shared.note(|world| world.faults.plan(request, fault));
    Ok(Json(json!({ "ok": true })))
}

/// Changes the given fields of a person and leaves the others.
pub(super) async fn person(
    State(shared): State<Arc<Shared>>,
    Body(mut fields): Body<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    let id = fields.remove("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
    shared.change(|world| {
        let person = world.workspace.people.iter_mut().find(|person| person.id == id);
        let person =
            person.ok_or_else(|| Refusal::missing("no_such_person", "There is nobody with that id."))?;
        let mut whole = json!(person);
        if let Some(known) = whole.as_object_mut() {
            if let Some(unknown) = fields.keys().find(|name| !known.contains_key(*name)) {
                return Err(Refusal::bad("no_such_field", format!("A person has no field {unknown}.")));
            }
            known.extend(fields);
        }
        *person =
            serde_json::from_value(whole).map_err(|error| Refusal::bad("bad_field", error.to_string()))?;
        Ok(Json(json!({ "ok": true, "person": person })))
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct UsergroupRequest {
    id: String,
    #[serde(default)]
    users: Option<Vec<String>>,
    #[serde(default)]
    disabled: Option<bool>,
}

pub(super) async fn usergroup(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<UsergroupRequest>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|world| {
        let group = world.workspace.usergroups.iter_mut().find(|group| group.id == request.id);
        let group =
            group.ok_or_else(|| Refusal::missing("no_such_usergroup", "No user group has that id."))?;
        if let Some(users) = request.users {
            group.users = users;
        }
        if let Some(disabled) = request.disabled {
            group.disabled = disabled;
        }
        Ok(Json(json!({ "ok": true, "usergroup": group })))
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ChannelRequest {
    id: String,
    #[serde(default)]
    is_ext_shared: Option<bool>,
    #[serde(default)]
    is_pending_ext_shared: Option<bool>,
    #[serde(default)]
    is_org_shared: Option<bool>,
}

/// Says with whom a channel is shared.
pub(super) async fn channel(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<ChannelRequest>,
) -> Result<Json<Value>, Refusal> {
    shared.change(|world| {
        let channel = world.workspace.channels.iter_mut().find(|channel| channel.id == request.id);
        let channel =
            channel.ok_or_else(|| Refusal::missing("no_such_channel", "No channel has that id."))?;
        for (flag, wanted) in [
            (&mut channel.is_ext_shared, request.is_ext_shared),
            (&mut channel.is_pending_ext_shared, request.is_pending_ext_shared),
            (&mut channel.is_org_shared, request.is_org_shared),
        ] {
            *flag = wanted.unwrap_or(*flag);
        }
        Ok(Json(json!({ "ok": true, "channel": channel })))
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ClockRequest {
    advance_s: i64,
}

pub(super) async fn clock(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<ClockRequest>,
) -> Json<Value> {
    shared.clock.advance(request.advance_s.saturating_mul(1000));
    Json(json!({ "ok": true, "now_ms": shared.clock.now_ms() }))
}
