//! The actions that the sandbox CKAN knows, and those that only read datasets.
//!
//! Guarantees: an action that is not in [`find`] is unknown, as on a CKAN; one that changes something is never run
//! by GET. Leaves people and organisations to [`super::people`], search to [`super::search`], changes to
//! [`super::writes`].

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::{harvest, people, revise, search, user_patch, views, writes};

const SITE_TITLE: &str = "Sandbox CKAN";

/// How an action is run.
pub(super) type Run = fn(&mut Call<'_>) -> Result<Value, Refusal>;

/// An action.
#[derive(Clone, Copy)]
pub(super) struct Action {
    pub(super) run: Run,
    /// Changes something: a line in the log of writes.
    pub(super) writes: bool,
    /// Can be called by GET.
    pub(super) by_get: bool,
}

/// The action of that name.
pub(super) fn find(name: &str) -> Option<Action> {
    let read: Run = match name {
        "status_show" => status_show,
        "package_show" => package_show,
        "package_list" => package_list,
        "package_search" => search::package_search,
        "package_activity_list" => package_activity_list,
        "harvest_source_show" => harvest::harvest_source_show,
        "harvest_source_show_status" => harvest::harvest_source_show_status,
        "harvest_source_list" => harvest::harvest_source_list,
        "harvest_object_show" => harvest::harvest_object_show,
        "harvest_job_list" => harvest::harvest_job_list,
        "harvest_job_show" => harvest::harvest_job_show,
        "harvest_job_report" => harvest::harvest_job_report,
        "user_show" => people::user_show,
        "user_list" => people::user_list,
        "api_token_list" => people::api_token_list,
        "member_list" => people::member_list,
        "organization_show" => people::organization_show,
        "organization_list" => people::organization_list,
        "organization_list_for_user" => people::organization_list_for_user,
        "config_option_show" => config_option_show,
        // CKAN takes it by GET as well, and it changes the index.
        "harvest_source_reindex" => {
            return Some(Action { run: harvest::harvest_source_reindex, writes: true, by_get: true });
        }
        _ => return writing(name),
    };
    Some(Action { run: read, writes: false, by_get: true })
}

fn writing(name: &str) -> Option<Action> {
    let run: Run = match name {
        "member_create" => writes::member_create,
        "package_delete" => writes::package_delete,
        "package_patch" => writes::package_patch,
        "package_revise" => revise::package_revise,
        "dataset_purge" => writes::dataset_purge,
        "user_patch" => user_patch::user_patch,
        "harvest_job_create" => harvest::harvest_job_create,
        "harvest_job_abort" => harvest::harvest_job_abort,
        "harvest_jobs_run" => harvest::harvest_jobs_run,
        _ => return None,
    };
    Some(Action { run, writes: true, by_get: false })
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
