//! `package_revise`, as far as giving a dataset back needs it.
//!
//! Guarantees: a revision whose `match` does not hold changes nothing and is 409; leaving the resources out of it
//! keeps them on 2.12 and deletes them all before. Anything else that the real one can do is refused rather than
//! half done. Leaves groups out: the sandbox has none.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::{views, writes};

pub(super) fn package_revise(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let known = ["match", "filter", "update", "include", "update__groups__extend"];
    if let Some(unknown) = call.args.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::field(unknown, "the sandbox CKAN does not know this part of package_revise"));
    }
    let object = |name: &str| call.args.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (wanted, update) = (object("match"), object("update"));
    let id = wanted.get("id").or_else(|| wanted.get("name")).and_then(Value::as_str).map(str::to_owned);
    let id = id.ok_or_else(|| Refusal::missing("match__id"))?;
    let package = writes::editable(call, &id)?;
    let shown = views::package(call.catalogue, &package);
    let unmatched: Vec<&String> =
        wanted.iter().filter(|(key, value)| shown.get(key) != Some(value)).map(|(key, _)| key).collect();
    if !unmatched.is_empty() {
        return Err(Refusal::Validation(Map::from_iter([("match".to_owned(), json!(unmatched))])));
    }
    let without_resources = match call.args.get("filter") {
        None => false,
        Some(filter) if *filter == json!(["-resources"]) => true,
        Some(_) => return Err(Refusal::field("filter", "the sandbox CKAN knows only -resources")),
    };
    let nothing_included = call.args.get("include") == Some(&json!(["-*"]));
    call.args = update;
    call.args.insert("id".to_owned(), json!(package.id));
    if without_resources && call.release.every_edit_purges_resources() {
        call.args.insert("resources".to_owned(), json!([]));
    }
    let revised = writes::package_patch(call)?;
    Ok(if nothing_included { json!({}) } else { json!({ "package": revised }) })
}
