//! What a message says: the text, the blocks and the metadata of `chat.*` and of response addresses, checked.

use serde_json::{Value, json};

use super::super::blocks;
use super::arguments::Arguments;
use super::error::ApiError;

/// A new message's text may have this many characters; Slack cuts off the rest without a word, which is worse.
const POST_CHARACTERS: usize = 40_000;
/// An updated message's text may have this many bytes once `&`, `<` and `>` are escaped.
const UPDATE_BYTES: usize = 4_000;
const MARKDOWN_CHARACTERS: usize = 12_000;
/// All texts of all blocks together; undocumented, seen by many.
const BLOCK_CHARACTERS: usize = 13_200;
const ATTACHMENTS: usize = 100;
const METADATA_BYTES: usize = 16 * 1024;

/// Which limits hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::slack) enum Limits {
    /// A new message.
    Post,
    /// A changed one.
    Update,
}

/// A checked message body.
#[derive(Debug, Default)]
pub(in crate::slack) struct Content {
    pub(in crate::slack) text: String,
    /// `None` where the argument was not given, which an update tells from an empty list.
    pub(in crate::slack) blocks: Option<Vec<Value>>,
    pub(in crate::slack) metadata: Option<Value>,
}

impl Content {
    pub(in crate::slack) fn read(arguments: &Arguments, limits: Limits) -> Result<Self, ApiError> {
        let mut blocks = read_blocks(arguments)?;
        let mut text = arguments.text("text")?.unwrap_or_default();
        if let Some(markdown) = arguments.text("markdown_text")? {
            if blocks.is_some() || !text.is_empty() {
                return Err(ApiError::new("markdown_text_conflict"));
            }
            if markdown.chars().count() > MARKDOWN_CHARACTERS {
                return Err(ApiError::new("msg_too_long"));
            }
            blocks = Some(vec![json!({ "type": "markdown", "text": markdown })]);
            text = markdown;
        }
        let attachments = read_attachments(arguments)?;
        if text.trim().is_empty() && blocks.as_ref().is_none_or(Vec::is_empty) && attachments == 0 {
            return Err(ApiError::new("no_text"));
        }
        let too_long = match limits {
            Limits::Post => text.chars().count() > POST_CHARACTERS,
            Limits::Update => escaped_bytes(&text) > UPDATE_BYTES,
        };
        if too_long {
            return Err(ApiError::new("msg_too_long"));
        }
        Ok(Self { text, blocks, metadata: read_metadata(arguments)? })
    }
}

/// How long Slack finds a text that it is about to store.
fn escaped_bytes(text: &str) -> usize {
    let escaped = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    escaped
        .chars()
        .map(|character| match character {
            '&' => 5,
            '<' | '>' => 4,
            other => other.len_utf8(),
        })
        .sum()
}

fn read_blocks(arguments: &Arguments) -> Result<Option<Vec<Value>>, ApiError> {
    let blocks = match arguments.structure("blocks") {
        None => return Ok(None),
        Some(Ok(Value::Array(blocks))) => blocks,
        Some(_) => return Err(ApiError::new("invalid_blocks_format")),
    };
    let problems = blocks::message_problems(&blocks);
    if !problems.is_empty() {
        return Err(ApiError::blocks("invalid_blocks", &problems));
    }
    if blocks::characters(&blocks) > BLOCK_CHARACTERS {
        return Err(ApiError::new("msg_blocks_too_long"));
    }
    Ok(Some(blocks))
}

/// Only counted and checked: the apps this sandbox is for do not use the legacy fields.
fn read_attachments(arguments: &Arguments) -> Result<usize, ApiError> {
    let attachments = match arguments.structure("attachments") {
        None => return Ok(0),
        Some(Ok(Value::Array(attachments))) => attachments,
        Some(_) => return Err(ApiError::new("invalid_attachments")),
    };
    if attachments.len() > ATTACHMENTS {
        return Err(ApiError::new("too_many_attachments"));
    }
    for blocks in attachments.iter().filter_map(|attachment| attachment.get("blocks")?.as_array()) {
        let problems = blocks::message_problems(blocks);
        if !problems.is_empty() {
            return Err(ApiError::blocks("invalid_blocks", &problems));
        }
    }
    Ok(attachments.len())
}

fn read_metadata(arguments: &Arguments) -> Result<Option<Value>, ApiError> {
    let metadata = match arguments.structure("metadata") {
        None => return Ok(None),
        Some(Ok(Value::Object(metadata))) => metadata,
        Some(_) => return Err(ApiError::new("invalid_metadata_format")),
    };
    let kind = metadata.get("event_type").and_then(Value::as_str).unwrap_or_default();
    let payload = metadata.get("event_payload").is_some_and(Value::is_object);
    if metadata.is_empty() {
        return Ok(Some(Value::Null));
    }
    if kind.is_empty() || !payload {
        return Err(ApiError::new("invalid_metadata_format"));
    }
    let metadata = Value::Object(metadata);
    if metadata.to_string().len() > METADATA_BYTES {
        return Err(ApiError::new("metadata_too_large"));
    }
    Ok(Some(metadata))
}
