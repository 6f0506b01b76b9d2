//! `chat.*`: posting, changing and deleting the app's own messages.

use serde_json::{Value, json};

use super::super::blocks;
use super::super::message::Message;
use super::super::payload::message_object;
use super::super::workspace::Channel;
use super::super::world::World;
use super::content::{Content, Limits};
use super::error::ApiError;
use super::{Answer, Context, answer};

/// One message per second and channel.
const PACE_MS: i64 = 1_000;

/// The channel, if the bot may post there. A user's id stands for the direct message with that user.
pub(super) fn writable(context: &mut Context<'_>, id: &str) -> Result<Channel, ApiError> {
    let id =
        if context.world.person(id).is_some() { context.world.direct_channel(id) } else { id.to_owned() };
    let bot = context.world.workspace.app.bot_user_id.clone();
    let channel = context.world.channel(&id).ok_or_else(|| ApiError::new("channel_not_found"))?;
    let public = context.shared.config.scopes.iter().any(|scope| scope == "chat:write.public");
    if !channel.has(&bot) && (channel.is_private || !public) {
        // A private channel that the bot is not in does not exist for it.
        let code = if channel.is_private { "channel_not_found" } else { "not_in_channel" };
        return Err(ApiError::new(code));
    }
    if channel.is_archived {
        return Err(ApiError::new("is_archived"));
    }
    Ok(channel.clone())
}

/// The thread to post in, which must be a message of its own that everyone can see.
pub(super) fn thread(context: &Context<'_>, channel: &str) -> Result<Option<String>, ApiError> {
    let Some(ts) = context.arguments.text("thread_ts")? else { return Ok(None) };
    match context.world.message(channel, &ts) {
        None => Err(ApiError::new("thread_not_found")),
        Some(parent) if parent.ephemeral_for.is_some() || parent.thread_ts.is_some() => {
            Err(ApiError::new("cannot_reply_to_message"))
        }
        Some(_) => Ok(Some(ts)),
    }
}

fn keep_pace(context: &mut Context<'_>, channel: &str) -> Result<(), ApiError> {
    let now = context.shared.clock.now_ms();
    let last = context.world.last_post_ms.get(channel).copied();
    if context.shared.config.pace && last.is_some_and(|last| now - last < PACE_MS) {
        return Err(ApiError::new("ratelimited"));
    }
    context.world.last_post_ms.insert(channel.to_owned(), now);
    Ok(())
}

fn check_flags(context: &Context<'_>, names: &[&str]) -> Result<(), ApiError> {
    names.iter().try_for_each(|name| context.arguments.flag(name).map(drop))
}

pub(super) fn post_message(context: &mut Context<'_>) -> Answer {
    let id = context.arguments.required("channel")?;
    let channel = writable(context, &id)?;
    check_flags(context, &["unfurl_links", "unfurl_media", "link_names", "reply_broadcast", "mrkdwn"])?;
    let thread_ts = thread(context, &channel.id)?;
    let body = Content::read(context.arguments, Limits::Post)?;
    keep_pace(context, &channel.id)?;
    let message = context.world.post(Message {
        channel: channel.id,
        thread_ts,
        user: context.world.workspace.app.bot_user_id.clone(),
        bot: true,
        text: body.text,
        blocks: body.blocks.unwrap_or_default(),
        metadata: body.metadata.filter(|metadata| !metadata.is_null()),
        ..Message::default()
    });
    let object = message_object(&context.shared.config, &message, true);
    Ok(answer(json!({ "channel": message.channel, "ts": message.ts, "message": object })))
}

pub(super) fn post_ephemeral(context: &mut Context<'_>) -> Answer {
    let id = context.arguments.required("channel")?;
    let user = context.arguments.required("user")?;
    let channel = writable(context, &id)?;
    if !channel.has(&user) {
        return Err(ApiError::new("user_not_in_channel"));
    }
    check_flags(context, &["link_names"])?;
    let thread_ts = thread(context, &channel.id)?;
    let body = Content::read(context.arguments, Limits::Post)?;
    keep_pace(context, &channel.id)?;
    let message = context.world.post(Message {
        channel: channel.id,
        thread_ts,
        user: context.world.workspace.app.bot_user_id.clone(),
        bot: true,
        text: body.text,
        blocks: body.blocks.unwrap_or_default(),
        ephemeral_for: Some(user),
        ..Message::default()
    });
    Ok(answer(json!({ "message_ts": message.ts })))
}

/// The app's own message that everyone can see. Updates and deletions take a channel's id only.
fn own<'a>(
    world: &'a World,
    channel: &str,
    ts: &str,
    refusal: &'static str,
) -> Result<&'a Message, ApiError> {
    if world.channel(channel).is_none() {
        return Err(ApiError::new("channel_not_found"));
    }
    let message = world.message(channel, ts).filter(|message| message.ephemeral_for.is_none());
    let message = message.ok_or_else(|| ApiError::new("message_not_found"))?;
    if !message.bot {
        return Err(ApiError::new(refusal));
    }
    Ok(message)
}

pub(super) fn update(context: &mut Context<'_>) -> Answer {
    let channel = context.arguments.required("channel")?;
    let ts = context.arguments.required("ts")?;
    own(context.world, &channel, &ts, "cant_update_message")?;
    let mut body = Content::read(context.arguments, Limits::Update)?;
    if let Some(blocks) = &mut body.blocks {
        context.world.name_blocks(blocks);
    }
    let message =
        context.world.message_mut(&channel, &ts).ok_or_else(|| ApiError::new("message_not_found"))?;
    // Text alone takes the blocks away, and is what Slack marks as edited.
    message.edited |= body.blocks.is_none();
    message.blocks = body.blocks.unwrap_or_default();
    message.text = body.text;
    if let Some(metadata) = body.metadata {
        message.metadata = Some(metadata).filter(|metadata| !metadata.is_null());
    }
    let message = message.clone();
    let object = message_object(&context.shared.config, &message, true);
    Ok(answer(json!({
        "channel": message.channel, "ts": message.ts, "text": message.text, "message": object,
    })))
}

pub(super) fn delete(context: &mut Context<'_>) -> Answer {
    let channel = context.arguments.required("channel")?;
    let ts = context.arguments.required("ts")?;
    own(context.world, &channel, &ts, "cant_delete_message")?;
    context.world.messages.retain(|message| message.channel != channel || message.ts != ts);
    Ok(answer(json!({ "channel": channel, "ts": ts })))
}

pub(super) fn get_permalink(context: &mut Context<'_>) -> Answer {
    let channel = context.arguments.required("channel")?;
    let ts = context.arguments.required("message_ts")?;
    if context.world.channel(&channel).is_none() {
        return Err(ApiError::new("channel_not_found"));
    }
    let message = context.world.message(&channel, &ts).filter(|message| message.ephemeral_for.is_none());
    let message = message.ok_or_else(|| ApiError::new("message_not_found"))?;
    let domain = &context.world.workspace.team.domain;
    let mut link = format!("https://{domain}.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
    if let Some(thread) = &message.thread_ts {
        link = format!("{link}?thread_ts={thread}&cid={channel}");
    }
    Ok(answer(json!({ "channel": channel, "permalink": link })))
}

/// `blocks.validate`: only whether the blocks are right.
pub(super) fn validate(context: &mut Context<'_>) -> Answer {
    let Some(Ok(Value::Array(blocks))) = context.arguments.structure("blocks") else {
        return Err(ApiError::new("invalid_blocks_format"));
    };
    let problems = blocks::message_problems(&blocks);
    if problems.is_empty() {
        Ok(answer(json!({})))
    } else {
        Err(ApiError::blocks("invalid_blocks", &problems))
    }
}
