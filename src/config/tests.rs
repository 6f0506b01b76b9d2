//! Every way in which a configuration can be doubtful, with the sentence it earns.

mod databases;
mod freezes;
mod programs;
mod rules;
mod secrets;
mod tables;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::secrets::{BOT_TOKEN, PREVIOUS_SIGNING_SECRET, SIGNING_SECRET};
use super::*;

const EXAMPLE: &str = include_str!("../../deploy/ckan-chatops.example.toml");
const DOCUMENTATION: &str = include_str!("../../docs/configuration.md");

const SOUND: &str = r#"listen = "127.0.0.1:8080"
database_url = "sqlite://ckan-chatops.db"
[slack]
api_url = "https://slack.com/api"
team_id = "T0001"
app_id = "A0001"
channel = "C0001"
[access]
requesters = { users = ["U1"], usergroups = ["S1"] }
approvers  = { users = ["U2"], usergroups = [] }
[policy]
approvals = 1
pending_ttl = "1h"
approved_ttl = "15m"
ticket_pattern = '^[0-9]{5,8}$'
[environments.production]
default = true
ckan_url = "http://127.0.0.1:5000"
api_token_env = "CKAN_TOKEN_PRODUCTION"
"#;

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "SLACK_SIGNING_SECRET" => "8f742231b10e8888abcd99yyyzzz85a5",
        "SLACK_BOT_TOKEN" => "xoxb-1-2-three",
        "CKAN_DATABASE_READ_PRODUCTION" => "postgres://reader:three@127.0.0.1/ckan",
        "CKAN_DATABASE_WRITE_PRODUCTION" => "postgres://writer:three@127.0.0.1/ckan",
        "CKAN_TOKEN_PRODUCTION" | "CKAN_TOKEN_INTEGRATION" => "ckan-token",
        _ => return None,
    };
    Some(value.to_owned())
}

fn read(text: &str) -> Result<(Config, Secrets), Problems> {
    read_text("ckan-chatops.toml", text, &environment)
}

fn problems(text: &str) -> String {
    read(text).map_or_else(|problems| problems.to_string(), |_| "accepted".to_owned())
}

/// What is said when `old` in the sound file is replaced by each of `new`.
fn said(old: &str, new: &[&str]) -> String {
    assert!(SOUND.contains(old), "{old} is not in the sound file");
    let mut all = String::new();
    for new in new {
        writeln!(all, "{}\n{}\n", new.trim(), problems(&SOUND.replacen(old, new, 1))).unwrap();
    }
    all
}

/// What is said of the secrets when these variables are set beside or instead of the usual ones.
fn said_of(variables: &[(&str, &str)]) -> String {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let lookup = |name: &str| match variables.get(name) {
        Some(&"(unset)") => None,
        Some(value) => Some((*value).to_owned()),
        None => environment(name),
    };
    read_text("ckan-chatops.toml", SOUND, &lookup)
        .map_or_else(|problems| problems.to_string(), |_| "accepted".to_owned())
}

#[test]
fn the_example_is_sound_and_shows_the_defaults() {
    let (config, _) = read(EXAMPLE).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin_listen, None);
    assert_eq!(config.ticket_url, None);
    assert_eq!(config.slack.api_url.as_str(), "https://slack.com/api");
    assert_eq!(config.policy.approvals.get(), 1);
    assert_eq!(config.policy.pending_ttl, Duration::from_hours(1));
    assert_eq!(config.policy.approved_ttl, Duration::from_mins(15));
    assert_eq!(config.policy.ticket_pattern, None);
    assert_eq!((config.policy.rules.len(), config.policy.freezes.len()), (0, 0));
    let production = config.environment(None).unwrap();
    assert_eq!(production.request_timeout, Duration::from_secs(30));
    assert_eq!(production.write_deadline, Duration::from_secs(150));
    // Uncommented, every line says the same again, or is a sound example.
    let uncommented: String = EXAMPLE.lines().map(|line| uncomment(line) + "\n").collect();
    let (other, _) = read(&uncommented).unwrap();
    assert_eq!(other.listen, config.listen);
    assert_eq!(other.slack.api_url, config.slack.api_url);
    assert_eq!(other.policy.pending_ttl, config.policy.pending_ttl);
    assert_eq!(other.policy.approved_ttl, config.policy.approved_ttl);
    assert_eq!(other.policy.two_approvals_above, config.policy.two_approvals_above);
    assert_eq!(other.policy.held_ttl, config.policy.held_ttl);
    assert_eq!(other.policy.remind_after, config.policy.remind_after);
    assert_eq!(other.policy.open_requests, config.policy.open_requests);
    assert_eq!(other.policy.cool_down, config.policy.cool_down);
    assert_eq!((other.policy.rules.len(), other.policy.freezes.len()), (3, 2));
    assert_eq!(other.environments[0].request_timeout, production.request_timeout);
    assert_eq!(other.environments[0].write_deadline, production.write_deadline);
}

/// A commented-out key or table, brought in; other comments stay.
fn uncomment(line: &str) -> String {
    let bare = line.trim_start_matches("# ");
    let is_key = bare
        .split_once(" = ")
        .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    if is_key || bare.starts_with("[[") || bare.starts_with("[environments.") {
        bare.to_owned()
    } else {
        line.to_owned()
    }
}

#[test]
fn every_key_is_in_the_documentation_and_in_the_example() {
    let nonsense = "zzzz = 1\n";
    let text =
        format!("{nonsense}{SOUND}{nonsense}[[people]]\nname = \"a\"\nslack_ids = [\"U1\", \"U2\"]\n{nonsense}[users]\n{nonsense}[[rules]]\n{nonsense}[[freezes]]\n{nonsense}")
            .replace("[slack]", "[slack]\nzzzz = 1")
            .replace("[access]", "[access]\nzzzz = 1")
            .replace("[policy]", "[policy]\nzzzz = 1");
    let said = problems(&text);
    let mut keys: Vec<&str> = vec![];
    for line in said.lines() {
        if let Some((_, known)) = line.split_once("; it takes ") {
            keys.extend(known.split(", "));
        }
    }
    assert_eq!(keys.len(), 67, "{keys:?}");
    for key in keys {
        let written = format!("{key} = ");
        let is_table = ["slack", "access", "policy", "rules", "freezes", "people", "users", "environments"];
        let is_table = is_table.contains(&key);
        assert!(EXAMPLE.contains(&written) || is_table, "{key} is missing in the example");
        assert!(
            DOCUMENTATION.contains(&format!("| `{key}` |")) || is_table,
            "{key} is missing in docs/configuration.md"
        );
    }
    for variable in [SIGNING_SECRET, PREVIOUS_SIGNING_SECRET, BOT_TOKEN] {
        assert!(EXAMPLE.contains(variable) && DOCUMENTATION.contains(&format!("| `{variable}` |")));
    }
}

#[test]
fn the_documented_defaults_are_those_of_the_example() {
    let mut table = "## The top of the file".to_owned();
    // The second environment shows what differs.
    for line in EXAMPLE.lines().take_while(|line| !line.starts_with("# [environments.")) {
        let bare = line.trim_start_matches("# ");
        if bare.starts_with('[') {
            table = format!("## `{}`", bare.replace("environments.production", "environments.<name>"));
        }
        let Some((key, rest)) = line.strip_prefix("# ").and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        let value = rest.split('#').next().unwrap_or(rest).trim();
        let of_table = DOCUMENTATION.lines().skip_while(|line| *line != table);
        let row = of_table
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .find(|row| row.starts_with(&format!("| `{key}` |")));
        let default = row.expect(key).split('|').nth(2).unwrap().trim().trim_matches('`').to_owned();
        assert!(
            default == value || default == "none" || default == "required",
            "{key}: {default} and {value}"
        );
    }
}

#[test]
fn the_sound_file_says_what_it_says() {
    let (config, secrets) = read(SOUND).unwrap();
    assert_eq!(config.database_url, "sqlite://ckan-chatops.db");
    assert_eq!(config.slack.team_id, "T0001");
    assert_eq!(config.policy.ticket_pattern.as_deref(), Some("^[0-9]{5,8}$"));
    assert!(config.policy.approvers.users.contains("U2"));
    assert_eq!(config.environment(Some("production")).unwrap().ckan_url.as_str(), "http://127.0.0.1:5000/");
    assert_eq!(config.environment(Some("staging")), None);
    assert_eq!(secrets.bot_token.expose_secret(), "xoxb-1-2-three");
    assert_eq!(secrets.ckan_tokens["production"].expose_secret(), "ckan-token");
    assert!(secrets.signing_secret_previous.is_none());
    assert!(!format!("{secrets:?}").contains("three"));
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_name() {
    let problems = Config::read(Path::new("nowhere/ckan-chatops.toml"), &environment).unwrap_err();
    insta::assert_snapshot!(problems, @"nowhere/ckan-chatops.toml: cannot be read (entity not found); give the path of the configuration file");
}
