//! Finds text that would call a whole channel, so that tests can assert that the app never did.

use serde_json::Value;

/// Whether a message with these arguments mentions `@channel`, `@here` or `@everyone`.
pub(super) fn mentions_everyone(arguments: &Value) -> bool {
    let linked = ["link_names", "parse"].iter().any(|name| {
        matches!(arguments.get(name), Some(Value::Bool(true)))
            || matches!(arguments.get(name).and_then(Value::as_str), Some("1" | "true" | "full"))
    });
    in_value(arguments, linked)
}

fn in_value(value: &Value, linked: bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| in_value(item, linked)),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
            // `text` is the one of rich text: letters as well, mentions are elements of their own there.
            Some("plain_text" | "text") => false,
            Some("broadcast") => true,
            _ => fields.values().any(|field| in_value(field, linked)),
        },
        // In form bodies, blocks are JSON in a string; a plain_text there must not count either.
        Value::String(text) => match text.starts_with(['[', '{']).then(|| serde_json::from_str(text)) {
            Some(Ok(parsed @ (Value::Array(_) | Value::Object(_)))) => in_value(&parsed, linked),
            _ => in_text(text, linked),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn in_text(text: &str, linked: bool) -> bool {
    ["channel", "here", "everyone", "group"].iter().any(|name| {
        text.contains(&format!("<!{name}>"))
            || text.contains(&format!("<!{name}|"))
            || linked && text.contains(&format!("@{name}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::mentions_everyone;

    #[test]
    fn mrkdwn_and_top_level_text_mention_but_plain_text_does_not() {
        assert!(mentions_everyone(&json!({ "text": "oh <!channel>" })));
        assert!(mentions_everyone(&json!({ "text": "oh <!here|here>" })));
        let section =
            |kind: &str| json!([{ "type": "section", "text": { "type": kind, "text": "<!everyone>" } }]);
        assert!(mentions_everyone(&json!({ "blocks": section("mrkdwn") })));
        assert!(mentions_everyone(&json!({ "blocks": section("mrkdwn").to_string() })));
        assert!(!mentions_everyone(&json!({ "blocks": section("plain_text") })));
        assert!(!mentions_everyone(&json!({ "blocks": section("plain_text").to_string() })));
        let rich = |element| {
            json!({ "blocks": [{ "type": "rich_text", "elements": [
            { "type": "rich_text_section", "elements": [element] },
        ] }] })
        };
        assert!(!mentions_everyone(&rich(json!({ "type": "text", "text": "<!channel>" }))));
        assert!(mentions_everyone(&rich(json!({ "type": "broadcast", "range": "channel" }))));
        assert!(!mentions_everyone(&json!({ "text": "&lt;!channel&gt; @channel" })));
        assert!(mentions_everyone(&json!({ "text": "@channel", "link_names": true })));
    }
}
