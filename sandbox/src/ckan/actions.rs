//! The actions that the sandbox CKAN knows, and those that only read datasets.
//!
//! Guarantees: an action that is not in [`find`] is unknown, as on a CKAN; one that changes something is never run
//! by GET. Leaves people and organisations to [`super::people`], search to [`super::search`], changes to
//! [`super::writes`].

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::rows::Kind;
use super::{harvest, people, revise, search, views, writes};

const SITE_TITLE: &str = "Sandbox CKAN";

/// How an action is run.
pub(super) type Run = fn(&mut Call<'_>) -> Result<Value, Refusal>;

/// An action.
#[derive(Clone, Copy)]
pub(super) struct Action {
    pub(super) run: Run,
    /// Changes something: POST only, and a line in the log of writes.
    pub(super) writes: bool,
}

/// The action of that name.
pub(super) fn find(name: &str) -> Option<Action> {
    let read: Run = match name {
        "status_show" => status_show,
        "package_show" => package_show,
        "package_list" => package_list,
        "package_search" => search::package_search,
        "package_activity_list" => package_activity_list,
        "harvest_source_show" => harvest_source_show,
        "harvest_source_show_status" => harvest_source_show_status,
        "harvest_object_show" => harvest_object_show,
        "user_show" => people::user_show,
        "user_list" => people::user_list,
        "api_token_list" => people::api_token_list,
        "member_list" => people::member_list,
        "organization_show" => people::organization_show,
        "organization_list" => people::organization_list,
        "config_option_show" => config_option_show,
        "member_create" => return Some(Action { run: writes::member_create, writes: true }),
        "package_delete" => return Some(Action { run: writes::package_delete, writes: true }),
        "package_patch" => return Some(Action { run: writes::package_patch, writes: true }),
        "package_revise" => return Some(Action { run: revise::package_revise, writes: true }),
        _ => return None,
    };
    Some(Action { run: read, writes: false })
}

#[expect(clippy::unnecessary_wraps, reason = "every action has this shape")]
fn status_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    Ok(json!({
        "ckan_version": call.version,
        "site_url": call.site_url,
        "site_title": SITE_TITLE,
        "site_description": "",
        "error_emails_to": Value::Null,
        "locale_default": "en",
        "extensions": ["activity", "harvest", "ckan_harvester"],
    }))
}

/// Sysadmins only: the cheapest question that nobody else is answered.
fn config_option_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    if !call.is_sysadmin() {
        return Err(Refusal::NotAuthorized(String::new()));
    }
    match call.needed("key")?.as_str() {
        "ckan.site_title" => Ok(json!(SITE_TITLE)),
        "ckan.site_description" => Ok(json!("")),
        other => Err(Refusal::message(&format!("Configuration option '{other}' can not be shown"))),
    }
}

fn package_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("id").or_else(|| call.text("name_or_id"));
    let wanted = wanted.ok_or_else(|| Refusal::missing("name_or_id"))?;
    let package = call.readable_package(wanted)?;
    Ok(views::package(call.catalogue, package))
}

#[expect(clippy::unnecessary_wraps, reason = "every action has this shape")]
fn package_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let public = call.catalogue.packages.iter().filter(|package| package.is_public());
    let mut names: Vec<&str> = public.map(|package| package.fields.name.as_str()).collect();
    names.sort_unstable();
    let number =
        |name| call.args.get(name).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let offset = number("offset").and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let limit = number("limit").filter(|limit| *limit > 0);
    let limit = limit.and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX);
    Ok(json!(names.into_iter().skip(offset).take(limit).collect::<Vec<_>>()))
}

fn package_activity_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let package = call.readable_package(&call.needed("id")?)?;
    let lines = call.catalogue.activities.iter().filter(|activity| activity.package_id == package.id);
    let shown: Vec<Value> = lines
        .rev()
        .take(31)
        .map(|activity| {
            json!({
                "id": activity.id,
                "timestamp": activity.at,
                "user_id": activity.user_id,
                "object_id": activity.package_id,
                "activity_type": activity.kind,
                "data": {"package": {"title": package.fields.title}},
            })
        })
        .collect();
    Ok(json!(shown))
}

/// Any package will do: like the real one, it only adds `active` to what `package_show` says.
fn harvest_source_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let mut shown = package_show(call)?;
    let active = shown.get("state").is_some_and(|state| state == "active");
    views::put(&mut shown, "active", json!(active));
    Ok(shown)
}

/// By id only, although its own documentation says id or name.
fn harvest_source_show_status(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("id").ok_or(Refusal::Internal)?;
    let package = call.catalogue.package(wanted);
    if !call.is_sysadmin() {
        // Only who is not a sysadmin is asked for permission, and that question looks the package up.
        let package =
            package.ok_or_else(|| Refusal::NotFound(Some("Harvest source not found".to_owned())))?;
        if !call.may_read(package) {
            return Err(call.denied("read harvest source", wanted));
        }
    }
    let source =
        package.filter(|package| package.id == wanted && matches!(package.kind, Kind::Harvest { .. }));
    let missing = || Refusal::NotFound(Some(format!("Harvest source {wanted} does not exist")));
    Ok(harvest::status(call.catalogue, source.ok_or_else(missing)?))
}

fn harvest_object_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let missing = || Refusal::NotFound(Some("Harvest object not found".to_owned()));
    let package = if let Some(id) = call.text("id") {
        let mut packages = call.catalogue.packages.iter();
        packages.find(|package| harvest::object_id(package) == id).ok_or_else(missing)?
    } else if let Some(dataset) = call.text("dataset_id") {
        let unknown = || Refusal::NotFound(Some("Dataset not found".to_owned()));
        call.catalogue.package(dataset).ok_or_else(unknown)?
    } else {
        return Err(Refusal::message("Please provide either an \"id\" or a \"dataset_id\" parameter"));
    };
    let source = harvest::source_of(call.catalogue, package).ok_or_else(missing)?;
    Ok(harvest::object(call.catalogue, source, package))
}
