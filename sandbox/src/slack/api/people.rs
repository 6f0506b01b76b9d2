//! Who is who: the token's own identity, people, and user groups.

use serde_json::{Value, json};

use super::super::workspace::{Person, Usergroup};
use super::error::ApiError;
use super::{Answer, Context, answer};

pub(super) fn api_test(context: &mut Context<'_>) -> Answer {
    match context.arguments.text("error")? {
        Some(code) => Err(ApiError::new(code)),
        None => Ok(answer(json!({ "args": context.arguments.shown() }))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every method")]
pub(super) fn auth_test(context: &mut Context<'_>) -> Answer {
    let workspace = &context.world.workspace;
    Ok(answer(json!({
        "url": format!("https://{}.slack.com/", workspace.team.domain),
        "team": workspace.team.name,
        "user": workspace.app.name,
        "team_id": workspace.team.id,
        "user_id": workspace.app.bot_user_id,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": false,
    })))
}

pub(super) fn user_info(context: &mut Context<'_>) -> Answer {
    let id = context.arguments.required("user")?;
    let workspace = &context.world.workspace;
    if id == workspace.app.bot_user_id {
        let bot = Person {
            id,
            name: workspace.app.name.clone(),
            real_name: workspace.app.name.clone(),
            team_id: workspace.team.id.clone(),
            is_bot: true,
            ..Person::default()
        };
        return Ok(answer(json!({ "user": user_object(&bot, true) })));
    }
    let person = context.world.person(&id).ok_or_else(|| ApiError::new("user_not_found"))?;
    Ok(answer(json!({ "user": user_object(person, person.team_id == workspace.team.id) })))
}

/// Slack tells less of other companies' people, and says `is_stranger` only where it is so. Empty custom fields
/// come as a list, filled ones as an object; some clients stumble over that, so the list is here too.
fn user_object(person: &Person, own_team: bool) -> Value {
    let mut object = json!({
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "color": "9f69e7",
        "real_name": person.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "profile": {
            "real_name": person.real_name,
            "real_name_normalized": person.real_name,
            "display_name": person.name,
            "display_name_normalized": person.name,
            "fields": [],
            "team": person.team_id,
        },
        "is_bot": person.is_bot,
        "is_app_user": false,
        "updated": 1_700_000_000,
    });
    let Some(fields) = object.as_object_mut() else { return object };
    let mut set = |name: &str, value: bool| fields.insert(name.to_owned(), value.into());
    if own_team {
        for name in ["is_admin", "is_owner", "is_primary_owner"] {
            set(name, false);
        }
        set("is_email_confirmed", true);
    }
    if own_team || person.is_restricted || person.is_ultra_restricted {
        set("is_restricted", person.is_restricted || person.is_ultra_restricted);
        set("is_ultra_restricted", person.is_ultra_restricted);
    }
    if person.is_stranger {
        set("is_stranger", true);
    }
    object
}

pub(super) fn usergroups(context: &mut Context<'_>) -> Answer {
    check_team(context)?;
    let with_disabled = context.arguments.flag("include_disabled")?.unwrap_or(false);
    let with_users = context.arguments.flag("include_users")?.unwrap_or(false);
    let with_count = context.arguments.flag("include_count")?.unwrap_or(false);
    let workspace = &context.world.workspace;
    let listed = workspace.usergroups.iter().filter(|group| with_disabled || !group.disabled);
    let groups: Vec<Value> = listed
        .map(|group| {
            let mut object = group_object(group, &workspace.team.id);
            if let Some(fields) = object.as_object_mut() {
                if with_users {
                    fields.insert("users".into(), json!(group.users));
                }
                if with_count {
                    fields.insert("user_count".into(), group.users.len().into());
                }
            }
            object
        })
        .collect();
    Ok(answer(json!({ "usergroups": groups })))
}

fn group_object(group: &Usergroup, team_id: &str) -> Value {
    json!({
        "id": group.id,
        "team_id": team_id,
        "is_usergroup": true,
        "is_subteam": true,
        "name": group.handle,
        "description": "",
        "handle": group.handle,
        "is_external": false,
        "date_create": 1_700_000_000,
        "date_update": 1_700_000_000,
        "date_delete": if group.disabled { 1_700_000_001 } else { 0 },
        "auto_type": null,
        "auto_provision": false,
        "enterprise_subteam_id": "",
        "created_by": "USLACKBOT",
        "updated_by": "USLACKBOT",
        "deleted_by": null,
        "prefs": { "channels": [], "groups": [] },
    })
}

pub(super) fn usergroup_members(context: &mut Context<'_>) -> Answer {
    let id = context.arguments.required("usergroup")?;
    check_team(context)?;
    let with_disabled = context.arguments.flag("include_disabled")?.unwrap_or(false);
    let groups = &context.world.workspace.usergroups;
    let group = groups.iter().find(|group| group.id == id && (with_disabled || !group.disabled));
    let group = group.ok_or_else(|| ApiError::new("no_such_subteam"))?;
    Ok(answer(json!({ "users": group.users })))
}

fn check_team(context: &Context<'_>) -> Result<(), ApiError> {
    match context.arguments.text("team_id")? {
        Some(id) if id != context.world.workspace.team.id => Err(ApiError::new("invalid_team")),
        _ => Ok(()),
    }
}
