//! The composer: slash commands, and ordinary messages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::super::capability::Source;
use super::super::delivery::{Ack, Outgoing, deliver};
use super::super::message::Message;
use super::super::payload;
use super::super::respond;
use super::super::world::{Shared, World};
use super::reply::CommandReply;
use super::{Body, Refusal};

#[derive(Debug, Deserialize)]
pub(super) struct CommandRequest {
    user: String,
    channel: String,
    text: String,
    #[serde(default)]
    thread_ts: Option<String>,
}

/// What a delivered command needs when its acknowledgement comes.
struct Typed {
    request: CommandRequest,
    name: String,
    token: String,
}

pub(super) async fn command(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<CommandRequest>,
) -> Result<Json<CommandReply>, Refusal> {
    let line = request.text.trim().to_owned();
    if !line.starts_with('/') {
        return shared.change(|world| say(world, request, &line)).map(Json);
    }
    let (name, text) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
    if let Err(refusal) = shared.note(|world| refuse(&shared, world, &request, name)) {
        // Slack says it in the channel, where only the person sees it.
        shared.change(|world| world.notify(&request.user, refusal.code, refusal.message.clone()));
        return Err(refusal);
    }
    let (outgoing, typed) = shared
        .note(|world| sign_command(&shared, world, request, name, text.trim()))
        .ok_or_else(|| Refusal::missing("no_such_channel", "That channel is not there."))?;
    let task = tokio::spawn(async move {
        let ack = deliver(&shared, outgoing).await;
        shared.change(|world| show_answer(&shared, world, &typed, &ack));
        ack
    });
    let ack = task.await.unwrap_or_default();
    Ok(Json(CommandReply::from(ack)))
}

impl From<Ack> for CommandReply {
    fn from(ack: Ack) -> Self {
        Self { ok: true, status: ack.status, ack_ms: ack.took_ms, timed_out: ack.timed_out, body: ack.body }
    }
}

/// An ordinary message; the app is not told of it.
fn say(world: &mut World, request: CommandRequest, text: &str) -> Result<CommandReply, Refusal> {
    check_place(world, &request.user, &request.channel)?;
    if text.is_empty() {
        return Err(Refusal::bad("no_text", "Type something first."));
    }
    if let Some(thread) = &request.thread_ts
        && world.message(&request.channel, thread).is_none()
    {
        return Err(Refusal::missing("no_such_thread", "That thread is not there."));
    }
    world.post(Message {
        channel: request.channel,
        user: request.user,
        text: text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        thread_ts: request.thread_ts,
        ..Message::default()
    });
    Ok(CommandReply { ok: true, status: 200, ..CommandReply::default() })
}

fn check_place(world: &World, user: &str, channel: &str) -> Result<(), Refusal> {
    if world.person(user).is_none() {
        return Err(Refusal::missing("no_such_person", "There is nobody with that id."));
    }
    if !world.channel(channel).is_some_and(|channel| channel.has(user)) {
        return Err(Refusal::missing("no_such_channel", "That person is in no channel with that id."));
    }
    Ok(())
}

/// What Slack answers by itself, without asking the app.
fn refuse(shared: &Shared, world: &World, request: &CommandRequest, name: &str) -> Result<(), Refusal> {
    check_place(world, &request.user, &request.channel)?;
    let team = &world.workspace.team.id;
    let known = shared.config.commands.iter().any(|command| command.command == name);
    let outside = world.person(&request.user).is_some_and(|person| person.team_id != *team);
    if !known || outside {
        // Commands are not shared over Slack Connect: for other companies they do not exist.
        let message = format!(
            "{name} is not a valid command. In Slack, all messages that start with the \"/\" character are interpreted as commands."
        );
        return Err(Refusal::conflict("no_such_command", message));
    }
    if request.thread_ts.is_some() {
        return Err(Refusal::conflict(
            "command_in_thread",
            format!("{name} is not supported in threads. Sorry!"),
        ));
    }
    Ok(())
}

fn sign_command(
    shared: &Shared,
    world: &mut World,
    request: CommandRequest,
    name: &str,
    text: &str,
) -> Option<(Outgoing, Typed)> {
    let now = shared.clock.now_ms();
    let line = request.text.trim().to_owned();
    let source = Source::Command { line, answer_ts: None };
    let token = world.capabilities.new_response(&request.user, &request.channel, source, now);
    let trigger = world.capabilities.new_trigger(&request.user, false, now);
    let escaped =
        shared.config.commands.iter().any(|command| command.command == name && command.should_escape);
    let text = if escaped { escape(world, text) } else { text.to_owned() };
    let (person, channel) = (world.person(&request.user)?, world.channel(&request.channel)?);
    let url = respond::address(&shared.base, &token);
    let body = payload::command(&shared.config, person, channel, (name, &text), (&url, &trigger));
    Some((Outgoing::new("commands", body), Typed { request, name: name.to_owned(), token }))
}

/// People and channels as `should_escape` sends them.
fn escape(world: &World, text: &str) -> String {
    let escaped = |word: &str| {
        let person = word.strip_prefix('@').and_then(|name| {
            world.workspace.people.iter().find(|person| person.name == name).map(|person| &person.id)
        });
        let channel = word.strip_prefix('#').and_then(|name| {
            world.workspace.channels.iter().find(|channel| channel.name == name).map(|channel| &channel.id)
        });
        match (person, channel) {
            (Some(id), _) => format!("<@{id}>"),
            (None, Some(id)) => format!("<#{id}>"),
            _ if word.starts_with("http://") || word.starts_with("https://") => format!("<{word}>"),
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(escaped).collect::<Vec<_>>().join(" ")
}

/// Shows the person the answer, or what went wrong with it.
fn show_answer(shared: &Shared, world: &mut World, typed: &Typed, ack: &Ack) {
    let (user, name) = (typed.request.user.as_str(), &typed.name);
    if ack.timed_out {
        world.notify(
            user,
            "operation_timeout",
            format!("{name} failed with the error \"operation_timeout\""),
        );
        return;
    }
    if !ack.accepted() {
        world.notify(user, "dispatch_failed", format!("{name} failed with the error \"dispatch_failed\""));
        return;
    }
    if ack.body.trim().is_empty() {
        return;
    }
    let body = if ack.is_json {
        serde_json::from_str(&ack.body).unwrap_or(Value::Null)
    } else {
        serde_json::json!({ "text": ack.body })
    };
    if respond::answer_command(shared, world, &typed.token, &body).is_err() {
        let text = format!("{name} failed with the error \"invalid_command_response\"");
        world.notify(user, "invalid_command_response", text);
    }
}
