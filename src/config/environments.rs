//! `[environments.<name>]`: one CKAN each.
//!
//! Guarantees at least one environment, exactly one default, and addresses to which a token may be sent. Leaves to
//! `ckan` whether the site is really there.

use std::collections::BTreeMap;
use std::num::NonZeroU8;
use std::time::Duration;

use url::Url;

use super::problem::Report;
use super::programs::{Programs, programs};
use super::secrets::{SecretOf, TokenSource};
use super::section::Section;
use super::values;
use crate::ckan::{CommandLineSettings, Daily, Service, ServiceSettings};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const WRITE_DEADLINE: Duration = Duration::from_secs(150);
const BULK_CONCURRENCY: NonZeroU8 = NonZeroU8::MIN.saturating_add(3);
const MOST_AT_ONCE: i64 = 32;
const LONGEST_TIMEOUT: (Duration, &str) = (Duration::from_mins(10), "10 minutes");
const LONGEST_SYNC: (Duration, &str) = (Duration::from_hours(23), "23 hours");
const LONGEST_DEADLINE: (Duration, &str) = (Duration::from_hours(1), "an hour");

/// One CKAN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSettings {
    /// Its name, for example `production`.
    pub name: String,
    /// True for the one that a command means when it names none.
    pub default: bool,
    /// Where its action API is.
    pub ckan_url: Url,
    /// The variable that holds the API token.
    pub api_token_env: String,
    /// The variable that holds the address of its database for a role that only reads.
    pub database_read_env: Option<String>,
    /// The variable that holds the address of its database for a role that may write.
    pub database_write_env: Option<String>,
    /// The `ckan.site_url` it must report before a write, without a slash at the end.
    pub site_url: Option<String>,
    /// Where the public sees its datasets.
    pub public_url: Option<Url>,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long one write and its proof may take together.
    pub write_deadline: Duration,
    /// How many of many changes it gets at once, at most.
    pub bulk_concurrency: NonZeroU8,
    /// How CKAN's own command line is run.
    pub command_line: Option<CommandLineSettings>,
    /// How the services around it are looked at and restarted.
    pub services: BTreeMap<Service, ServiceSettings>,
    /// When its CSW catalogue is filled.
    pub csw_sync: Option<Daily>,
    /// The program that makes `ckan_url` reachable, with its arguments.
    pub tunnel: Option<Vec<String>>,
}

/// Reads every environment, in the order of the file.
pub(super) fn environments(
    report: &mut Report<'_>,
    root: &mut Section<'_>,
) -> Option<(Vec<EnvironmentSettings>, Vec<TokenSource>)> {
    const EXAMPLE: &str = "write [environments.production] with default = true, ckan_url and api_token_env";
    let Some(table) =
        root.table(report, "environments", "[environments]", "tables, like [environments.production]")
    else {
        report.whole(&format!("there is no environment; {EXAMPLE}"));
        return None;
    };
    let place = table.place;
    let sections = table.named_tables(report, "environments");
    if sections.is_empty() {
        report.at(place, format!("there is no environment; {EXAMPLE}"));
        return None;
    }
    let mut first_default: Option<String> = None;
    let mut settings: Vec<EnvironmentSettings> = vec![];
    let mut sources = vec![];
    let count = sections.len();
    for (name, mut section) in sections {
        if !is_name(&name) {
            report.at(
                section.place,
                "the environment's name has more than small letters, digits and dashes; write for example \
                 [environments.production]",
            );
        }
        let section_place = section.place;
        let default = section.flag(report, "default");
        if default {
            match &first_default {
                Some(first) => report.at(
                    section_place,
                    format!("{name} is a second default beside {first}; write default = true in one environment only"),
                ),
                None => first_default = Some(name.clone()),
            }
        }
        if let Some((environment, found)) = environment(report, section, name, default) {
            if let Some(other) = settings.iter().find(|other| meet(other, &environment)) {
                report.at(
                    section_place,
                    format!(
                        "the tunnel of {} ends at the same address as that of {}; write another port, in tunnel and \
                         in ckan_url",
                        environment.name, other.name
                    ),
                );
            }
            settings.push(environment);
            sources.extend(found);
        }
    }
    if first_default.is_none() {
        report.at(place, "no environment is the default; write default = true in one of them");
    }
    (settings.len() == count).then_some((settings, sources))
}

fn environment(
    report: &mut Report<'_>,
    mut section: Section<'_>,
    name: String,
    default: bool,
) -> Option<(EnvironmentSettings, Vec<TokenSource>)> {
    let title = section.title.clone();
    let allow_plain_http = section.flag(report, "allow_plain_http");
    let ckan_url = section.required(report, "ckan_url", "\"https://ckan.example.gov.uk\"", |text| {
        values::called_url(text, allow_plain_http, &title)
    });
    let api_token_env =
        section.required(report, "api_token_env", "\"CKAN_TOKEN_PRODUCTION\"", values::variable);
    let database_read = section.optional(
        report,
        "database_read_env",
        "\"CKAN_DATABASE_READ_PRODUCTION\"",
        values::database_variable,
    );
    let database_write = section.optional(
        report,
        "database_write_env",
        "\"CKAN_DATABASE_WRITE_PRODUCTION\"",
        values::database_variable,
    );
    let site_url = section.optional(report, "site_url", "\"https://ckan.example.gov.uk\"", |text| {
        values::linked_url(text).map(|_| text.trim_end_matches('/').to_owned())
    });
    let public_url =
        section.optional(report, "public_url", "\"https://www.data.example.gov.uk\"", values::linked_url);
    let request_timeout = section
        .optional(report, "request_timeout", "\"30s\"", |text| values::duration(text, LONGEST_TIMEOUT));
    let write_deadline = section
        .optional(report, "write_deadline", "\"150s\"", |text| values::duration(text, LONGEST_DEADLINE));
    let bulk_concurrency = section.number(report, "bulk_concurrency").map(|number| {
        let given = number.value.filter(|number| *number <= MOST_AT_ONCE);
        let given = given.and_then(|number| u8::try_from(number).ok()).and_then(NonZeroU8::new);
        if given.is_none() {
            report.at(
                number.place,
                format!(
                    "bulk_concurrency is not a number from 1 to {MOST_AT_ONCE}; write bulk_concurrency = 4"
                ),
            );
        }
        given
    });
    let csw_sync = csw_sync(report, &mut section);
    let Programs { command_line, services, tunnel } =
        programs(report, &mut section, ckan_url.as_ref().map(|url| &url.value));
    let place = section.place;
    section.finish(report);
    let request_timeout = request_timeout.map_or(REQUEST_TIMEOUT, |timeout| timeout.value);
    let write_deadline =
        write_deadline.map_or(WRITE_DEADLINE.max(request_timeout), |deadline| deadline.value);
    if write_deadline < request_timeout {
        report.at(
            place,
            format!(
                "{title}: write_deadline is shorter than request_timeout; write a longer one, like \"150s\""
            ),
        );
    }
    let (ckan_url, token) = (ckan_url?, api_token_env?);
    let wanted = [
        (SecretOf::Token, Some(&token)),
        (SecretOf::DatabaseRead, database_read.as_ref()),
        (SecretOf::DatabaseWrite, database_write.as_ref()),
    ];
    let named = wanted.into_iter().filter_map(|(what, named)| Some((what, named?)));
    let sources = named.map(|(what, named)| TokenSource {
        environment: name.clone(),
        what,
        variable: named.value.clone(),
        place: named.place,
    });
    let sources = sources.collect();
    let settings = EnvironmentSettings {
        name,
        default,
        ckan_url: ckan_url.value,
        api_token_env: token.value,
        database_read_env: database_read.map(|variable| variable.value),
        database_write_env: database_write.map(|variable| variable.value),
        site_url: site_url.map(|url| url.value),
        public_url: public_url.map(|url| url.value),
        request_timeout,
        write_deadline,
        bulk_concurrency: bulk_concurrency.flatten().unwrap_or(BULK_CONCURRENCY),
        command_line,
        services,
        csw_sync,
        tunnel: tunnel.map(|tunnel| tunnel.value),
    };
    Some((settings, sources))
}

/// When the CSW catalogue is filled every day.
fn csw_sync(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Daily> {
    const EXAMPLE: &str = "{ at = \"06:00\", lasts = \"1h\", time_zone = \"Europe/London\" }";
    let mut daily = section.table(report, "csw_sync", "csw_sync", EXAMPLE)?;
    let at = daily.required(report, "at", "\"06:00\"", values::time_of_day);
    let lasts = daily.required(report, "lasts", "\"1h\"", |text| values::duration(text, LONGEST_SYNC));
    let time_zone = daily.required(report, "time_zone", "\"Europe/London\"", values::time_zone);
    daily.finish(report);
    Some(Daily { at: at?.value, lasts: lasts?.value, time_zone: time_zone?.value })
}

/// Whether two environments' tunnels would want the same port of this machine.
fn meet(one: &EnvironmentSettings, other: &EnvironmentSettings) -> bool {
    let port = |environment: &EnvironmentSettings| environment.ckan_url.port_or_known_default();
    one.tunnel.is_some() && other.tunnel.is_some() && port(one) == port(other)
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.chars().next().is_some_and(|first| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}
