//! `views.*`: opening, changing and publishing views.

use serde_json::{Map, Value, json};

use super::super::blocks;
use super::super::form;
use super::super::payload::view_object;
use super::super::view::{Modal, STACK_LIMIT};
use super::error::ApiError;
use super::method::require_one;
use super::{Answer, Context, answer};

const LARGEST_VIEW: usize = 250_000;

/// The checked view of the arguments, which must be of this type.
fn read_view(context: &Context<'_>, kind: &str) -> Result<Value, ApiError> {
    let view = match context.arguments.structure("view") {
        None => return Err(ApiError::missing("view")),
        Some(Ok(view @ Value::Object(_))) => view,
        Some(_) => return Err(ApiError::argument("view", "must be a valid JSON object")),
    };
    if view.to_string().len() > LARGEST_VIEW {
        return Err(ApiError::new("view_too_large"));
    }
    if view.get("type").and_then(Value::as_str) != Some(kind) {
        return Err(ApiError::argument("view/type", &format!("must be equal to \"{kind}\"")));
    }
    if blocks::asks_for_files(&view) {
        require_one(&["files:read"], &context.shared.config.scopes)?;
    }
    let problems = blocks::view_problems(&view);
    if problems.is_empty() { Ok(view) } else { Err(ApiError::blocks("invalid_arguments", &problems)) }
}

/// An external id names one open view only.
fn check_external_id(context: &Context<'_>, view: &Value, but: Option<&str>) -> Result<(), ApiError> {
    let id = view.get("external_id").and_then(Value::as_str).unwrap_or_default();
    let open = context.world.stacks.values().flatten().chain(context.world.homes.values());
    let taken = open
        .filter(|modal| Some(modal.view_id.as_str()) != but)
        .any(|modal| !id.is_empty() && modal.external_id.as_deref() == Some(id));
    if taken { Err(ApiError::new("duplicate_external_id")) } else { Ok(()) }
}

fn shown(context: &Context<'_>, modal: &Modal) -> Map<String, Value> {
    let (values, _) = form::fill_in(modal.blocks(), &Map::new());
    answer(json!({ "view": view_object(&context.shared.config, modal, &values) }))
}

pub(super) fn open(context: &mut Context<'_>) -> Answer {
    let (user, view) = triggered(context)?.into_parts();
    let modal = context.world.open_view(&user, view, false);
    Ok(shown(context, &modal))
}

pub(super) fn push(context: &mut Context<'_>) -> Answer {
    let opening = triggered_without_use(context)?;
    let depth = context.world.stacks.get(&opening.user).map_or(0, Vec::len);
    if !opening.in_modal || depth == 0 {
        return Err(ApiError::new("not_found"));
    }
    if depth >= STACK_LIMIT {
        return Err(ApiError::new("push_limit_reached"));
    }
    context.world.capabilities.use_trigger(&opening.trigger);
    let modal = context.world.open_view(&opening.user, opening.view, true);
    Ok(shown(context, &modal))
}

struct Opening {
    user: String,
    in_modal: bool,
    trigger: String,
    view: Value,
}

impl Opening {
    fn into_parts(self) -> (String, Value) {
        (self.user, self.view)
    }
}

/// Everything is checked before the trigger id is used up, so that a broken view can be sent again.
fn triggered_without_use(context: &mut Context<'_>) -> Result<Opening, ApiError> {
    let trigger = context.arguments.required("trigger_id")?;
    let view = read_view(context, "modal")?;
    check_external_id(context, &view, None)?;
    let now = context.shared.clock.now_ms();
    let who = context.world.capabilities.look_at_trigger(&trigger, now).map_err(ApiError::new)?;
    Ok(Opening { user: who.user, in_modal: who.in_modal, trigger, view })
}

fn triggered(context: &mut Context<'_>) -> Result<Opening, ApiError> {
    let opening = triggered_without_use(context)?;
    context.world.capabilities.use_trigger(&opening.trigger);
    Ok(opening)
}

pub(super) fn update(context: &mut Context<'_>) -> Answer {
    let view_id = match (context.arguments.text("view_id")?, context.arguments.text("external_id")?) {
        (Some(id), _) => id,
        (None, Some(external)) => {
            let mut open = context.world.stacks.values().flatten();
            let modal = open.find(|modal| modal.external_id.as_deref() == Some(external.as_str()));
            modal.map(|modal| modal.view_id.clone()).ok_or_else(|| ApiError::new("not_found"))?
        }
        (None, None) => return Err(ApiError::missing("view_id")),
    };
    let view = read_view(context, "modal")?;
    check_external_id(context, &view, Some(&view_id))?;
    let (_, open) = context.world.modal(&view_id).ok_or_else(|| ApiError::new("not_found"))?;
    if context.arguments.text("hash")?.is_some_and(|hash| !hash.is_empty() && hash != open.hash) {
        return Err(ApiError::new("hash_conflict"));
    }
    let modal = context.world.update_view(&view_id, view).ok_or_else(|| ApiError::new("not_found"))?;
    Ok(shown(context, &modal))
}

pub(super) fn publish(context: &mut Context<'_>) -> Answer {
    let user = context.arguments.required("user_id")?;
    let view = read_view(context, "home")?;
    if context.world.person(&user).is_none() {
        return Err(ApiError::argument("user_id", "user not found"));
    }
    let published = context.world.homes.get(&user).map(|home| (home.view_id.clone(), home.hash.clone()));
    check_external_id(context, &view, published.as_ref().map(|(id, _)| id.as_str()))?;
    if let (Some(given), Some((_, current))) = (context.arguments.text("hash")?, &published)
        && !given.is_empty()
        && given != *current
    {
        return Err(ApiError::new("hash_conflict"));
    }
    let home = context.world.publish_home(&user, view);
    Ok(shown(context, &home))
}
