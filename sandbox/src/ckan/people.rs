//! Accounts, tokens and organisations: the actions that read them.
//!
//! Guarantees: addresses and tokens' rows are shown to sysadmins and to the person themselves, to nobody else; a
//! wrong token is not told apart from no token, so `user_show` of nobody in particular is 404.

use serde_json::{Value, json};

use super::call::{Call, truth};
use super::refusal::Refusal;
use super::rows::{Kind, Package, Publisher, User};
use super::seed::seeded_id;
use super::views;

pub(super) fn user_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = match call.args.get("id") {
        None => call.caller_name(),
        Some(_) => call.text("id").unwrap_or_default(),
    };
    let user = call.catalogue.user(wanted).ok_or(Refusal::NotFound(None))?;
    Ok(counted(call, user))
}

/// A person, with the packages that the caller may know of.
pub(super) fn counted(call: &Call<'_>, user: &User) -> Value {
    let full = sees_all(call, user);
    let counts = |package: &&Package| package.is_public() || (full && package.fields.state != "deleted");
    let created = call.catalogue.packages.iter().filter(|package| package.creator == user.id);
    views::user(user, created.filter(counts).count(), full)
}

/// A person in a list, where hidden packages do not count.
fn listed(call: &Call<'_>, user: &User) -> Value {
    let packages = call.catalogue.packages.iter();
    let created = packages.filter(|package| package.creator == user.id && package.is_public()).count();
    views::user(user, created, sees_all(call, user))
}

fn sees_all(call: &Call<'_>, user: &User) -> bool {
    call.is_sysadmin() || call.caller_name() == user.name
}

pub(super) fn user_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let email = call.text("email");
    if email.is_some() && !call.is_sysadmin() {
        return Err(Refusal::NotAuthorized(String::new()));
    }
    let text = call.text("q").map(str::to_lowercase);
    let is_wanted = |user: &&User| {
        let in_text = |text: &String| {
            user.name.to_lowercase().contains(text)
                || user.fullname.to_lowercase().contains(text)
                || (call.is_sysadmin() && user.email.to_lowercase().contains(text))
        };
        text.as_ref().is_none_or(in_text)
            && email.is_none_or(|email| call.release.finds_address(&user.email, email))
    };
    let there = call.catalogue.users.iter().filter(|user| user.state != "deleted");
    let mut users: Vec<&User> = there.filter(is_wanted).collect();
    users.sort_by(|a, b| a.fullname.cmp(&b.fullname));
    if call.args.get("all_fields").is_some_and(|value| !truth(Some(value))) {
        return Ok(json!(users.iter().map(|user| &user.name).collect::<Vec<_>>()));
    }
    Ok(json!(users.iter().map(|user| listed(call, user)).collect::<Vec<_>>()))
}

pub(super) fn api_token_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("user_id").or_else(|| call.text("user"));
    let wanted = wanted.ok_or_else(|| Refusal::missing("user_id"))?;
    let user = call.catalogue.user(wanted);
    if !call.is_sysadmin() && user.is_none_or(|user| user.name != call.caller_name()) {
        return Err(Refusal::NotAuthorized(String::new()));
    }
    let user = user.ok_or_else(|| Refusal::NotFound(Some("User not found".to_owned())))?;
    let tokens = user.token.iter().map(|_| {
        json!({
            "id": seeded_id("token", &user.name),
            "name": "sandbox",
            "user_id": user.id,
            "created_at": user.created,
            "last_access": Value::Null,
        })
    });
    Ok(json!(tokens.collect::<Vec<_>>()))
}

fn publisher<'a>(call: &'a Call<'_>) -> Result<&'a Publisher, Refusal> {
    let wanted = call.needed("id")?;
    call.catalogue.publisher(&wanted).ok_or(Refusal::NotFound(None))
}

pub(super) fn organization_show(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let publisher = publisher(call)?;
    let datasets = || {
        let own = call.catalogue.packages.iter().filter(|package| package.owner_org == publisher.id);
        let own = own.filter(|package| matches!(package.kind, Kind::Dataset { .. }));
        own.filter(|package| package.fields.state == "active" && call.may_read(package))
    };
    let mut shown = views::publisher(publisher, datasets().count());
    views::put(&mut shown, "extras", json!([]));
    views::put(&mut shown, "groups", json!([]));
    if call.args.get("include_users").is_none_or(|value| truth(Some(value))) {
        let held = call.catalogue.memberships.iter().filter(|m| m.publisher_id == publisher.id);
        let users = held.filter_map(|membership| {
            let user = call.catalogue.user(&membership.user_id)?;
            let mut shown = listed(call, user);
            views::put(&mut shown, "capacity", json!(membership.capacity));
            Some(shown)
        });
        views::put(&mut shown, "users", json!(users.collect::<Vec<_>>()));
    }
    if truth(call.args.get("include_datasets")) {
        let datasets: Vec<Value> =
            datasets().map(|package| views::package(call.catalogue, package)).collect();
        views::put(&mut shown, "packages", json!(datasets));
    }
    Ok(shown)
}

#[expect(clippy::unnecessary_wraps, reason = "every action has this shape")]
pub(super) fn organization_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let mut publishers: Vec<&Publisher> = call.catalogue.publishers.iter().collect();
    publishers.sort_by(|a, b| a.title.cmp(&b.title));
    if truth(call.args.get("all_fields")) {
        // Unlike `organization_show`, the list counts harvest sources.
        let shown = publishers.iter().map(|publisher| {
            let own = call.catalogue.packages.iter().filter(|package| package.owner_org == publisher.id);
            let counted = own.filter(|package| package.fields.state == "active" && call.may_read(package));
            views::publisher(publisher, counted.count())
        });
        return Ok(json!(shown.collect::<Vec<_>>()));
    }
    Ok(json!(publishers.iter().map(|publisher| &publisher.name).collect::<Vec<_>>()))
}

/// The organisations in which a person may do something, `manage_group` where nothing is named: every one of them for
/// a sysadmin.
pub(super) fn organization_list_for_user(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = match call.text("id") {
        Some(id) => Some(call.catalogue.user(id).ok_or(Refusal::NotFound(None))?),
        None => call.caller.as_ref(),
    };
    let Some(user) = wanted else { return Ok(json!([])) };
    let roles: &[&str] = match call.text("permission").unwrap_or("manage_group") {
        "manage_group" | "read" => &["admin", "editor", "member"],
        "create_dataset" | "update_dataset" | "delete_dataset" => &["admin", "editor"],
        "admin" | "membership" => &["admin"],
        _ => &[],
    };
    let mut shown = Vec::new();
    for publisher in &call.catalogue.publishers {
        let held = call.catalogue.capacity(&publisher.id, user).filter(|held| roles.contains(held));
        let capacity = if user.sysadmin { Some("admin") } else { held };
        let Some(capacity) = capacity else { continue };
        let mut row = views::publisher(publisher, 0);
        if let Value::Object(fields) = &mut row {
            fields.remove("package_count");
        }
        views::put(&mut row, "capacity", json!(capacity));
        shown.push(row);
    }
    Ok(json!(shown))
}

/// Rows are `[id, "user", "Admin"]` or `[id, "package", "organization"]`.
pub(super) fn member_list(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let publisher = publisher(call)?;
    let of_type = |kind: &str| call.text("object_type").is_none_or(|wanted| wanted == kind);
    let of_capacity = |held: &str| call.text("capacity").is_none_or(|wanted| wanted == held);
    let mut rows = Vec::new();
    if of_type("package") && of_capacity("organization") {
        let packages = call.catalogue.packages.iter().filter(|p| p.owner_org == publisher.id && p.is_member);
        rows.extend(packages.map(|package| json!([package.id, "package", "organization"])));
    }
    if of_type("user") {
        let held = call.catalogue.memberships.iter().filter(|m| m.publisher_id == publisher.id);
        for membership in held.filter(|membership| of_capacity(&membership.capacity)) {
            let shown = match membership.capacity.as_str() {
                "admin" => "Admin",
                "editor" => "Editor",
                _ => "Member",
            };
            rows.push(json!([membership.user_id, "user", shown]));
        }
    }
    Ok(json!(rows))
}
