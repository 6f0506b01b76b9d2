//! `command_line`, `services` and `tunnel` of an environment: programs that the bot runs.
//!
//! Guarantees that each is a whole command in words of their own, holds nothing that looks like a secret, and is
//! marked as read by a remote shell where it is. Leaves to the first run whether the program is there: the file may
//! be checked on another machine.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::problem::Report;
use super::section::{Placed, Section};
use super::suspicious::is_secret_word;
use super::values;
use crate::ckan::{CommandLineSettings, Service, ServiceSettings};

const TIME_LIMIT: Duration = Duration::from_hours(1);
const LONGEST_TIME_LIMIT: (Duration, &str) = (Duration::from_hours(24), "a day");
const COMMAND_LINE: &str = "[\"kubectl\", \"-n\", \"datagovuk\", \"exec\", \"deploy/ckan-ckan\", \"-c\", \"ckan\", \"--\", \"ckan\"]";
const SERVICE: &str = "[\"kubectl\", \"-n\", \"datagovuk\", \"get\", \"pods\", \"-l\", \"app=ckan-gather\"]";
const TUNNEL: &str =
    "[\"kubectl\", \"-n\", \"datagovuk\", \"port-forward\", \"svc/ckan-ckan\", \"5000:5000\"]";
/// ssh's flags that take no value.
const SSH_FLAGS: &str = "46AaCfGgKkMNnqsTtVvXxYy";

/// The programs of one environment.
#[derive(Debug, Default)]
pub(super) struct Programs {
    pub(super) command_line: Option<CommandLineSettings>,
    pub(super) services: BTreeMap<Service, ServiceSettings>,
    pub(super) tunnel: Option<Placed<Vec<String>>>,
}

pub(super) fn programs(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    ckan_url: Option<&Url>,
) -> Programs {
    Programs {
        command_line: command_line(report, section),
        services: services(report, section),
        tunnel: tunnel(report, section, ckan_url),
    }
}

fn command_line(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<CommandLineSettings> {
    let place = section.place;
    let title = section.title.clone();
    let before = report.count();
    let argv = argv(report, section, "command_line", COMMAND_LINE);
    let remote_shell = section.flag(report, "remote_shell");
    let time_limit = section
        .optional(report, "command_time_limit", "\"1h\"", |text| values::duration(text, LONGEST_TIME_LIMIT));
    let Some(Placed { value: argv, place }) = argv else {
        if report.count() == before && (remote_shell || time_limit.is_some()) {
            report.at(
                place,
                format!(
                    "{title} has remote_shell or command_time_limit, but no command_line; write command_line = \
                     {COMMAND_LINE}, or leave them out"
                ),
            );
        }
        return None;
    };
    if names(&argv, "ssh") && !remote_shell {
        report.at(
            place,
            "command_line goes through ssh, which hands every word to a shell; write remote_shell = true, so that the \
             words are quoted for it",
        );
    }
    if names(&argv, "kubectl") && !names(&argv, "ssh") && remote_shell {
        report.at(
            place,
            "command_line goes through kubectl, which hands words on as they are; leave out remote_shell, or the \
             quotes would become part of them",
        );
    }
    let time_limit = time_limit.map_or(TIME_LIMIT, |limit| limit.value);
    Some(CommandLineSettings { argv, remote_shell, time_limit })
}

fn services(report: &mut Report<'_>, section: &mut Section<'_>) -> BTreeMap<Service, ServiceSettings> {
    let mut found = BTreeMap::new();
    let title = format!("{}, services", section.title);
    let Some(mut services) =
        section.table(report, "services", &title, "{ gather = { status = […], restart = […], logs = […] } }")
    else {
        return found;
    };
    for service in Service::ALL {
        let title = format!("{title}.{service}");
        let Some(mut one) =
            services.table(report, service.name(), &title, "{ status = […], restart = […], logs = […] }")
        else {
            continue;
        };
        let before = report.count();
        let mut argv = |key| argv(report, &mut one, key, SERVICE).map(|argv| argv.value);
        let settings =
            ServiceSettings { status: argv("status"), restart: argv("restart"), logs: argv("logs") };
        let place = one.place;
        one.finish(report);
        if settings == ServiceSettings::default() && report.count() == before {
            report.at(place, format!("{title} says nothing; write status, restart or logs, or leave it out"));
        }
        found.insert(service, settings);
    }
    services.finish(report);
    found
}

fn tunnel(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    ckan_url: Option<&Url>,
) -> Option<Placed<Vec<String>>> {
    let Placed { value: argv, place } = argv(report, section, "tunnel", TUNNEL)?;
    if ckan_url.is_some_and(|url| !values::is_loopback(url)) {
        report.at(
            place,
            "tunnel begins on this machine, but ckan_url is elsewhere; write the tunnel's own end, like ckan_url = \
             \"http://127.0.0.1:5000\"",
        );
    }
    let goes_away = |word: &String| {
        word.strip_prefix('-')
            .is_some_and(|flags| flags.contains('f') && flags.chars().all(|flag| SSH_FLAGS.contains(flag)))
    };
    if names(&argv, "ssh") && argv.iter().any(goes_away) {
        report.at(place, "tunnel has ssh go to the background, out of the bot's sight; leave out -f");
    }
    Some(Placed { value: argv, place })
}

/// A whole command, each word a text. Reported where it is doubtful.
fn argv(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
) -> Option<Placed<Vec<String>>> {
    let Placed { value: words, place } = section.placed_texts(report, key, example)?;
    match words.first().map(|first| first.value.as_str()) {
        None => report.at(place, format!("{key} is empty; write {key} = {example}, or leave it out")),
        Some(program) if program.starts_with('-') => {
            report.at(place, format!("{key} begins with a flag; write the program first, like {example}"));
        }
        Some(program) if program.contains(char::is_whitespace) && !program.starts_with('/') => {
            report.at(
                place,
                format!(
                    "{key} has several words in one text; write each as a text of its own, like {example}"
                ),
            );
        }
        Some(_) => {}
    }
    let mut before = "";
    for Placed { value, place } in &words {
        if value.trim().is_empty() {
            report.at(*place, format!("{key} has an empty word; take it out"));
        }
        if value.chars().any(char::is_control) {
            report.at(*place, format!("{key} has a line break or a control character in it; take it out"));
        }
        if is_secret_word(before, value) {
            report.at(
                *place,
                format!(
                    "{key} holds a secret, which everybody on the machine could read in its list of processes; take \
                     it out, and have the program read it from a file of its own"
                ),
            );
        }
        before = value;
    }
    Some(Placed { value: words.into_iter().map(|word| word.value).collect(), place })
}

/// Whether one of the words is this program, with or without its folder.
fn names(argv: &[String], program: &str) -> bool {
    argv.iter().any(|word| word.rsplit('/').next() == Some(program))
}
