//! The configuration: one TOML file, and secrets from the environment.
//!
//! Guarantees that a configuration in hand is whole and sound, because anything doubtful is refused with its line and
//! with what to write instead, all problems at once. Leaves to the start what only Slack and CKAN can tell: that the
//! ids exist and that the tokens work.

mod access;
mod enough;
mod environments;
mod freezes;
mod problem;
mod programs;
mod rules;
mod scope;
pub mod secrets;
mod section;
mod suspicious;
mod users;
mod values;

#[cfg(test)]
mod tests;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use url::Url;

use crate::approval::Policy;
pub use environments::EnvironmentSettings;
pub use problem::Problems;
use problem::{Place, Report};
use secrets::TokenSource;
pub use secrets::{Secrets, process_environment};
use section::Section;

/// Everything that the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where Slack reaches the bot.
    pub listen: SocketAddr,
    /// Where metrics are served, if anywhere.
    pub admin_listen: Option<SocketAddr>,
    /// The store, for example `sqlite://ckan-chatops.db`.
    pub database_url: String,
    /// The Slack app and its channel.
    pub slack: SlackSettings,
    /// Who may ask and approve, and for how long.
    pub policy: Policy,
    /// Where a ticket can be read: an address with `{ticket}` in it.
    pub ticket_url: Option<String>,
    /// The folder for copies of what is purged; without it nothing is.
    pub archive_dir: Option<PathBuf>,
    /// The domains in which an account's new address may be, with everything below them; empty: any.
    pub email_domains: Vec<String>,
    /// Every CKAN, in the order of the file.
    pub environments: Vec<EnvironmentSettings>,
}

/// The Slack app and its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackSettings {
    /// The base of Slack's Web API, an emulator's or GovSlack's; without a slash at the end of its path.
    pub api_url: Url,
    /// The workspace that deliveries must come from.
    pub team_id: String,
    /// The app that deliveries must be for.
    pub app_id: String,
    /// Our own Enterprise Grid organisation, where there is one.
    pub enterprise_id: Option<String>,
    /// The channel for cards and audit threads.
    pub channel: String,
}

impl Config {
    /// Reads the file and the secrets that `environment` gives.
    pub fn read(
        path: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Secrets), Problems> {
        let name = path.display().to_string();
        read_text(&name, &load(&name, path)?, environment)
    }

    /// Reads the file alone, for what needs no secrets.
    pub fn read_file(path: &Path) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let text = load(&name, path)?;
        let mut report = Report::new(&name, &text);
        match interpret(&mut report, &text).0 {
            Some(config) if report.is_clean() => Ok(config),
            _ => Err(report.into_problems()),
        }
    }

    /// The environment of this name, or the default one where none is named.
    pub fn environment(&self, name: Option<&str>) -> Option<&EnvironmentSettings> {
        self.environments.iter().find(|environment| match name {
            Some(name) => environment.name == name,
            None => environment.default,
        })
    }
}

fn load(name: &str, path: &Path) -> Result<String, Problems> {
    fs::read_to_string(path).map_err(|error| {
        let mut report = Report::new(name, "");
        report.whole(&format!("cannot be read ({}); give the path of the configuration file", error.kind()));
        report.into_problems()
    })
}

fn read_text(
    name: &str,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Config, Secrets), Problems> {
    let mut report = Report::new(name, text);
    let (config, sources) = interpret(&mut report, text);
    let secrets = secrets::read(&mut report, environment, &sources);
    match (config, secrets) {
        (Some(config), Some(secrets)) if report.is_clean() => Ok((config, secrets)),
        _ => Err(report.into_problems()),
    }
}

/// The configuration, where it is whole, and where its tokens are to be found.
fn interpret(report: &mut Report<'_>, text: &str) -> (Option<Config>, Vec<TokenSource>) {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let place = Place(error.span().map_or(0, |span| span.start));
            report.at(place, format!("not valid TOML: {}", error.message().replace('\n', "; ")));
        }
        return (None, vec![]);
    }
    let mut root = root.into_inner();
    suspicious::remove_secrets(report, &mut root);
    let mut root = Section::new("the file", Place(0), root);

    let listen = root.optional(report, "listen", "\"127.0.0.1:8080\"", values::address);
    let admin_listen = root.optional(report, "admin_listen", "\"127.0.0.1:9090\"", values::address);
    let database_url =
        root.required(report, "database_url", "\"sqlite://ckan-chatops.db\"", values::database_url);
    let ticket_url = root.optional(
        report,
        "ticket_url",
        "\"https://tickets.example.gov.uk/{ticket}\"",
        values::ticket_url,
    );
    let archive_dir = root.optional(report, "archive_dir", "\"purged\"", values::text);
    let slack = slack(report, &mut root);
    let policy = access::policy(report, &mut root);
    let email_domains = users::email_domains(report, &mut root);
    let environments = environments::environments(report, &mut root);
    root.finish(report);

    let listen = listen.map_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), |listen| listen.value);
    if let Some(admin) = admin_listen.as_ref().filter(|admin| admin.value == listen && listen.port() != 0) {
        report.at(admin.place, "admin_listen is the same as listen; write another port");
    }
    let Some((environments, sources)) = environments else { return (None, vec![]) };
    let config = database_url.zip(slack).zip(policy).map(|((database_url, slack), policy)| Config {
        listen,
        admin_listen: admin_listen.map(|address| address.value),
        database_url: database_url.value,
        slack,
        policy,
        ticket_url: ticket_url.map(|url| url.value),
        archive_dir: archive_dir.map(|folder| PathBuf::from(folder.value)),
        email_domains,
        environments,
    });
    (config, sources)
}

fn slack(report: &mut Report<'_>, root: &mut Section<'_>) -> Option<SlackSettings> {
    let Some(mut section) = root.table(report, "slack", "[slack]", "a table") else {
        report.whole("[slack] is missing; write team_id, app_id and channel in it");
        return None;
    };
    let allow_plain_http = section.flag(report, "allow_plain_http");
    let api_url = section.optional(report, "api_url", "\"https://slack.com/api\"", |text| {
        values::called_url(text.trim_end_matches('/'), allow_plain_http, "[slack]")
    });
    let mut id = |key, kind: values::IdKind, example: &str| {
        section.required(report, key, example, |text| values::id(text, kind))
    };
    let team_id = id("team_id", values::TEAM, "\"T0123ABCD\"");
    let app_id = id("app_id", values::APP, "\"A0123ABCD\"");
    let channel = id("channel", values::CHANNEL, "\"C0123ABCD\"");
    let enterprise_id = section
        .optional(report, "enterprise_id", "\"E0123ABCD\"", |text| values::id(text, values::ENTERPRISE));
    section.finish(report);
    let default = values::called_url("https://slack.com/api", false, "[slack]").ok();
    Some(SlackSettings {
        api_url: api_url.map(|url| url.value).or(default)?,
        team_id: team_id?.value,
        app_id: app_id?.value,
        enterprise_id: enterprise_id.map(|id| id.value),
        channel: channel?.value,
    })
}
