//! What a sandbox Slack is started with. Nothing is read from the environment.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::workspace::{App, Channel, Person, Team, Usergroup, Workspace};

/// Everything the sandbox needs to start.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// The secret that requests to the app are signed with.
    pub signing_secret: String,
    /// The only token the Web API accepts.
    pub bot_token: String,
    /// The scopes granted to that token.
    pub scopes: Vec<String>,
    /// The app's slash commands.
    pub commands: Vec<Command>,
    /// Where the app listens; can be set later with [`super::SlackSandbox::set_app_url`].
    pub request_urls: RequestUrls,
    /// The people and channels.
    pub workspace: Workspace,
    /// What `GET /` serves.
    pub page: Page,
    /// Whether a second message in a channel within a second is answered 429.
    pub pace: bool,
}

/// A slash command as the app's manifest declares it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    /// With its slash.
    pub command: String,
    /// Shown in the composer.
    pub description: String,
    /// Shown in the composer.
    pub usage_hint: String,
    /// Whether people and channels in the text arrive as `<@U…>` and `<#C…>`.
    #[serde(default)]
    pub should_escape: bool,
}

/// The app's three addresses.
#[derive(Debug, Clone, Default)]
pub struct RequestUrls {
    /// Slash commands.
    pub commands: Option<String>,
    /// Clicks and submissions.
    pub interactions: Option<String>,
    /// The Events API.
    pub events: Option<String>,
}

impl RequestUrls {
    /// The usual three addresses below one base.
    pub fn below(base: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self {
            commands: Some(format!("{base}/slack/commands")),
            interactions: Some(format!("{base}/slack/interactions")),
            events: Some(format!("{base}/slack/events")),
        }
    }
}

/// Where the page comes from.
#[derive(Debug, Clone, Default)]
pub enum Page {
    /// The page this crate was built with.
    #[default]
    Embedded,
    /// Read from this directory at every request, to work on the page without building.
    Directory(PathBuf),
    /// No page.
    Absent,
}

impl SlackConfig {
    /// A platform team of three engineers, one of them in no user group, with a guest and another company's
    /// employee in their channel. Slack does not call that channel shared until somebody says so (`/control/channel`), so
    /// that each of the app's refusals can be seen by itself.
    pub fn small_team() -> Self {
        Self {
            signing_secret: "sandbox-signing-secret".into(),
            bot_token: "xoxb-sandbox-0001".into(),
            scopes: [
                "commands",
                "chat:write",
                "files:read",
                "files:write",
                "users:read",
                "usergroups:read",
                "channels:read",
                "groups:read",
            ]
            .map(String::from)
            .to_vec(),
            commands: vec![Command {
                command: "/ckan".into(),
                description: "Run the CKAN runbook".into(),
                usage_hint: "withdraw road-accidents-2019 --reason \"…\" --ticket 51234".into(),
                should_escape: false,
            }],
            request_urls: RequestUrls::default(),
            workspace: small_workspace(),
            page: Page::Embedded,
            pace: false,
        }
    }
}

fn small_workspace() -> Workspace {
    let person = |id: &str, name: &str, real_name: &str, role: &str| Person {
        id: id.into(),
        name: name.into(),
        real_name: real_name.into(),
        team_id: "T0001".into(),
        role: role.into(),
        ..Person::default()
    };
    let people = vec![
        person("U0ALICE", "alice", "Alice Ahmed", "engineer"),
        person("U0BOB", "bob", "Bob Brown", "engineer"),
        person("U0CARA", "cara", "Cara Chen", "engineer"),
        Person { is_restricted: true, ..person("U0GUEST", "gus", "Gus Guest", "guest") },
        Person { team_id: "T0009".into(), ..person("U0OUT", "olga", "Olga Outsider", "outsider") },
    ];
    let members = people.iter().map(|person| person.id.clone()).chain(["U0BOT".to_owned()]).collect();
    Workspace {
        team: Team { id: "T0001".into(), name: "platform-team".into(), domain: "platform-team".into() },
        app: App {
            id: "A0001".into(),
            bot_user_id: "U0BOT".into(),
            bot_id: "B0BOT".into(),
            name: "ckan-chatops".into(),
        },
        people,
        usergroups: vec![Usergroup {
            id: "S0ENG".into(),
            handle: "datagov-engineers".into(),
            users: vec!["U0ALICE".into(), "U0BOB".into()],
            disabled: false,
        }],
        channels: vec![Channel {
            id: "C0001".into(),
            name: "govuk-platform-health".into(),
            members,
            ..Channel::default()
        }],
    }
}
