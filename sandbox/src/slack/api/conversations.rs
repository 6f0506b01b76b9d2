//! `conversations.*`: what the bot can learn of channels and read in them.

use serde_json::{Value, json};

use super::super::message::Message;
use super::super::payload::message_object;
use super::super::workspace::Channel;
use super::error::ApiError;
use super::method::require_one;
use super::{Answer, Context, answer};

const LARGEST_PAGE: usize = 1000;

/// The channel, if the bot can know of it and has the scope for its kind.
fn known(context: &Context<'_>, verb: &str) -> Result<Channel, ApiError> {
    let id = context.arguments.required("channel")?;
    let bot = &context.world.workspace.app.bot_user_id;
    let channel = context.world.channel(&id).filter(|channel| !channel.is_private || channel.has(bot));
    let channel = channel.ok_or_else(|| ApiError::new("channel_not_found"))?;
    let family = match channel {
        channel if channel.is_direct() => "im",
        channel if channel.is_private => "groups",
        _ => "channels",
    };
    require_one(&[&format!("{family}:{verb}")], &context.shared.config.scopes)?;
    Ok(channel.clone())
}

pub(super) fn info(context: &mut Context<'_>) -> Answer {
    let channel = known(context, "read")?;
    let workspace = &context.world.workspace;
    let mut object = if channel.is_direct() {
        let other = channel.members.iter().find(|member| **member != workspace.app.bot_user_id);
        json!({
            "id": channel.id, "created": 1_700_000_000, "is_im": true, "is_org_shared": false,
            "context_team_id": workspace.team.id, "user": other, "is_archived": false,
        })
    } else {
        channel_object(context, &channel)
    };
    if context.arguments.flag("include_num_members")?.unwrap_or(false)
        && let Some(fields) = object.as_object_mut()
    {
        fields.insert("num_members".into(), channel.members.len().into());
    }
    Ok(answer(json!({ "channel": object })))
}

fn channel_object(context: &Context<'_>, channel: &Channel) -> Value {
    let workspace = &context.world.workspace;
    let own = &workspace.team.id;
    let mut teams = vec![own.as_str()];
    if channel.is_ext_shared {
        let others = workspace.people.iter().filter(|person| channel.has(&person.id));
        teams.extend(others.map(|person| person.team_id.as_str()).filter(|team| team != own));
        teams.dedup();
    }
    json!({
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": true,
        "is_group": false,
        "is_im": false,
        "is_mpim": false,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": false,
        "is_shared": channel.is_ext_shared || channel.is_org_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": channel.is_org_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "pending_shared": if channel.is_pending_ext_shared { vec!["T0009"] } else { vec![] },
        "pending_connected_team_ids": [],
        "shared_team_ids": teams,
        "connected_team_ids": teams.get(1..).unwrap_or_default(),
        "conversation_host_id": own,
        "context_team_id": own,
        "is_member": channel.has(&workspace.app.bot_user_id),
        "created": 1_700_000_000,
        "creator": "USLACKBOT",
        "unlinked": 0,
        "previous_names": [],
        "topic": { "value": "", "creator": "", "last_set": 0 },
        "purpose": { "value": "", "creator": "", "last_set": 0 },
    })
}

pub(super) fn members(context: &mut Context<'_>) -> Answer {
    let channel = known(context, "read")?;
    let (page, next) = paged(context, channel.members)?;
    Ok(answer(json!({ "members": page, "response_metadata": { "next_cursor": next } })))
}

pub(super) fn open(context: &mut Context<'_>) -> Answer {
    let users = context.arguments.text("users")?.ok_or_else(|| ApiError::new("users_list_not_supplied"))?;
    let users: Vec<&str> = users.split(',').collect();
    let [user] = users.as_slice() else { return Err(ApiError::new("too_many_users")) };
    let person = context.world.person(user).ok_or_else(|| ApiError::new("user_not_found"))?;
    if person.deleted {
        return Err(ApiError::new("user_disabled"));
    }
    require_one(&["im:write"], &context.shared.config.scopes)?;
    let id = context.world.direct_channel(user);
    Ok(answer(json!({ "channel": { "id": id } })))
}

pub(super) fn history(context: &mut Context<'_>) -> Answer {
    let channel = readable(context)?;
    let mut messages = between(context, &channel, |message| message.thread_ts.is_none())?;
    messages.reverse();
    list(context, messages)
}

pub(super) fn replies(context: &mut Context<'_>) -> Answer {
    let channel = readable(context)?;
    let ts = context.arguments.required("ts")?;
    let found = context.world.message(&channel.id, &ts).filter(|message| message.ephemeral_for.is_none());
    let found = found.ok_or_else(|| ApiError::new("thread_not_found"))?;
    // A reply's own timestamp lists that reply alone.
    let of_thread =
        |message: &Message| message.ts == ts || message.thread_ts.as_deref() == Some(found.ts.as_str());
    let messages = between(context, &channel, of_thread)?;
    list(context, messages)
}

fn readable(context: &Context<'_>) -> Result<Channel, ApiError> {
    let channel = known(context, "history")?;
    if channel.has(&context.world.workspace.app.bot_user_id) {
        Ok(channel)
    } else {
        Err(ApiError::new("not_in_channel"))
    }
}

/// The channel's lasting messages of one kind within `oldest` and `latest`, oldest first.
fn between(
    context: &Context<'_>,
    channel: &Channel,
    wanted: impl Fn(&Message) -> bool,
) -> Result<Vec<Message>, ApiError> {
    let bound = |name: &str, code: &'static str| {
        let text = context.arguments.text(name)?.filter(|text| !text.is_empty());
        text.map(|text| micros(&text).ok_or_else(|| ApiError::new(code))).transpose()
    };
    let oldest = bound("oldest", "invalid_ts_oldest")?.unwrap_or(0);
    let latest = bound("latest", "invalid_ts_latest")?.unwrap_or(u64::MAX);
    let inclusive = context.arguments.flag("inclusive")?.unwrap_or(false);
    let within = |ts: u64| ts > oldest && ts < latest || inclusive && (ts == oldest || ts == latest);
    let lasting = context.world.messages.iter().filter(|message| {
        message.channel == channel.id && message.ephemeral_for.is_none() && wanted(message)
    });
    Ok(lasting.filter(|message| micros(&message.ts).is_some_and(within)).cloned().collect())
}

fn micros(ts: &str) -> Option<u64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, "0"));
    let fraction = format!("{fraction:0<6}");
    let fraction: u64 = fraction.get(..6)?.parse().ok()?;
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}

fn list(context: &Context<'_>, messages: Vec<Message>) -> Answer {
    let with_metadata = context.arguments.flag("include_all_metadata")?.unwrap_or(false);
    let (page, next) = paged(context, messages)?;
    let objects: Vec<Value> = page.iter().map(|message| listed(context, message, with_metadata)).collect();
    Ok(answer(json!({
        "messages": objects,
        "has_more": !next.is_empty(),
        "response_metadata": { "next_cursor": next },
    })))
}

/// A message with what Slack counts of its thread.
fn listed(context: &Context<'_>, message: &Message, with_metadata: bool) -> Value {
    let mut object = message_object(&context.shared.config, message, with_metadata);
    let replies: Vec<&Message> = context
        .world
        .messages
        .iter()
        .filter(|reply| reply.channel == message.channel && reply.ephemeral_for.is_none())
        .filter(|reply| reply.thread_ts.as_deref() == Some(message.ts.as_str()))
        .collect();
    if let (Some(last), Some(fields)) = (replies.last(), object.as_object_mut()) {
        fields.insert("thread_ts".into(), message.ts.clone().into());
        fields.insert("reply_count".into(), replies.len().into());
        fields.insert("latest_reply".into(), last.ts.clone().into());
    }
    object
}

/// One page of a list, and the cursor of the next; the cursor is empty at the end.
fn paged<T>(context: &Context<'_>, items: Vec<T>) -> Result<(Vec<T>, String), ApiError> {
    let limit =
        context.arguments.number("limit")?.filter(|limit| *limit > 0).unwrap_or(100).min(LARGEST_PAGE);
    let cursor = context.arguments.text("cursor")?.filter(|cursor| !cursor.is_empty());
    let start = match cursor {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix("from-")
            .and_then(|start| start.parse::<usize>().ok())
            .ok_or_else(|| ApiError::new("invalid_cursor"))?,
    };
    let more = items.len() > start.saturating_add(limit);
    let next = if more { format!("from-{}", start + limit) } else { String::new() };
    Ok((items.into_iter().skip(start).take(limit).collect(), next))
}
