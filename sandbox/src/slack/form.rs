//! What a person filled in: turns plain values into the `state.values` of a payload, and refuses what Slack's own
//! client would refuse before it sends anything.

use serde_json::{Map, Value, json};

use super::message::elements_of;

/// `block_id` → `action_id` → what stands there.
pub(super) type Values = Map<String, Value>;

/// The state of every input of a view, and a sentence for each block that the client refuses.
pub(super) fn fill_in(blocks: &[Value], given: &Map<String, Value>) -> (Values, Map<String, Value>) {
    let (mut values, mut errors) = (Values::new(), Map::new());
    for block in blocks {
        let id = text(block, "block_id");
        let is_input = text(block, "type") == "input";
        for element in elements_of(block) {
            let (kind, action_id) = (text(element, "type"), text(element, "action_id"));
            let wanted = given.get(id).and_then(|actions| actions.get(action_id));
            let Some(answer) = answer(kind, element, wanted) else {
                if is_input {
                    errors.insert(id.to_owned(), "Choose one of the options.".into());
                }
                continue;
            };
            if let (true, Some(sentence)) = (is_input, refusal(block, element, &answer)) {
                errors.insert(id.to_owned(), sentence.into());
            }
            if !answer.is_null() {
                let actions = values.entry(id).or_insert_with(|| json!({}));
                if let Some(actions) = actions.as_object_mut() {
                    actions.insert(action_id.to_owned(), answer);
                }
            }
        }
    }
    (values, errors)
}

/// The action of a `block_actions` payload for an element, with what the person chose in it.
pub(super) fn action(
    block_id: &str,
    element: &Value,
    chosen: Option<&Value>,
    action_ts: &str,
) -> Option<Value> {
    let kind = text(element, "type");
    let mut action = match kind {
        "button" | "workflow_button" => {
            let mut button = json!({ "type": kind, "text": element.get("text") });
            for name in ["value", "style", "url", "confirm"] {
                if let (Some(field), Some(fields)) = (element.get(name), button.as_object_mut()) {
                    fields.insert(name.into(), field.clone());
                }
            }
            button
        }
        "overflow" => {
            json!({ "type": kind, "selected_option": option_with(element, chosen?.as_str()?)? })
        }
        _ => answer(kind, element, chosen)?,
    };
    let fields = action.as_object_mut()?;
    fields.insert("action_id".into(), text(element, "action_id").into());
    fields.insert("block_id".into(), block_id.into());
    fields.insert("action_ts".into(), action_ts.into());
    Some(action)
}

/// `Null` for an element that holds no state; `None` where the value is not one that can be chosen.
fn answer(kind: &str, element: &Value, given: Option<&Value>) -> Option<Value> {
    let plain = |field: &str, initial: &str| {
        let value = given.cloned().or_else(|| element.get(initial).cloned()).unwrap_or(Value::Null);
        let value = if value.as_str() == Some("") { Value::Null } else { value };
        json!({ "type": kind, field: value })
    };
    Some(match kind {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            plain("value", "initial_value")
        }
        "rich_text_input" => plain("rich_text_value", "initial_value"),
        "static_select" | "external_select" | "radio_buttons" => one_option(kind, element, given)?,
        "multi_static_select" | "multi_external_select" | "checkboxes" => many_options(kind, element, given)?,
        "users_select" => plain("selected_user", "initial_user"),
        "multi_users_select" => plain("selected_users", "initial_users"),
        "channels_select" => plain("selected_channel", "initial_channel"),
        "multi_channels_select" => plain("selected_channels", "initial_channels"),
        "conversations_select" => plain("selected_conversation", "initial_conversation"),
        "multi_conversations_select" => plain("selected_conversations", "initial_conversations"),
        "datepicker" => plain("selected_date", "initial_date"),
        "timepicker" => plain("selected_time", "initial_time"),
        "file_input" => json!({ "type": kind, "files": given.cloned().unwrap_or_else(|| json!([])) }),
        "datetimepicker" => plain("selected_date_time", "initial_date_time"),
        _ => Value::Null,
    })
}

fn one_option(kind: &str, element: &Value, given: Option<&Value>) -> Option<Value> {
    let selected = match given {
        None => element.get("initial_option").cloned().unwrap_or(Value::Null),
        Some(value) => match value.as_str().filter(|value| !value.is_empty()) {
            Some(value) => option_with(element, value)?,
            None => Value::Null,
        },
    };
    Some(json!({ "type": kind, "selected_option": selected }))
}

fn many_options(kind: &str, element: &Value, given: Option<&Value>) -> Option<Value> {
    let selected = match given {
        None => element.get("initial_options").cloned().unwrap_or_else(|| json!([])),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| option_with(element, value.as_str()?))
            .collect::<Option<Vec<_>>>()?
            .into(),
        Some(value) => match value.as_str().filter(|value| !value.is_empty()) {
            Some(value) => json!([option_with(element, value)?]),
            None => json!([]),
        },
    };
    Some(json!({ "type": kind, "selected_options": selected }))
}

fn option_with(element: &Value, value: &str) -> Option<Value> {
    if text(element, "type").ends_with("external_select") {
        return Some(json!({ "text": { "type": "plain_text", "text": value }, "value": value }));
    }
    let direct = element.get("options").and_then(Value::as_array).into_iter().flatten();
    let grouped = element
        .get("option_groups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|group| group.get("options")?.as_array())
        .flatten();
    direct.chain(grouped).find(|option| text(option, "value") == value).cloned()
}

/// What Slack's client writes below an input that it does not send.
fn refusal(block: &Value, element: &Value, answer: &Value) -> Option<&'static str> {
    let optional = block.get("optional").and_then(Value::as_bool).unwrap_or(false);
    let mut held = answer.as_object()?.iter().filter(|(name, _)| *name != "type").map(|(_, value)| value);
    let empty = held.all(|value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    });
    if empty {
        return (!optional).then_some("This is a required field");
    }
    if let Some(files) = answer.get("files").and_then(Value::as_array) {
        return refused_file(element, files);
    }
    let length = answer.get("value").and_then(Value::as_str)?.chars().count() as u64;
    let limit = |name: &str| element.get(name).and_then(Value::as_u64);
    if limit("min_length").is_some_and(|least| length < least) {
        return Some("This is too short.");
    }
    if length > limit("max_length").unwrap_or(3000) {
        return Some("This is too long.");
    }
    None
}

fn refused_file(element: &Value, files: &[Value]) -> Option<&'static str> {
    let most = element.get("max_files").and_then(Value::as_u64).unwrap_or(10);
    if files.len() as u64 > most {
        return Some("There are too many files.");
    }
    let allowed = element.get("filetypes").and_then(Value::as_array)?;
    let is_allowed = |file: &Value| {
        let ending = text(file, "name").rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        ending.is_some_and(|ending| allowed.iter().any(|each| each.as_str() == Some(ending.as_str())))
    };
    (!files.iter().all(is_allowed)).then_some("This type of file is not supported.")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::fill_in;

    fn filled(blocks: &Value, given: &Value) -> (Value, Value) {
        let (values, errors) = fill_in(blocks.as_array().unwrap(), given.as_object().unwrap());
        (json!(values), json!(errors))
    }

    #[test]
    fn initial_values_stand_until_something_else_is_given() {
        let blocks = json!([
            { "type": "input", "block_id": "why", "element":
                { "type": "plain_text_input", "action_id": "text", "initial_value": "old" } },
            { "type": "input", "block_id": "where", "element": { "type": "static_select", "action_id": "pick",
                "options": [{ "value": "a" }, { "value": "b" }], "initial_option": { "value": "a" } } },
        ]);
        let (values, errors) = filled(&blocks, &json!({ "where": { "pick": "b" } }));
        assert_eq!(
            values,
            json!({
                "why": { "text": { "type": "plain_text_input", "value": "old" } },
                "where": { "pick": { "type": "static_select", "selected_option": { "value": "b" } } },
            })
        );
        assert_eq!(errors, json!({}));
    }

    #[test]
    fn an_empty_required_field_and_an_unknown_option_are_refused_by_the_client() {
        let blocks = json!([
            { "type": "input", "block_id": "why", "element": { "type": "plain_text_input", "action_id": "text" } },
            { "type": "input", "block_id": "free", "optional": true,
                "element": { "type": "plain_text_input", "action_id": "text" } },
            { "type": "input", "block_id": "where", "element":
                { "type": "static_select", "action_id": "pick", "options": [{ "value": "a" }] } },
        ]);
        let (_, errors) = filled(&blocks, &json!({ "why": { "text": "  " }, "where": { "pick": "z" } }));
        assert_eq!(
            errors,
            json!({ "why": "This is a required field", "where": "Choose one of the options." })
        );
    }
}
