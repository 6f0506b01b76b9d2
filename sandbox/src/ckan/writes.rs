//! The actions that change datasets and memberships.
//!
//! Guarantees: as on CKAN, deleting is a change of state and can be repeated; a patch takes any string for a state;
//! a search index that refuses rolls the change back. Unlike CKAN, resources in the state `deleted` are kept where
//! CKAN would remove them for good: the log of writes says which ones.

use serde_json::{Value, json};

use super::call::Call;
use super::catalogue::Activity;
use super::clock::ckan_time;
use super::patch::patched;
use super::refusal::Refusal;
use super::rows::{Membership, Package};
use super::seed::seeded_id;
use super::views;

pub(super) fn package_delete(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.needed("id")?;
    let package = editable(call, &wanted)?;
    if call.search_is_down {
        return Err(Refusal::SearchIndex);
    }
    let mut fields = package.fields.clone();
    call.effect.changed = fields.state != "deleted";
    "deleted".clone_into(&mut fields.state);
    call.catalogue.replace_fields(&package.id, fields, false, call.now);
    if wanted == package.id {
        // CKAN looks the memberships up by what was sent, so a name finds none.
        call.catalogue.set_member(&package.id, false);
    }
    note_activity(call, &package.id);
    Ok(Value::Null)
}

pub(super) fn package_patch(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let Some(wanted) = call.text("id").map(str::to_owned) else {
        return Err(if call.is_sysadmin() {
            Refusal::missing("id")
        } else {
            Refusal::message("Missing id, can not get Package object")
        });
    };
    let package = editable(call, &wanted)?;
    let fields = patched(call, &package)?;
    let changed = fields != package.fields;
    if !changed && call.release.skips_idle_edits() {
        return Ok(views::package(call.catalogue, &package));
    }
    if call.search_is_down {
        return Err(Refusal::SearchIndex);
    }
    let order =
        |package: &Package| -> Vec<String> { package.active_resources().map(|r| r.id.clone()).collect() };
    let resources_before = order(&package);
    call.effect.changed = changed;
    call.catalogue.replace_fields(&package.id, fields, true, call.now);
    let after = call.catalogue.package(&package.id).cloned().ok_or(Refusal::Internal)?;
    if call.release.every_edit_purges_resources() || order(&after) != resources_before {
        call.effect.would_purge = package.deleted_resource_ids();
    }
    if call.release.tells_changed_entities() {
        call.effect.told_entities = Some(json!({"packages": [package.id]}));
    }
    note_activity(call, &package.id);
    let mut shown = views::package(call.catalogue, &after);
    if call.release.answers_an_edit_from_the_database() && !package.is_indexed() {
        views::without_harvest_extras(&mut shown);
    }
    Ok(shown)
}

/// Removes a dataset for good, which only a sysadmin may. Its harvest objects stay and lead nowhere.
pub(super) fn dataset_purge(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.needed("id")?;
    let missing = || Refusal::NotFound(Some("Dataset was not found".to_owned()));
    let id = call.catalogue.package(&wanted).ok_or_else(missing)?.id.clone();
    call.effect.id = Some(id.clone());
    if !call.is_sysadmin() {
        return Err(call.denied("purge package", &id));
    }
    if call.search_is_down {
        return Err(Refusal::SearchIndex);
    }
    call.catalogue.purge(&id);
    call.effect.changed = true;
    Ok(Value::Null)
}

/// Puts a person into an organisation, or turns a package's own membership row on again.
pub(super) fn member_create(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let group = call.needed("id")?;
    let object = call.needed("object")?;
    let kind = call.needed("object_type")?;
    let capacity = call.needed("capacity")?;
    let missing = |what: &str| Refusal::NotFound(Some(format!("{what} was not found.")));
    let publisher = call.catalogue.publisher(&group).ok_or_else(|| missing("Group"))?.id.clone();
    let object_id = match kind.as_str() {
        "package" => call.catalogue.package(&object).ok_or_else(|| missing("Package"))?.id.clone(),
        "user" => call.catalogue.user(&object).ok_or_else(|| missing("User"))?.id.clone(),
        _ => return Err(Refusal::Internal),
    };
    call.effect.id = Some(object_id.clone());
    if !call.is_sysadmin() {
        return Err(call.denied("edit group", &publisher));
    }
    if kind == "package" {
        call.catalogue.set_member(&object_id, true);
    } else {
        let other = |m: &Membership| m.user_id != object_id || m.publisher_id != publisher;
        call.catalogue.memberships.retain(other);
        call.catalogue.memberships.push(Membership {
            publisher_id: publisher.clone(),
            user_id: object_id.clone(),
            capacity: capacity.clone(),
        });
    }
    call.effect.changed = true;
    Ok(json!({
        "id": seeded_id("member", &object),
        "group_id": publisher,
        "table_name": kind,
        "table_id": object_id,
        "capacity": capacity,
        "state": "active",
    }))
}

/// The package, if the caller may edit it; an unknown one is 404 to everybody.
pub(super) fn editable(call: &mut Call<'_>, wanted: &str) -> Result<Package, Refusal> {
    let package = call.catalogue.package(wanted).cloned().ok_or(Refusal::NotFound(None))?;
    call.effect.id = Some(package.id.clone());
    if call.may_edit(&package) { Ok(package) } else { Err(call.denied("edit package", &package.id)) }
}

/// CKAN notes the first deletion of a dataset only: not a second one, and not one after a restore.
fn note_activity(call: &mut Call<'_>, package_id: &str) {
    let Some(package) = call.catalogue.package(package_id) else { return };
    let deleted = "deleted package";
    let noted = |activity: &Activity| activity.package_id == package_id && activity.kind == deleted;
    let is_deleted = package.fields.state == "deleted";
    if is_deleted && call.catalogue.activities.iter().any(noted) {
        return;
    }
    call.catalogue.activities.push(Activity {
        id: seeded_id("activity", &format!("{package_id}/{}", call.catalogue.activities.len())).to_string(),
        package_id: package_id.to_owned(),
        user_id: call.caller.as_ref().map(|user| user.id.clone()).unwrap_or_default(),
        kind: if is_deleted { deleted } else { "changed package" },
        at: ckan_time(call.now),
    });
}
