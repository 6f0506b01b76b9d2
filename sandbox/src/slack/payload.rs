//! The JSON and form bodies that Slack sends to an app, and the message objects of Web API answers.

use serde_json::{Value, json};

use super::config::SlackConfig;
use super::form::Values;
use super::message::Message;
use super::view::Modal;
use super::workspace::{Channel, Person};

/// Slack still sends it; apps have long been told to check the signature instead.
const VERIFICATION_TOKEN: &str = "sandbox-verification-token";

/// A slash command's form body.
pub(super) fn command(
    config: &SlackConfig,
    person: &Person,
    channel: &Channel,
    (name, text): (&str, &str),
    (response_url, trigger_id): (&str, &str),
) -> String {
    let team = &config.workspace.team;
    let channel_name =
        if channel.is_private && !channel.is_direct() { "privategroup" } else { &channel.name };
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("token", VERIFICATION_TOKEN)
        .append_pair("team_id", &team.id)
        .append_pair("team_domain", &team.domain)
        .append_pair("channel_id", &channel.id)
        .append_pair("channel_name", channel_name)
        .append_pair("user_id", &person.id)
        .append_pair("user_name", &person.name)
        .append_pair("command", name)
        .append_pair("text", text)
        .append_pair("api_app_id", &config.workspace.app.id)
        .append_pair("is_enterprise_install", "false")
        .append_pair("response_url", response_url)
        .append_pair("trigger_id", trigger_id)
        .finish()
}

/// What was clicked.
pub(super) struct Click<'a> {
    pub(super) person: &'a Person,
    pub(super) action: Value,
    pub(super) trigger_id: &'a str,
}

fn envelope(config: &SlackConfig, kind: &str, person: &Person) -> Value {
    let team = &config.workspace.team;
    json!({
        "type": kind,
        "team": { "id": team.id, "domain": team.domain },
        "user": {
            "id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id,
        },
        "api_app_id": config.workspace.app.id,
        "token": VERIFICATION_TOKEN,
        "enterprise": null,
        "is_enterprise_install": false,
    })
}

fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(extra)) = (&mut base, more) {
        fields.extend(extra);
    }
    base
}

/// A click in a message. Slack does not send back the message where it was ephemeral.
pub(super) fn message_click(
    config: &SlackConfig,
    click: &Click<'_>,
    channel: &Channel,
    message: &Message,
    response_url: &str,
) -> Value {
    let ephemeral = message.ephemeral_for.is_some();
    let mut container = json!({
        "type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": ephemeral,
    });
    if let (Some(thread), Some(fields)) = (&message.thread_ts, container.as_object_mut()) {
        fields.insert("thread_ts".into(), thread.clone().into());
    }
    let mut payload = with(
        envelope(config, "block_actions", click.person),
        json!({
            "container": container,
            "trigger_id": click.trigger_id,
            "channel": { "id": channel.id, "name": channel.name },
            "state": { "values": {} },
            "response_url": response_url,
            "actions": [click.action],
        }),
    );
    if let (false, Some(fields)) = (ephemeral, payload.as_object_mut()) {
        fields.insert("message".into(), message_object(config, message, false));
    }
    payload
}

/// A click in a modal.
pub(super) fn view_click(config: &SlackConfig, click: &Click<'_>, modal: &Modal, values: &Values) -> Value {
    let view = view_object(config, modal, values);
    with(
        envelope(config, "block_actions", click.person),
        json!({
            "container": { "type": "view", "view_id": modal.view_id },
            "trigger_id": click.trigger_id,
            "state": { "values": values },
            "view": view,
            "actions": [click.action],
        }),
    )
}

/// A submitted modal.
pub(super) fn view_submission(
    config: &SlackConfig,
    person: &Person,
    modal: &Modal,
    values: &Values,
    trigger_id: &str,
) -> Value {
    with(
        envelope(config, "view_submission", person),
        json!({
            "trigger_id": trigger_id,
            "view": view_object(config, modal, values),
            "response_urls": [],
        }),
    )
}

/// A closed modal.
pub(super) fn view_closed(config: &SlackConfig, person: &Person, modal: &Modal, is_cleared: bool) -> Value {
    with(
        envelope(config, "view_closed", person),
        json!({ "view": view_object(config, modal, &Values::new()), "is_cleared": is_cleared }),
    )
}

pub(super) fn view_object(config: &SlackConfig, modal: &Modal, values: &Values) -> Value {
    let app = &config.workspace.app;
    modal.object(&config.workspace.team.id, &app.id, &app.bot_id, &json!(values))
}

/// A message as `chat.postMessage` answers it and `conversations.history` lists it.
pub(super) fn message_object(config: &SlackConfig, message: &Message, with_metadata: bool) -> Value {
    let app = &config.workspace.app;
    let mut object = json!({
        "type": "message", "user": message.user, "ts": message.ts, "text": message.text,
        "team": config.workspace.team.id,
    });
    let Some(fields) = object.as_object_mut() else { return object };
    if message.bot {
        fields.insert("bot_id".into(), app.bot_id.clone().into());
        fields.insert("app_id".into(), app.id.clone().into());
        let profile = json!({
            "id": app.bot_id, "app_id": app.id, "name": app.name, "deleted": false, "updated": 0,
            "team_id": config.workspace.team.id, "icons": {},
        });
        fields.insert("bot_profile".into(), profile);
    }
    if !message.blocks.is_empty() {
        fields.insert("blocks".into(), message.blocks.clone().into());
    }
    if !message.files.is_empty() {
        fields.insert("files".into(), message.files.clone().into());
    }
    if let Some(thread) = &message.thread_ts {
        fields.insert("thread_ts".into(), thread.clone().into());
    }
    if message.edited {
        fields.insert("edited".into(), json!({ "user": message.user, "ts": message.ts }));
    }
    if let (true, Some(metadata)) = (with_metadata, &message.metadata) {
        fields.insert("metadata".into(), metadata.clone());
    }
    object
}
