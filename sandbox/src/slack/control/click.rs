//! Pressing a button, or choosing something in a menu, of a message or a modal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::capability::Source;
use super::super::delivery::{Ack, Outgoing, deliver};
use super::super::form;
use super::super::message::{Message, find_element};
use super::super::payload::{self, Click};
use super::super::respond;
use super::super::workspace::Channel;
use super::super::world::{Shared, World};
use super::files::with_files;
use super::reply::AckReply;
use super::{Body, Refusal};

#[derive(Debug, Deserialize)]
pub(super) struct ClickRequest {
    user: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    ts: String,
    #[serde(default)]
    view_id: Option<String>,
    action_id: String,
    #[serde(default)]
    block_id: Option<String>,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    forge: bool,
}

pub(super) async fn click(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<ClickRequest>,
) -> Result<Json<AckReply>, Refusal> {
    let payload = shared.note(|world| match &request.view_id {
        Some(view_id) => click_in_view(&shared, world, &request, view_id),
        None => click_in_message(&shared, world, &request),
    })?;
    let task = tokio::spawn(async move {
        let ack = deliver(&shared, Outgoing::interaction(&payload)).await;
        shared.change(|world| tell_of_failure(world, &request.user, &ack));
        ack
    });
    Ok(Json(task.await.unwrap_or_default().into()))
}

/// Slack puts a warning next to the button.
pub(super) fn tell_of_failure(world: &mut World, user: &str, ack: &Ack) {
    if ack.timed_out {
        world.notify(user, "operation_timeout", "This app did not answer in time. Try again.".into());
    } else if !ack.accepted() {
        world.notify(
            user,
            "dispatch_failed",
            "This app could not be reached, or it refused. Try again.".into(),
        );
    }
}

fn no_such_button() -> Refusal {
    Refusal::missing("no_such_button", "That person sees no such button or choice there.")
}

fn click_in_message(shared: &Shared, world: &mut World, request: &ClickRequest) -> Result<Value, Refusal> {
    let person = world.person(&request.user).cloned();
    let person = person.ok_or_else(|| Refusal::missing("no_such_person", "There is nobody with that id."))?;
    let action_ts = world.next_ts();
    let (message, channel, action) = if request.forge {
        forged(world, request, &action_ts)
    } else {
        let shown = |message: &&Message| message.channel == request.channel && message.ts == request.ts;
        let message = world.shown_to(&request.user).find(shown).cloned().ok_or_else(no_such_button)?;
        let channel = world.channel(&message.channel).cloned().ok_or_else(no_such_button)?;
        let (block_id, element) =
            message.element(&request.action_id, request.block_id.as_deref()).ok_or_else(no_such_button)?;
        let action = form::action(block_id, element, request.value.as_ref(), &action_ts);
        let action = action.ok_or_else(no_such_button)?;
        (message, channel, action)
    };
    let now = shared.clock.now_ms();
    let source = Source::Message { ts: message.ts.clone() };
    let token = world.capabilities.new_response(&person.id, &channel.id, source, now);
    let trigger_id = &world.capabilities.new_trigger(&person.id, false, now);
    let click = Click { person: &person, action, trigger_id };
    let url = respond::address(&shared.base, &token);
    Ok(payload::message_click(&shared.config, &click, &channel, &message, &url))
}

/// A click as an attacker could make it up: any value, in any message, seen or not.
fn forged(world: &World, request: &ClickRequest, action_ts: &str) -> (Message, Channel, Value) {
    let message = world.message(&request.channel, &request.ts).cloned().unwrap_or_else(|| Message {
        channel: request.channel.clone(),
        ts: request.ts.clone(),
        user: world.workspace.app.bot_user_id.clone(),
        bot: true,
        ..Message::default()
    });
    let channel = world.channel(&request.channel).cloned().unwrap_or_else(|| Channel {
        id: request.channel.clone(),
        name: "forged".into(),
        ..Channel::default()
    });
    let action = json!({
        "type": "button",
        "action_id": request.action_id,
        "block_id": request.block_id.as_deref().unwrap_or("forged"),
        "text": { "type": "plain_text", "text": "Forged", "emoji": true },
        "value": request.value,
        "action_ts": action_ts,
    });
    (message, channel, action)
}

fn click_in_view(
    shared: &Shared,
    world: &mut World,
    request: &ClickRequest,
    view_id: &str,
) -> Result<Value, Refusal> {
    let action_ts = world.next_ts();
    let person = world.person(&request.user).cloned();
    let person = person.ok_or_else(|| Refusal::missing("no_such_person", "There is nobody with that id."))?;
    let home = world.homes.get(&request.user).filter(|home| home.view_id == view_id);
    let modal = match (world.modal(view_id), home) {
        (Some((owner, modal)), _) if owner == request.user => modal.clone(),
        (_, Some(home)) => home.clone(),
        _ => return Err(Refusal::missing("no_such_view", "That person has no such view open.")),
    };
    let found = find_element(modal.blocks(), &request.action_id, request.block_id.as_deref());
    let (block_id, element) = found.ok_or_else(no_such_button)?;
    let action =
        form::action(block_id, element, request.value.as_ref(), &action_ts).ok_or_else(no_such_button)?;
    let given = with_files(shared, world, (&request.user, modal.blocks()), &request.values)?;
    let (values, _) = form::fill_in(modal.blocks(), &given);
    let trigger_id = &world.capabilities.new_trigger(&person.id, true, shared.clock.now_ms());
    let click = Click { person: &person, action, trigger_id };
    Ok(payload::view_click(&shared.config, &click, &modal, &values))
}
