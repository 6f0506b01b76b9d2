//! Arguments of an action, from wherever CKAN takes them.
//!
//! Guarantees: a GET's arguments come from the query, for reading actions only; a POST's from a JSON object, or from
//! a form, which is also what `curl --data` sends by itself. What CKAN cannot read is refused in CKAN's words.

use axum::http::Method;
use serde_json::{Map, Value};

use super::release::Release;

/// Why there are no arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A 400 with this bare string.
    BadRequest(String),
    /// An HTML page: the content type is no JSON.
    NotJson,
}

/// The arguments of a request.
pub(super) fn read(
    release: Release,
    takes_query: bool,
    method: &Method,
    query: Option<&str>,
    content_type: &str,
    bytes: &[u8],
) -> Result<Map<String, Value>, Unreadable> {
    let refused =
        |detail: &str| Unreadable::BadRequest(release.bad_request(&format!("JSON Error: {detail}")));
    if !takes_query && method == Method::GET {
        return Err(refused("Invalid request. Please use POST method for your request"));
    }
    let undecoded = |error: &str| {
        refused(&format!(
            "Error decoding JSON data. Error: {error} JSON data extracted from the request: {{}}"
        ))
    };
    let is_form = content_type.starts_with("application/x-www-form-urlencoded");
    if method == Method::POST && is_form && !bytes.is_empty() {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).unwrap_or_default();
        if let [(key, value)] = pairs.as_slice()
            && (value.is_empty() || value == "1")
        {
            let value = serde_json::from_str(key)
                .map_err(|_| undecoded("JSONDecodeError('Expecting value: line 1 column 1 (char 0)')"))?;
            return object(release, value);
        }
        return Ok(mixed(pairs));
    }
    if let Some(query) = query.filter(|query| takes_query && !query.is_empty()) {
        return Ok(mixed(serde_urlencoded::from_str(query).unwrap_or_default()));
    }
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if !content_type.starts_with("application/json") {
        return if release.insists_on_json_type() {
            Err(Unreadable::NotJson)
        } else {
            Err(Unreadable::BadRequest(release.not_a_dictionary("None")))
        };
    }
    let value = serde_json::from_slice(bytes).map_err(|_| undecoded("<BadRequest '400: Bad Request'>"))?;
    object(release, value)
}

fn object(release: Release, value: Value) -> Result<Map<String, Value>, Unreadable> {
    match value {
        Value::Object(args) => Ok(args),
        other => Err(Unreadable::BadRequest(release.not_a_dictionary(&as_python_prints(&other)))),
    }
}

fn as_python_prints(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => format!("'{text}'"),
        Value::Array(values) => {
            format!("[{}]", values.iter().map(as_python_prints).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A name that was sent more than once has a list.
fn mixed(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut args = Map::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match args.get_mut(&name) {
            None => {
                args.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    args
}
