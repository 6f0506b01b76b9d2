//! What `package_patch` makes of its arguments: the fields as they will be, or CKAN's objections.
//!
//! Guarantees: fields that were not sent stay; unknown ones are ignored, as CKAN ignores them; a resource that is
//! missing from a new list becomes `deleted`.

use serde_json::{Map, Value, json};

use super::call::{Call, truth};
use super::refusal::Refusal;
use super::rows::{Fields, Package, Resource};
use super::seed::{Extra, seeded_id};

/// The package's fields after the patch in `call`.
pub(super) fn patched(call: &Call<'_>, package: &Package) -> Result<Fields, Refusal> {
    let mut fields = package.fields.clone();
    let mut errors = Map::new();
    for (name, value) in &call.args {
        let text_field = match name.as_str() {
            "name" => Some(&mut fields.name),
            "title" => Some(&mut fields.title),
            "notes" => Some(&mut fields.notes),
            "state" => Some(&mut fields.state),
            "author" => Some(&mut fields.author),
            "author_email" => Some(&mut fields.author_email),
            "maintainer" => Some(&mut fields.maintainer),
            "maintainer_email" => Some(&mut fields.maintainer_email),
            "url" => Some(&mut fields.url),
            _ => None,
        };
        let objection = match (text_field, name.as_str()) {
            (Some(field), _) => set_text(field, value),
            (None, "private") => {
                fields.private = truth(Some(value));
                None
            }
            (None, "tags") => set_tags(&mut fields, value),
            (None, "extras") => set_extras(&mut fields, value),
            (None, "resources") => set_resources(&mut fields, package, value),
            (None, _) => None,
        };
        if let Some(objection) = objection {
            errors.insert(name.clone(), json!([objection]));
        }
    }
    if let Some(objection) = name_objection(call, package, &fields.name) {
        errors.insert("name".to_owned(), json!([objection]));
    }
    if errors.is_empty() { Ok(fields) } else { Err(Refusal::Validation(errors)) }
}

fn set_text(field: &mut String, value: &Value) -> Option<&'static str> {
    match value {
        Value::String(text) => field.clone_from(text),
        Value::Null => field.clear(),
        _ => return Some("Must be a Unicode string value"),
    }
    None
}

fn name_objection(call: &Call<'_>, package: &Package, name: &str) -> Option<&'static str> {
    if name.len() < 2 {
        return Some("Must be at least 2 characters long");
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)) {
        return Some("Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_");
    }
    let taken =
        call.catalogue.packages.iter().any(|other| other.id != package.id && other.fields.name == name);
    taken.then_some("That URL is already in use.")
}

fn set_tags(fields: &mut Fields, value: &Value) -> Option<&'static str> {
    let names =
        value.as_array()?.iter().map(|tag| tag.get("name").and_then(Value::as_str).map(str::to_owned));
    match names.collect::<Option<Vec<String>>>() {
        Some(names) => fields.tags = names,
        None => return Some("Missing value"),
    }
    None
}

fn set_extras(fields: &mut Fields, value: &Value) -> Option<&'static str> {
    match serde_json::from_value::<Vec<Extra>>(value.clone()) {
        Ok(extras) => fields.extras = extras,
        Err(_) => return Some("Missing value"),
    }
    None
}

fn set_resources(fields: &mut Fields, package: &Package, value: &Value) -> Option<&'static str> {
    let Some(sent) = value.as_array() else { return Some("Not a list") };
    let before = std::mem::take(&mut fields.resources);
    let mut after: Vec<Resource> = Vec::new();
    for (position, sent) in sent.iter().enumerate() {
        let text = |key: &str| sent.get(key).and_then(Value::as_str).map(str::to_owned);
        let known = text("id").and_then(|id| before.iter().find(|resource| resource.id == id).cloned());
        let mut resource = known.unwrap_or_else(|| Resource {
            id: text("id").unwrap_or_else(|| {
                seeded_id("resource", &format!("{}/{}/{position}", package.id, package.modified)).to_string()
            }),
            name: String::new(),
            url: String::new(),
            format: String::new(),
            state: String::new(),
        });
        resource.name = text("name").unwrap_or(resource.name);
        resource.url = text("url").unwrap_or(resource.url);
        resource.format = text("format").unwrap_or(resource.format);
        "active".clone_into(&mut resource.state);
        after.push(resource);
    }
    for mut left_out in before {
        if after.iter().all(|resource| resource.id != left_out.id) {
            "deleted".clone_into(&mut left_out.state);
            after.push(left_out);
        }
    }
    fields.resources = after;
    None
}
