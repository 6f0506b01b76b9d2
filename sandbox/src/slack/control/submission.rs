//! Submitting and closing modals, and what the app's answer does to the stack.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::blocks;
use super::super::delivery::{Ack, Outgoing, deliver};
use super::super::form;
use super::super::payload;
use super::super::view::{Modal, STACK_LIMIT};
use super::super::world::{Shared, World};
use super::click::tell_of_failure;
use super::files::with_files;
use super::reply::SubmitReply;
use super::{Body, Refusal};

#[derive(Debug, Deserialize)]
pub(super) struct SubmitRequest {
    user: String,
    view_id: String,
    #[serde(default)]
    values: Map<String, Value>,
}

pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<SubmitRequest>,
) -> Result<Json<SubmitReply>, Refusal> {
    let payload = shared.change(|world| submission(&shared, world, &request))?;
    let task = tokio::spawn(async move {
        let ack = deliver(&shared, Outgoing::interaction(&payload)).await;
        shared.change(|world| follow(&shared, world, &request, &ack))
    });
    Ok(Json(task.await.unwrap_or_default()))
}

fn open_modal<'a>(world: &'a World, user: &str, view_id: &str) -> Result<&'a Modal, Refusal> {
    match world.modal(view_id) {
        Some((owner, modal)) if owner == user => Ok(modal),
        _ => Err(Refusal::missing("no_such_view", "That person has no such modal open.")),
    }
}

fn submission(shared: &Shared, world: &mut World, request: &SubmitRequest) -> Result<Value, Refusal> {
    let person = world.person(&request.user).cloned();
    let person = person.ok_or_else(|| Refusal::missing("no_such_person", "There is nobody with that id."))?;
    let modal = open_modal(world, &request.user, &request.view_id)?.clone();
    if modal.field("submit").is_null() {
        return Err(Refusal::conflict("no_submit_button", "That modal has no submit button."));
    }
    let given = with_files(shared, world, (&request.user, modal.blocks()), &request.values)?;
    let (values, errors) = form::fill_in(modal.blocks(), &given);
    if !errors.is_empty() {
        if let Some(modal) = world.modal_mut(&request.view_id) {
            modal.errors.clone_from(&errors);
        }
        let message = "Slack's client does not send the form until its required fields are filled in.";
        return Err(Refusal { errors: Some(errors), ..Refusal::conflict("incomplete_form", message) });
    }
    for file in attached(&values) {
        world.files.give_to_app(&file);
    }
    let trigger = world.capabilities.new_trigger(&person.id, true, shared.clock.now_ms());
    Ok(payload::view_submission(&shared.config, &person, &modal, &values, &trigger))
}

/// The ids of all files in a form.
fn attached(values: &Map<String, Value>) -> Vec<String> {
    let actions = values.values().filter_map(Value::as_object).flat_map(Map::values);
    let files = actions.filter_map(|action| action.get("files")?.as_array()).flatten();
    files.filter_map(|file| Some(file.get("id")?.as_str()?.to_owned())).collect()
}

/// Does what the app's answer asks.
fn follow(shared: &Shared, world: &mut World, request: &SubmitRequest, ack: &Ack) -> SubmitReply {
    let mut reply = SubmitReply {
        ok: true,
        status: ack.status,
        ack_ms: ack.took_ms,
        timed_out: ack.timed_out,
        response_action: None,
        errors: None,
    };
    if !ack.accepted() {
        tell_of_failure(world, &request.user, ack);
        return reply;
    }
    if ack.body.is_empty() {
        close_silently(world, request);
        return reply;
    }
    let answer: Value = serde_json::from_str(&ack.body).unwrap_or(Value::Null);
    let action = answer.get("response_action").and_then(Value::as_str).unwrap_or_default();
    reply.response_action = Some(action.to_owned()).filter(|action| !action.is_empty());
    let done = match action {
        "" => answer.as_object().is_some_and(Map::is_empty).then(|| close_silently(world, request)),
        "clear" => world.stacks.remove(&request.user).map(drop),
        "errors" => {
            show_errors(world, request, answer.get("errors")).map(|errors| reply.errors = Some(errors))
        }
        "update" | "push" => show_view(shared, world, request, action, answer.get("view")),
        _ => None,
    };
    if done.is_none() {
        let text = "We had some trouble connecting. Try again?".to_owned();
        world.notify(&request.user, "invalid_view_response", text);
    }
    reply
}

/// The submitted view closes without a `view_closed`, and the one below it shows again.
fn close_silently(world: &mut World, request: &SubmitRequest) {
    world.close_view(&request.user, &request.view_id);
}

/// Errors may only name input blocks of the view.
fn show_errors(
    world: &mut World,
    request: &SubmitRequest,
    errors: Option<&Value>,
) -> Option<Map<String, Value>> {
    let errors = errors?.as_object().filter(|errors| !errors.is_empty())?;
    let modal = world.modal_mut(&request.view_id)?;
    let is_input = |id: &str| {
        modal.blocks().iter().any(|block| {
            block.get("type") == Some(&json!("input"))
                && block.get("block_id").and_then(Value::as_str) == Some(id)
        })
    };
    if !errors.iter().all(|(id, sentence)| is_input(id) && sentence.is_string()) {
        return None;
    }
    modal.errors.clone_from(errors);
    Some(errors.clone())
}

fn show_view(
    shared: &Shared,
    world: &mut World,
    request: &SubmitRequest,
    action: &str,
    view: Option<&Value>,
) -> Option<()> {
    let view = view?;
    let modal = view.get("type").and_then(Value::as_str) == Some("modal");
    if !modal || !blocks::view_problems(view).is_empty() {
        tracing::warn!(team = %shared.config.workspace.team.id, "the app answered a submission with a broken view");
        return None;
    }
    if action == "update" {
        return world.update_view(&request.view_id, view.clone()).map(drop);
    }
    let room = world.stacks.get(&request.user).is_some_and(|stack| stack.len() < STACK_LIMIT);
    room.then(|| world.open_view(&request.user, view.clone(), true)).map(drop)
}

#[derive(Debug, Deserialize)]
pub(super) struct CloseRequest {
    user: String,
    view_id: String,
    #[serde(default)]
    all: bool,
}

/// Closes a modal, or with `all` the whole stack, and tells the app where it asked to be told.
pub(super) async fn close(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<CloseRequest>,
) -> Result<Json<Value>, Refusal> {
    let (person, closed) = shared.change(|world| {
        let modal = open_modal(world, &request.user, &request.view_id)?;
        let lowest =
            if request.all || modal.flag("clear_on_close") { &modal.root_view_id } else { &modal.view_id };
        let lowest = lowest.clone();
        let person = world.person(&request.user).cloned().unwrap_or_default();
        Ok::<_, Refusal>((person, world.close_view(&request.user, &lowest)))
    })?;
    let cleared = request.all || closed.len() > 1;
    let told: Vec<Value> = closed
        .iter()
        .filter(|modal| modal.flag("notify_on_close"))
        .map(|modal| payload::view_closed(&shared.config, &person, modal, cleared))
        .collect();
    let count = told.len();
    let task = tokio::spawn(async move {
        for payload in told {
            deliver(&shared, Outgoing::interaction(&payload)).await;
        }
    });
    let _ = task.await;
    Ok(Json(json!({ "ok": true, "told": count })))
}
