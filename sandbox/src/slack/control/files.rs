//! A person's own files: choosing one on their computer for a modal, and opening one that they see.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::clock::real_micros;
use super::super::file::{File, LARGEST_ATTACHMENT};
use super::super::message::elements_of;
use super::super::world::{Shared, World};
use super::{Body, Refusal};

#[derive(Debug, Deserialize)]
pub(super) struct UploadRequest {
    user: String,
    name: String,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    content_hex: Option<String>,
}

/// Uploads a file that a modal can then be submitted with. Nobody else sees it.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<UploadRequest>,
) -> Result<Json<Value>, Refusal> {
    let content = match (request.content, request.content_hex) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(digits)) => {
            hex::decode(digits).map_err(|_| Refusal::bad("bad_content", "That is not hexadecimal."))?
        }
        _ => return Err(Refusal::bad("bad_content", "Give content or content_hex.")),
    };
    if content.len() > LARGEST_ATTACHMENT {
        return Err(Refusal::conflict("file_too_large", "Slack takes files of at most 10 MB in a modal."));
    }
    if request.name.is_empty() || request.name.contains(['/', '\\', '?', '#', '%']) {
        return Err(Refusal::bad("bad_name", "Give a file's name without a folder."));
    }
    shared.change(|world| {
        if world.person(&request.user).is_none() {
            return Err(Refusal::missing("no_such_person", "There is nobody with that id."));
        }
        let file = File {
            id: world.next_id('F'),
            title: request.name.clone(),
            name: request.name,
            user: request.user,
            content,
            created_s: real_micros() / 1_000_000,
            known_to_app: false,
            channels: Vec::new(),
        };
        let object = file.object(&shared.base, &world.workspace.team.id);
        world.files.add(file);
        Ok(Json(json!({ "ok": true, "file": object })))
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct OpenQuery {
    user: String,
    file: String,
}

/// The bytes of a file that this person uploaded, or that was shared where they can read it.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<OpenQuery>,
) -> Result<Response, Refusal> {
    let found = shared.note(|world| {
        let file = world.files.get(&query.file)?;
        let reads = |id: &String| world.channel(id).is_some_and(|channel| channel.has(&query.user));
        (file.user == query.user || file.channels.iter().any(reads)).then(|| file.clone())
    });
    let file = found.ok_or_else(|| Refusal::missing("no_such_file", "That person sees no such file."))?;
    let name: String =
        file.name.chars().filter(|letter| letter.is_ascii_graphic() && *letter != '"').collect();
    // Never shown as a page of this origin: whoever wrote it could press Approve here.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file.content).into_response())
}

/// Puts the files themselves in place of the ids that the person chose.
pub(super) fn with_files(
    shared: &Shared,
    world: &World,
    (user, blocks): (&str, &[Value]),
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let mut given = given.clone();
    for block in blocks {
        let block_id = block.get("block_id").and_then(Value::as_str).unwrap_or_default();
        for element in elements_of(block) {
            let text = |name: &str| element.get(name).and_then(Value::as_str).unwrap_or_default();
            if text("type") != "file_input" {
                continue;
            }
            let chosen = given.get_mut(block_id).and_then(|actions| actions.get_mut(text("action_id")));
            let Some(chosen) = chosen else { continue };
            let ids = chosen.as_array().cloned().unwrap_or_default();
            let files = ids.iter().map(|id| {
                let file = world.files.get(id.as_str()?).filter(|file| file.user == user)?;
                Some(file.object(&shared.base, &world.workspace.team.id))
            });
            let files: Option<Vec<Value>> = files.collect();
            let files = files.ok_or_else(|| {
                Refusal::missing(
                    "no_such_file",
                    "Upload the file first: a modal takes the person's own files.",
                )
            })?;
            *chosen = files.into();
        }
    }
    Ok(given)
}
