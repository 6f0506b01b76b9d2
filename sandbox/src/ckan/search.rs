//! `package_search`: which packages a query finds, and who may find them.
//!
//! Guarantees: deleted packages are never found, since CKAN takes them out of its index; harvest sources only where
//! `fq` names their type; private ones and drafts only on request, and only by who may see them.

use serde_json::{Map, Value, json};

use super::call::{Call, truth};
use super::query::{Matcher, Occur, Query};
use super::refusal::Refusal;
use super::rows::Package;
use super::{harvest, views};

/// Parameters that CKAN passes on to its search, or takes out before.
const KNOWN: &[&str] = &[
    "q",
    "fl",
    "fq",
    "fq_list",
    "rows",
    "sort",
    "start",
    "wt",
    "qf",
    "bf",
    "boost",
    "facet",
    "facet.mincount",
    "facet.limit",
    "facet.field",
    "extras",
    "tie",
    "defType",
    "mm",
    "df",
    "include_private",
    "include_drafts",
    "include_deleted",
    "use_default_schema",
];
const MOST_ROWS: usize = 1000;
const USUAL_SORT: &str = "score desc, metadata_modified desc";

pub(super) fn package_search(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let unknown = call.args.keys().find(|key| !KNOWN.contains(&key.as_str()) && !key.starts_with("ext_"));
    if let Some(unknown) = unknown {
        return Err(Refusal::SearchQuery(format!("\"Invalid search parameters: ['{unknown}']\"")));
    }
    let rows = natural_number(call, "rows")?.unwrap_or(10).min(MOST_ROWS);
    let start = natural_number(call, "start")?.unwrap_or(0);
    if call.search_is_down {
        return Err(Refusal::SearchConnection);
    }
    let mut filters =
        vec![(Occur::Must, text_query(call.text("q"))?), (Occur::Must, Query::parse(&filter(call))?)];
    for more in call.args.get("fq_list").and_then(Value::as_array).into_iter().flatten() {
        filters.push((Occur::Must, Query::parse(more.as_str().unwrap_or_default())?));
    }
    let query = Query::Group(filters);
    let mut found: Vec<&Package> = call
        .catalogue
        .indexed()
        .filter(|package| call.may_read(package))
        .filter(|package| query.holds(&|field, matcher| has(call, package, field, matcher)))
        .collect();
    let sort = call.text("sort").unwrap_or(USUAL_SORT);
    order(call, &mut found, sort)?;
    let fields = call.args.get("fl").and_then(Value::as_array);
    let results: Vec<Value> = found
        .iter()
        .skip(start)
        .take(rows)
        .map(|package| match fields {
            Some(fields) => document(call, package, fields),
            None => views::package(call.catalogue, package),
        })
        .collect();
    Ok(json!({"count": found.len(), "facets": {}, "results": results, "search_facets": {}, "sort": sort}))
}

/// The caller's own filter between what CKAN and ckanext-harvest put before and after it, in one text as they do:
/// an OR of the caller's that has no parentheses therefore decides nothing.
fn filter(call: &Call<'_>) -> String {
    let own = call.text("fq").unwrap_or_default();
    let mut filter = String::new();
    if !truth(call.args.get("include_private")) {
        filter.push_str("+capacity:public ");
    }
    filter.push_str(own);
    if !own.contains("dataset_type:harvest") {
        filter.push_str(" -dataset_type:harvest");
    }
    if !own.contains("+state") {
        let drafts = truth(call.args.get("include_drafts"));
        filter.push_str(if drafts { " +state:(active OR draft)" } else { " +state:(active)" });
    }
    filter
}

/// Without a colon it is plain words, each of which must be there.
fn text_query(text: Option<&str>) -> Result<Query, Refusal> {
    let text = text.unwrap_or_default().trim();
    if text.contains(':') {
        return Query::parse(text);
    }
    let words = text.split_whitespace().map(|word| word.trim_matches('"'));
    let words = words.filter(|word| !word.is_empty() && *word != "*");
    let clauses = words.map(|word| (Occur::Must, Query::Field(None, Matcher::Words(word.to_owned()))));
    Ok(Query::Group(clauses.collect()))
}

fn has(call: &Call<'_>, package: &Package, field: Option<&str>, matcher: &Matcher) -> bool {
    let fields = &package.fields;
    let exact = |value: &str| matcher.accepts(value);
    match field {
        None | Some("text") => {
            let all = [&fields.name, &fields.title, &fields.notes, &fields.author, &fields.maintainer];
            all.iter().any(|text| matcher.is_in(text)) || fields.tags.iter().any(|tag| matcher.is_in(tag))
        }
        Some("title") => matcher.is_in(&fields.title),
        Some("notes") => matcher.is_in(&fields.notes),
        Some("title_string") => exact(&fields.title),
        Some("id") => exact(&package.id),
        Some("name") => exact(&fields.name),
        Some("state") => exact(&fields.state),
        Some("owner_org") => exact(&package.owner_org),
        Some("organization") => {
            call.catalogue.publisher(&package.owner_org).is_some_and(|publisher| exact(&publisher.name))
        }
        Some("dataset_type" | "type") => exact(package.type_name()),
        Some("capacity") => exact(if fields.private { "private" } else { "public" }),
        Some("private") => exact(if fields.private { "true" } else { "false" }),
        Some("tags") => fields.tags.iter().any(|tag| exact(tag)),
        Some("res_format") => package.active_resources().any(|resource| exact(&resource.format)),
        Some("metadata_created") => exact(&package.created),
        Some("metadata_modified") => exact(&package.modified),
        Some("author") => exact(&fields.author),
        Some("maintainer") => exact(&fields.maintainer),
        Some("indexed_ts") => exact(&call.catalogue.indexed_at(package)),
        Some("entity_type") => exact("package"),
        Some("site_id") => exact("default"),
        Some(other) => {
            let key = other.strip_prefix("extras_").unwrap_or(other);
            let source = harvest::source_of(call.catalogue, package);
            match (key, source) {
                ("harvest_source_id", Some(source)) => exact(&source.id),
                ("harvest_source_title", Some(source)) => exact(&source.fields.title),
                ("harvest_object_id", Some(_)) => {
                    harvest::object_id(call.catalogue, package).is_some_and(|id| exact(&id))
                }
                _ => fields.extras.iter().any(|extra| extra.key == key && exact(&extra.value)),
            }
        }
    }
}

/// Only these fields of the index's own document.
fn document(call: &Call<'_>, package: &Package, fields: &[Value]) -> Value {
    let whole = views::package(call.catalogue, package);
    let chosen = fields.iter().filter_map(Value::as_str).filter_map(|field| {
        let value = match field {
            "indexed_ts" => Some(json!(call.catalogue.indexed_at(package))),
            field => whole.get(field).cloned(),
        };
        Some((field.to_owned(), value?))
    });
    Value::Object(chosen.collect())
}

fn order(call: &Call<'_>, found: &mut [&Package], sort: &str) -> Result<(), Refusal> {
    for part in sort.rsplit(',') {
        let (field, direction) = part.trim().split_once(' ').unwrap_or((part.trim(), ""));
        if field == "indexed_ts" {
            found.sort_by_key(|package| call.catalogue.indexed_at(package));
            if direction.trim() == "desc" {
                found.reverse();
            }
            continue;
        }
        let key: fn(&Package) -> &str = match field {
            "score" => continue,
            "name" => |package| &package.fields.name,
            "title_string" | "title" => |package| &package.fields.title,
            "metadata_created" => |package| &package.created,
            "metadata_modified" => |package| &package.modified,
            "id" => |package| &package.id,
            // Solr sorts by any field; one that no document has changes nothing.
            _ => |_| "",
        };
        match direction.trim() {
            "asc" => found.sort_by(|a, b| key(a).cmp(key(b))),
            "desc" => found.sort_by(|a, b| key(b).cmp(key(a))),
            _ => return Err(Refusal::SearchQuery("'Invalid \"sort\" parameter'".to_owned())),
        }
    }
    Ok(())
}

fn natural_number(call: &Call<'_>, field: &str) -> Result<Option<usize>, Refusal> {
    let number = match call.args.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().parse::<i64>().ok(),
        Some(value) => value.as_i64(),
    };
    match number.map(usize::try_from) {
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Refusal::field(field, "Must be a natural number")),
        None => {
            let messages = json!(["Invalid integer", "Please enter an integer value"]);
            Err(Refusal::Validation(Map::from_iter([(field.to_owned(), messages)])))
        }
    }
}
