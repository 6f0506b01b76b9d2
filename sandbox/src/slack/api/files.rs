//! `files.*`: looking at a file, and the first and last of the three steps of an upload.

use serde_json::{Value, json};

use super::super::capability::random_hex;
use super::super::clock::real_micros;
use super::super::file::File;
use super::super::message::Message;
use super::super::transfer;
use super::error::ApiError;
use super::{Answer, Context, answer, chat};

/// A comment is a message's text.
const LONGEST_COMMENT: usize = 40_000;

pub(super) fn info(context: &mut Context<'_>) -> Answer {
    let id = context.arguments.required("file")?;
    let file = context.world.files.get(&id).filter(|file| file.known_to_app);
    let file = file.ok_or_else(|| ApiError::new("file_not_found"))?;
    let object = file.object(&context.shared.base, &context.world.workspace.team.id);
    let paging = json!({ "count": 100, "total": 0, "page": 1, "pages": 0 });
    Ok(answer(json!({ "file": object, "comments": [], "paging": paging })))
}

pub(super) fn upload_address(context: &mut Context<'_>) -> Answer {
    let name = context.arguments.required("filename")?;
    // Slack's own code for an announced length of nothing.
    let length = context.arguments.number("length")?.filter(|length| *length > 0);
    let length = length.ok_or_else(|| ApiError::new("missing_argument"))?;
    let (id, token) = (context.world.next_id('F'), random_hex());
    let file = File {
        id: id.clone(),
        title: name.clone(),
        name,
        user: context.world.workspace.app.bot_user_id.clone(),
        content: Vec::new(),
        created_s: real_micros() / 1_000_000,
        known_to_app: true,
        channels: Vec::new(),
    };
    let upload_url = transfer::upload_address(&context.shared.base, &token);
    context.world.files.announce(token, file, length);
    Ok(answer(json!({ "upload_url": upload_url, "file_id": id })))
}

pub(super) fn complete_upload(context: &mut Context<'_>) -> Answer {
    let files = match context.arguments.structure("files") {
        None => return Err(ApiError::missing("files")),
        Some(Ok(Value::Array(files))) if !files.is_empty() => files,
        Some(_) => return Err(ApiError::argument("files", "must be an array of at least one file")),
    };
    let text = |file: &Value, name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
    let ended: Vec<(String, Option<String>)> = files
        .iter()
        .map(|file| Some((text(file, "id")?, text(file, "title"))))
        .collect::<Option<_>>()
        .ok_or_else(|| ApiError::argument("files", "each must have an id"))?;
    let channel = match context.arguments.text("channel_id")?.filter(|id| !id.is_empty()) {
        Some(id) => Some(chat::writable(context, &id)?),
        None => None,
    };
    let thread_ts = match &channel {
        Some(channel) => chat::thread(context, &channel.id)?,
        None => None,
    };
    let comment = context.arguments.text("initial_comment")?.unwrap_or_default();
    if comment.chars().count() > LONGEST_COMMENT {
        return Err(ApiError::new("msg_too_long"));
    }
    if !ended.iter().all(|(id, _)| context.world.files.is_uploaded(id)) {
        return Err(ApiError::new("file_not_found"));
    }
    let channel_id = channel.as_ref().map(|channel| channel.id.as_str());
    let shared: Vec<File> = ended
        .iter()
        .filter_map(|(id, title)| context.world.files.complete(id, title.as_deref(), channel_id))
        .collect();
    let team = context.world.workspace.team.id.clone();
    if let Some(channel) = channel {
        context.world.post(Message {
            channel: channel.id,
            thread_ts,
            user: context.world.workspace.app.bot_user_id.clone(),
            bot: true,
            text: comment,
            files: shared.iter().map(|file| file.object(&context.shared.base, &team)).collect(),
            ..Message::default()
        });
    }
    // Slack shares in its own time, so the answer names no message.
    let files: Vec<Value> = shared.iter().map(|file| json!({ "id": file.id, "title": file.title })).collect();
    Ok(answer(json!({ "files": files })))
}
