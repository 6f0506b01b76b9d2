//! `user_patch`: a new address, or whatever else an account may change, without any confirmation.
//!
//! Guarantees: who may, and CKAN's objections in CKAN's words, which differ between the versions: before 2.11 two addresses that differ in capitals are two addresses. The address of an account that is not active is free
//! in every version. Leaves passwords out.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::people;
use super::refusal::Refusal;
use super::rows::User;

pub(super) fn user_patch(call: &mut Call<'_>) -> Result<Value, Refusal> {
    let wanted = call.text("id").map(str::to_owned);
    let found = wanted.as_deref().and_then(|id| call.catalogue.user(id)).cloned();
    if !call.is_sysadmin() {
        // Only who is not a sysadmin is asked for permission, and that question looks the account up.
        let user = found.as_ref().ok_or_else(|| Refusal::NotAuthorized("User not found".to_owned()))?;
        let caller = call.caller_name();
        if caller.is_empty() {
            return Err(Refusal::NotAuthorized("Have to be logged in to edit user".to_owned()));
        }
        if caller != user.name {
            return Err(call.denied("edit user", &user.id));
        }
    }
    if wanted.is_none() {
        return Err(Refusal::missing("id"));
    }
    let mut user = found.ok_or(Refusal::NotFound(None))?;
    call.effect.id = Some(user.id.clone());
    let before = user.clone();
    let objections = apply(call, &mut user);
    if !objections.is_empty() {
        return Err(Refusal::Validation(objections));
    }
    call.effect.changed = user != before;
    let shown = people::counted(call, &user);
    if let Some(row) = call.catalogue.users.iter_mut().find(|row| row.id == user.id) {
        *row = user;
    }
    Ok(shown)
}

fn apply(call: &Call<'_>, user: &mut User) -> Map<String, Value> {
    let mut objections = Map::new();
    for (field, value) in &call.args {
        let text = value.as_str().unwrap_or_default();
        let objection = match field.as_str() {
            "email" => {
                let objections_to_it = email_objection(call, user, value);
                text.clone_into(&mut user.email);
                objections_to_it
            }
            "fullname" => {
                text.clone_into(&mut user.fullname);
                None
            }
            "state" if call.is_sysadmin() => {
                text.clone_into(&mut user.state);
                None
            }
            "sysadmin" if call.is_sysadmin() => {
                user.sysadmin = value.as_bool().unwrap_or(!text.is_empty());
                None
            }
            "name" if text != user.name => name_objection(call, user, text),
            _ => None,
        };
        if let Some(objection) = objection {
            objections.insert(field.clone(), json!([objection]));
        }
    }
    objections
}

fn email_objection(call: &Call<'_>, user: &User, value: &Value) -> Option<String> {
    let Some(email) = value.as_str().filter(|email| !email.is_empty()) else {
        return Some("Missing value".to_owned());
    };
    if !is_an_address(email) {
        return Some(format!("Email {email} is not a valid format"));
    }
    let release = call.release;
    let same = |other: &User| release.is_same_address(&other.email, email);
    let mut active = call.catalogue.users.iter().filter(|other| other.state == "active");
    let taken = active.any(|other| other.id != user.id && same(other));
    let shown =
        if release.prints_addresses_in_lower_case() { email.to_lowercase() } else { email.to_owned() };
    taken.then(|| format!("The email address '{shown}' belongs to a registered user."))
}

/// CKAN's own rule: one `@`, no blank, no two dots in a row, a host of plain labels.
fn is_an_address(email: &str) -> bool {
    let Some((local, host)) = email.split_once('@') else { return false };
    let is_local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    !local.is_empty()
        && local.chars().all(is_local)
        && !local.starts_with('.')
        && !email.contains("..")
        && host.split('.').all(is_label)
}

fn name_objection(call: &Call<'_>, user: &mut User, name: &str) -> Option<String> {
    if call.catalogue.users.iter().any(|other| other.name == name) {
        return Some(call.release.login_name_is_taken().to_owned());
    }
    let may = user.state == "pending" || (call.release.lets_sysadmins_rename() && call.is_sysadmin());
    if !may {
        return Some("That login name can not be modified.".to_owned());
    }
    name.clone_into(&mut user.name);
    None
}
