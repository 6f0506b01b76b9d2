//! The secrets: read from the environment, or from files that the environment names.
//!
//! Guarantees that this is the only place which reads the environment, that an empty or mixed-up secret is refused,
//! and that no secret is ever part of a sentence. Leaves the rotation of secrets to whoever sets them.

use std::collections::BTreeMap;
use std::fs;

use secrecy::{ExposeSecret, SecretString};

use super::problem::{Place, Report};
use super::values;
use crate::ckan::DatabaseAddresses;

pub(super) const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
pub(super) const PREVIOUS_SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET_PREVIOUS";
pub(super) const BOT_TOKEN: &str = "SLACK_BOT_TOKEN";
const DATABASE_PASSWORD: &str = "DATABASE_PASSWORD";

/// What must not stand in the configuration file.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Slack signs its requests with this.
    pub signing_secret: SecretString,
    /// Slack's signing secret before the last change, while both are in use.
    pub signing_secret_previous: Option<SecretString>,
    /// The bot's own token for Slack's Web API.
    pub bot_token: SecretString,
    /// The password of the role in `database_url`, where its server asks for one.
    pub database_password: Option<SecretString>,
    /// CKAN's API token for each environment, by the environment's name.
    pub ckan_tokens: BTreeMap<String, SecretString>,
    /// The addresses of CKAN's databases, by the environment's name; nothing for one that has none.
    pub databases: BTreeMap<String, DatabaseAddresses>,
}

impl Secrets {
    /// Every one of them, for whoever has to keep them from being seen.
    pub fn all(&self) -> impl Iterator<Item = &SecretString> {
        [&self.signing_secret, &self.bot_token]
            .into_iter()
            .chain(&self.signing_secret_previous)
            .chain(&self.database_password)
            .chain(self.ckan_tokens.values())
            .chain(self.databases.values().flat_map(|it| it.read.iter().chain(&it.write)))
    }
}

/// What a variable of an environment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretOf {
    Token,
    DatabaseRead,
    DatabaseWrite,
}

impl SecretOf {
    fn in_words(self) -> &'static str {
        match self {
            Self::Token => "the API token of a CKAN sysadmin",
            Self::DatabaseRead => {
                "the postgres:// address of CKAN's database, with a role that may only read,"
            }
            Self::DatabaseWrite => "the postgres:// address of CKAN's database, with a role that may write,",
        }
    }
}

/// Where an environment's secret is to be found, and where the file says so.
pub(super) struct TokenSource {
    pub(super) environment: String,
    pub(super) what: SecretOf,
    pub(super) variable: String,
    pub(super) place: Place,
}

/// A variable of this process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(super) fn read(
    report: &mut Report<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    sources: &[TokenSource],
) -> Option<Secrets> {
    let mut slack = |name, what| {
        let found = find(environment, name, Kind::Slack);
        found
            .unwrap_or_else(|| {
                Err(format!("{name} is not set; put {what} into it, or a file's path into {name}_FILE"))
            })
            .map_err(|text| report.outside(text))
            .ok()
    };
    let signing_secret = slack(SIGNING_SECRET, "the signing secret of the Slack app (Basic Information)");
    let bot_token =
        slack(BOT_TOKEN, "the bot token of the Slack app (OAuth & Permissions; it begins with xoxb-)");
    let signing_secret_previous = match find(environment, PREVIOUS_SIGNING_SECRET, Kind::Slack) {
        None => Some(None),
        Some(Ok(secret)) => Some(Some(secret)),
        Some(Err(text)) => {
            report.outside(text);
            None
        }
    };
    let database_password = match database_password(environment) {
        Ok(password) => Some(password),
        Err(text) => {
            report.outside(text);
            None
        }
    };
    let mut ckan_tokens = BTreeMap::new();
    let mut databases: BTreeMap<String, DatabaseAddresses> = BTreeMap::new();
    for TokenSource { environment: name, what, variable, place } in sources {
        let kind = if *what == SecretOf::Token { Kind::Ckan } else { Kind::Database };
        let secret = match find(environment, variable, kind) {
            Some(Ok(secret)) => secret,
            Some(Err(text)) => {
                report.at(*place, text);
                continue;
            }
            None => {
                let words = what.in_words();
                report.at(
                    *place,
                    format!(
                        "{variable} is not set; put {words} into it, or a file's path into {variable}_FILE"
                    ),
                );
                continue;
            }
        };
        let addresses = databases.entry(name.clone()).or_default();
        match what {
            SecretOf::Token => {
                ckan_tokens.insert(name.clone(), secret);
            }
            SecretOf::DatabaseRead => addresses.read = Some(secret),
            SecretOf::DatabaseWrite => addresses.write = Some(secret),
        }
        let address = |secret: &Option<SecretString>| secret.as_ref().map(|it| it.expose_secret().to_owned());
        if addresses.read.is_some() && address(&addresses.read) == address(&addresses.write) {
            report.at(
                *place,
                "database_read_env and database_write_env lead to the same address; name a role that may only read in \
                 one, or leave database_read_env out",
            );
        }
    }
    Some(Secrets {
        signing_secret: signing_secret?,
        signing_secret_previous: signing_secret_previous?,
        bot_token: bot_token?,
        database_password: database_password?,
        ckan_tokens,
        databases,
    })
}

/// The password of the store's database, for what needs no other secret. The error is a sentence.
pub fn database_password(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<SecretString>, String> {
    find(environment, DATABASE_PASSWORD, Kind::Password).transpose()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    Slack,
    Ckan,
    Database,
}

/// The secret in `name` or in the file that `<name>_FILE` names; `None` where neither is set.
fn find(
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
    kind: Kind,
) -> Option<Result<SecretString, String>> {
    let file_name = format!("{name}_FILE");
    match (environment(name), environment(&file_name)) {
        (None, None) => None,
        (Some(_), Some(_)) => Some(Err(format!("{name} and {file_name} are both set; keep one of them"))),
        (Some(value), None) => Some(checked(name, value, kind)),
        (None, Some(path)) => Some(match fs::read_to_string(&path) {
            Ok(value) => checked(&file_name, value.trim_end_matches(['\r', '\n']).to_owned(), kind),
            Err(error) => Err(format!(
                "{file_name} names a file that cannot be read ({}); write the path of a file that holds the secret",
                error.kind()
            )),
        }),
    }
}

fn checked(name: &str, value: String, kind: Kind) -> Result<SecretString, String> {
    if value.is_empty() {
        return Err(format!("{name} is empty; put the secret into it, or unset it where it is not needed"));
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("{name} has a space, a line break or an accent in it; copy the secret again"));
    }
    let slack_token = value.starts_with("xox") || value.starts_with("xapp-");
    if name.starts_with(SIGNING_SECRET) && slack_token {
        return Err(format!(
            "{name} holds a token; put the app's signing secret into it (Basic Information, Signing Secret)"
        ));
    }
    if name.starts_with(BOT_TOKEN) && slack_token && !value.starts_with("xoxb-") {
        return Err(format!(
            "{name} holds another kind of token; put the bot token into it, which begins with xoxb-"
        ));
    }
    if kind == Kind::Ckan && slack_token {
        return Err(format!("{name} holds a token of Slack's; put an API token of CKAN into it"));
    }
    if kind == Kind::Database {
        values::postgres_address(&value).map_err(|why| format!("{name} {why}"))?;
    }
    Ok(SecretString::from(value))
}
