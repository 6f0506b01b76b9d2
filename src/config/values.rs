//! What single values of the file may look like.
//!
//! Guarantees that an error never repeats a value that could be a secret, and ends a sentence that begins with the
//! key: `is not …; write …`. Leaves to the tables which values belong together.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use url::{Host, Url};

use crate::suggestion::nearest;

/// Any text that is not empty.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("is empty; write it or leave it out".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// An address to listen at.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "is not an IP address and a port; write \"127.0.0.1:8080\", or \"0.0.0.0:8080\" for every interface".to_owned()
    })
}

/// Where the store is: a file, or a database on a server, without the password.
pub(super) fn database_url(text: &str) -> Result<String, String> {
    let Some(path) = text.strip_prefix("sqlite:") else {
        return server_url(text).map(|()| text.to_owned());
    };
    let path = path.trim_start_matches("//");
    if path.is_empty() {
        return Err("names no file; write \"sqlite://ckan-chatops.db\"".to_owned());
    }
    if path.starts_with(":memory:") || path.contains("mode=memory") {
        return Err(
            "would forget every request at a restart; write a file, \"sqlite://ckan-chatops.db\"".to_owned()
        );
    }
    Ok(text.to_owned())
}

fn server_url(text: &str) -> Result<(), String> {
    let neither = "is neither a SQLite nor a PostgreSQL address; write \"sqlite://ckan-chatops.db\" or \"postgres://role@host/database\"";
    let url = Url::parse(text).map_err(|_| neither.to_owned())?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(neither.to_owned());
    }
    if url.password().is_some() {
        return Err(
            "has a password in it; take it out and put it into the variable DATABASE_PASSWORD".to_owned()
        );
    }
    if url.host().is_none() || url.username().is_empty() || url.path().trim_matches('/').is_empty() {
        return Err(
            "does not name a role, a host and a database; write \"postgres://role@host/database\"".to_owned()
        );
    }
    postgres_address(text).map_err(str::to_owned)
}

/// A length of time above zero and at most `longest`.
pub(super) fn duration(text: &str, (longest, in_words): (Duration, &str)) -> Result<Duration, String> {
    let example = "write a number and a unit, for example \"15m\" or \"1h\"";
    let length =
        humantime::parse_duration(text).map_err(|_| format!("is not a length of time; {example}"))?;
    if length.is_zero() {
        return Err(format!("is zero, which leaves no time at all; {example}"));
    }
    if length > longest {
        return Err(format!("is longer than {in_words}, which is the most that is sensible here; {example}"));
    }
    Ok(length)
}

/// A time of the day.
pub(super) fn time_of_day(text: &str) -> Result<Time, String> {
    let is_one = text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
    let time = if is_one { text.parse().ok() } else { None };
    time.ok_or_else(|| "is not a time of the day; write hours and minutes, for example \"06:00\"".to_owned())
}

/// A time zone of the database that this program carries, so that every host reads it alike.
pub(super) fn time_zone(text: &str) -> Result<TimeZone, String> {
    let database = TimeZoneDatabase::bundled();
    // One without a name of its own, like "Etc/Unknown", could not be written down.
    let found = database.get(text).ok().filter(|zone| zone.iana_name().is_some());
    found.ok_or_else(|| {
        let known: Vec<String> = database.available().map(|name| name.to_string()).collect();
        match nearest(text, known.iter().map(String::as_str)) {
            Some(known) => format!("is not a time zone; did you mean \"{known}\"?"),
            None => "is not a time zone; write its name, for example \"Europe/London\"".to_owned(),
        }
    })
}

/// What a Slack id of one kind begins with, and what it is the id of.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdKind {
    initials: &'static str,
    of: &'static str,
    example: &'static str,
}

pub(super) const TEAM: IdKind = IdKind { initials: "T", of: "a workspace's", example: "T0123ABCD" };
pub(super) const APP: IdKind = IdKind { initials: "A", of: "an app's", example: "A0123ABCD" };
pub(super) const ENTERPRISE: IdKind = IdKind { initials: "E", of: "an organisation's", example: "E0123ABCD" };
pub(super) const CHANNEL: IdKind = IdKind { initials: "CG", of: "a channel's", example: "C0123ABCD" };
pub(super) const USER: IdKind = IdKind { initials: "UW", of: "a user's", example: "U0123ABCD" };
pub(super) const USERGROUP: IdKind = IdKind { initials: "S", of: "a user group's", example: "S0123ABCD" };

/// A Slack id of this kind.
pub(super) fn id(text: &str, kind: IdKind) -> Result<String, String> {
    let mut letters = text.chars();
    let fits = letters.next().is_some_and(|first| kind.initials.contains(first))
        && text.len() > 1
        && text.len() <= 32
        && letters.all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    if fits {
        return Ok(text.to_owned());
    }
    let hint = if text.starts_with('#') || text.starts_with('@') { ", not a name" } else { "" };
    Err(format!("is not {} id; write the id as Slack shows it{hint}, like \"{}\"", kind.of, kind.example))
}

/// An HTTP address that may be called: no credentials, query or fragment; unencrypted only to this machine.
pub(super) fn called_url(text: &str, allow_plain_http: bool, title: &str) -> Result<Url, String> {
    let url = linked_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a part after ? or #; write the address without it".to_owned());
    }
    if url.scheme() == "http" && !allow_plain_http && !is_loopback(&url) {
        return Err(format!(
            "would send a token unencrypted; write https://, or add allow_plain_http = true to {title} where the \
             network is trusted"
        ));
    }
    Ok(url)
}

/// An HTTP address that people are sent to.
pub(super) fn linked_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| {
        "is not an address; write it in full, like \"https://ckan.example.gov.uk\"".to_owned()
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("is not a web address; write one that begins with https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name or password in it; write the address without".to_owned());
    }
    Ok(url)
}

/// Whether the address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Numbers stay text where the scheme is none of the web's.
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.ends_with(".localhost")
                || name.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of a ticket, with the place of its number.
pub(super) fn ticket_url(text: &str) -> Result<String, String> {
    if !text.contains("{ticket}") {
        return Err(
            "has no place for the number; write \"https://tickets.example.gov.uk/{ticket}\"".to_owned()
        );
    }
    linked_url(&text.replace("{ticket}", "1")).map(|_| text.to_owned())
}

/// A regular expression for ticket numbers.
pub(super) fn pattern(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("is empty; leave it out to accept every ticket".to_owned());
    }
    match regex::Regex::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(regex::Error::CompiledTooBig(_)) => Err("is too large; write a shorter expression".to_owned()),
        Err(_) => Err("is not a regular expression; write for example '^[0-9]{5,8}$'".to_owned()),
    }
}

/// The name of the variable that holds an API token.
pub(super) fn variable(text: &str) -> Result<String, String> {
    named_variable(text, "CKAN_TOKEN_PRODUCTION", "the token")
}

/// The name of the variable that holds the address of a database.
pub(super) fn database_variable(text: &str) -> Result<String, String> {
    named_variable(text, "CKAN_DATABASE_READ_PRODUCTION", "the address")
}

fn named_variable(text: &str, example: &str, secret: &str) -> Result<String, String> {
    let fits = text.chars().next().is_some_and(|first| first.is_ascii_uppercase() || first == '_')
        && text.len() <= 64
        && text.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    if !fits {
        return Err(format!(
            "is not the name of a variable; write the name, like \"{example}\", and put {secret} into that variable"
        ));
    }
    if text.starts_with("SLACK_") {
        return Err(format!("names a variable of Slack's; write another, like \"{example}\""));
    }
    Ok(text.to_owned())
}

/// A PostgreSQL address with everything in it that matters: nothing is to come from the process's own surroundings.
/// The error ends a sentence that begins with the variable's name, and repeats nothing of the address.
pub(super) fn postgres_address(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text)
        .map_err(|_| "holds no address; put postgres://role:password@host/database into it")?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(
            "holds another address than PostgreSQL's; put postgres://role:password@host/database into it",
        );
    }
    if url.host().is_none() || url.username().is_empty() || url.path().trim_matches('/').is_empty() {
        return Err(
            "does not name a role, a host and a database; put postgres://role:password@host/database into it",
        );
    }
    if url.query_pairs().any(|(key, _)| !matches!(key.as_ref(), "sslmode" | "sslrootcert")) {
        return Err("has more after ? than sslmode and sslrootcert; leave the rest out");
    }
    let modes: Vec<_> = url.query_pairs().filter(|(key, _)| key == "sslmode").map(|(_, mode)| mode).collect();
    let encrypted = modes.iter().any(|mode| matches!(mode.as_ref(), "require" | "verify-ca" | "verify-full"));
    if !encrypted && !is_loopback(&url) {
        return Err(
            "would send a password unencrypted if the server asks for it; put ?sslmode=verify-full or \
                    ?sslmode=require at its end",
        );
    }
    Ok(())
}

/// A value in a sentence, unless it is long enough to be a secret.
pub(super) fn shown(value: &str) -> String {
    if value.chars().count() > 20 || value.chars().any(char::is_control) {
        "an entry".to_owned()
    } else {
        format!("\"{value}\"")
    }
}
