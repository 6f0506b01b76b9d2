//! The manifest of the Slack app, made from the code.
//!
//! Guarantees that the app asks for the scopes that the bot's calls need and no others, and stays within Slack's
//! limits (a test holds both). Leaves creating the app to a person: README, step 2.

use serde::Serialize;
use url::Url;

use crate::operations::Registry;
use crate::slack::message::cut;

/// What the bot's calls need: `commands` for `/ckan`; `chat:write` for messages and their updates; `files:read` for a
/// list that somebody attaches and `files:write` for a file of results; `users:read` and `usergroups:read` to know
/// who somebody is; `channels:read` and `groups:read` to know with whom the channel, public or private, is shared.
pub const SCOPES: &[&str] = &[
    "commands",
    "channels:read",
    "chat:write",
    "files:read",
    "files:write",
    "groups:read",
    "users:read",
    "usergroups:read",
];

/// The slash command.
pub const COMMAND: &str = "/ckan";

/// Slack: a usage hint holds 1,000 characters.
const LONGEST_HINT: usize = 1_000;

#[derive(Serialize)]
struct Manifest {
    _metadata: Version,
    display_information: Display,
    features: Features,
    oauth_config: Oauth,
    settings: Settings,
}

#[derive(Serialize)]
struct Version {
    major_version: u8,
    minor_version: u8,
}

#[derive(Serialize)]
struct Display {
    name: &'static str,
    description: &'static str,
    long_description: &'static str,
    background_color: &'static str,
}

#[derive(Serialize)]
struct Features {
    bot_user: BotUser,
    slash_commands: [SlashCommand; 1],
}

#[derive(Serialize)]
struct BotUser {
    display_name: &'static str,
    always_online: bool,
}

#[derive(Serialize)]
struct SlashCommand {
    command: &'static str,
    url: String,
    description: &'static str,
    usage_hint: String,
    should_escape: bool,
}

#[derive(Serialize)]
struct Oauth {
    scopes: Scopes,
}

#[derive(Serialize)]
struct Scopes {
    bot: &'static [&'static str],
}

#[derive(Serialize)]
struct Settings {
    interactivity: Interactivity,
    org_deploy_enabled: bool,
    socket_mode_enabled: bool,
    token_rotation_enabled: bool,
}

#[derive(Serialize)]
struct Interactivity {
    is_enabled: bool,
    request_url: String,
}

/// The manifest of an app whose bot Slack reaches at `url`, as YAML.
pub fn of(registry: &Registry, url: &Url) -> Result<String, serde_norway::Error> {
    let at = |path: &str| format!("{}/slack/{path}", url.as_str().trim_end_matches('/'));
    let manifest = Manifest {
        _metadata: Version { major_version: 1, minor_version: 1 },
        display_information: Display {
            name: "ckan-chatops",
            description: "Runs the CKAN runbook, with a second engineer's approval.",
            long_description: "Type /ckan and what should happen. The bot shows exactly what would happen, and \
                does it only once a second engineer has approved. It proves on CKAN that it happened, offers the \
                way back, and keeps an audit that cannot be quietly changed. /ckan help says what you may do.",
            background_color: "#1d70b8",
        },
        features: Features {
            bot_user: BotUser { display_name: "ckan-chatops", always_online: true },
            slash_commands: [SlashCommand {
                command: COMMAND,
                url: at("commands"),
                description: "Ask for a change on CKAN, or look something up",
                usage_hint: usage_hint(registry),
                should_escape: true,
            }],
        },
        oauth_config: Oauth { scopes: Scopes { bot: SCOPES } },
        settings: Settings {
            interactivity: Interactivity { is_enabled: true, request_url: at("interactions") },
            org_deploy_enabled: false,
            socket_mode_enabled: false,
            token_rotation_enabled: false,
        },
    };
    Ok(format!(
        "# Made by `ckan-chatops manifest --url {}`; do not edit.\n{}",
        url.as_str().trim_end_matches('/'),
        serde_norway::to_string(&manifest)?
    ))
}

/// The short forms that people type, `help` last.
fn usage_hint(registry: &Registry) -> String {
    let mut forms: Vec<&str> = registry
        .iter()
        .filter(|operation| operation.meta.name != "help")
        .map(|operation| operation.meta.short.first().copied().unwrap_or(operation.meta.name))
        .collect();
    forms.push("help");
    cut(&forms.join(" | "), LONGEST_HINT)
}

#[cfg(test)]
mod tests {
    use serde_norway::Value;

    use super::*;

    fn made() -> String {
        of(&Registry::all(), &Url::parse("https://ckan-chatops.example.gov.uk").unwrap()).unwrap()
    }

    #[test]
    fn the_committed_manifest_is_the_one_that_the_code_makes() {
        let committed = include_str!("../../manifest.yml");
        assert_eq!(
            committed,
            made(),
            "run: cargo run -- manifest --url https://ckan-chatops.example.gov.uk > manifest.yml"
        );
    }

    #[test]
    fn slacks_limits_are_kept() {
        let manifest: Value = serde_norway::from_str(&made()).unwrap();
        let length = |path: &[&str]| {
            let mut value = &manifest;
            for key in path {
                value = match key.parse::<usize>() {
                    Ok(index) => &value[index],
                    Err(_) => &value[*key],
                };
            }
            value.as_str().unwrap().chars().count()
        };
        assert!((1..=35).contains(&length(&["display_information", "name"])));
        assert!((1..=140).contains(&length(&["display_information", "description"])));
        assert!((175..=4000).contains(&length(&["display_information", "long_description"])));
        assert!((1..=80).contains(&length(&["features", "bot_user", "display_name"])));
        assert!((2..=32).contains(&length(&["features", "slash_commands", "0", "command"])));
        assert!((1..=2000).contains(&length(&["features", "slash_commands", "0", "description"])));
        assert!((1..=1000).contains(&length(&["features", "slash_commands", "0", "usage_hint"])));
        let colour = manifest["display_information"]["background_color"].as_str().unwrap();
        assert!(
            colour.len() == 7
                && colour.starts_with('#')
                && colour[1..].bytes().all(|b| b.is_ascii_hexdigit())
        );
        let name = manifest["features"]["bot_user"]["display_name"].as_str().unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c)));
    }

    #[test]
    fn s28_the_scopes_are_known_and_each_is_used() {
        // Scope and the call of `slack::web` (or the feature) that needs it, from Slack's method pages.
        let needed = [
            ("commands", "features.slash_commands"),
            ("channels:read", "conversations.info"),
            ("chat:write", "chat.postMessage"),
            ("files:read", "files.info"),
            ("files:write", "files.completeUploadExternal"),
            ("groups:read", "conversations.info"),
            ("users:read", "users.info"),
            ("usergroups:read", "usergroups.users.list"),
        ];
        assert_eq!(SCOPES, needed.map(|(scope, _)| scope));
        let calls = include_str!("web.rs");
        for (scope, call) in needed.iter().skip(1) {
            assert!(calls.contains(call), "{scope} is asked for and {call} is not called");
        }
    }
}
