//! How click reads the arguments of `ckan`, and refuses what does not fit.
//!
//! Guarantees: click's words and its exit code 2; an argument that is empty is an argument. Where a real `ckan` has a
//! command that the sandbox has not, the refusal says so. Leaves out descriptions of options, and click's guesses at
//! what was meant.

use super::super::release::Release;
use super::grammar::{Command, GROUPS, SPECS, Spec};

/// A command with what was given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) command: Command,
    /// Long names of its flags.
    pub(super) flags: Vec<&'static str>,
    pub(super) argument: Option<String>,
}

impl Call {
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }
}

/// What became of the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    Run(Call),
    /// Nothing to run: this is printed, and that is all.
    Said {
        out: String,
        err: String,
        exit: i32,
    },
}

/// Reads the arguments as this release's `ckan` does.
pub(super) fn parse(release: Release, argv: &[String]) -> Parsed {
    let mut rest = argv;
    while let [option, _, after @ ..] = rest
        && (option == "-c" || option == "--config")
    {
        rest = after;
    }
    let root = "Usage: ckan [OPTIONS] COMMAND [ARGS]...\n";
    let Some((group, rest)) = rest.split_first() else {
        return said(&root_help(root), 0);
    };
    if group == "--help" || group == "-h" {
        return said(&root_help(root), 0);
    }
    if group.starts_with('-') {
        return refused(root, None, &release.no_such_option(group));
    }
    let Some((group, commands)) = GROUPS.iter().find(|(name, _)| name == group) else {
        return refused(root, None, &format!("No such command '{group}'."));
    };
    let usage = format!("Usage: ckan {group} [OPTIONS] COMMAND [ARGS]...\n");
    // Groups whose help answers to -h as well do not offer it in a refusal.
    let has_short_help = matches!(*group, "search-index" | "user");
    let hint = (!has_short_help).then(|| format!("ckan {group}"));
    let Some((command, rest)) = rest.split_first() else {
        let help = group_help(&usage, has_short_help, commands);
        return if release.group_without_command_fails() {
            Parsed::Said { out: String::new(), err: help, exit: 2 }
        } else {
            said(&help, 0)
        };
    };
    if command == "--help" || (has_short_help && command == "-h") {
        return said(&group_help(&usage, has_short_help, commands), 0);
    }
    if command.starts_with('-') {
        return refused(&usage, hint.as_deref(), &release.no_such_option(command));
    }
    if !commands.contains(&command.as_str()) {
        return refused(&usage, hint.as_deref(), &format!("No such command '{command}'."));
    }
    match SPECS.iter().find(|spec| spec.group == *group && spec.name == command) {
        Some(spec) => parse_command(release, spec, rest),
        None => Parsed::Said {
            out: String::new(),
            err: format!("The sandbox CKAN does not imitate ckan {group} {command}.\n"),
            exit: 70,
        },
    }
}

fn parse_command(release: Release, spec: &Spec, rest: &[String]) -> Parsed {
    let program = format!("ckan {} {}", spec.group, spec.name);
    let argument = spec.argument.map(|argument| format!(" {argument}")).unwrap_or_default();
    let usage = format!("Usage: {program} [OPTIONS]{argument}\n");
    let refuse = |problem: &str| refused(&usage, Some(&program), problem);
    let offered: Vec<(char, &'static str)> =
        spec.flags.iter().copied().filter(|(_, long)| release.has_rebuild_flag(long)).collect();
    let mut flags = Vec::new();
    let mut words = Vec::new();
    let mut only_words = false;
    for word in rest {
        if only_words || !word.starts_with('-') || word == "-" {
            words.push(word.clone());
        } else if word == "--" {
            only_words = true;
        } else if word == "--help" {
            return said(&command_help(&usage, &offered), 0);
        } else if word.starts_with("--") {
            let Some((_, long)) = offered.iter().find(|(_, long)| long == word) else {
                return refuse(&release.no_such_option(word));
            };
            flags.push(*long);
        } else {
            for short in word.chars().skip(1) {
                let Some((_, long)) = offered.iter().find(|(known, _)| *known == short) else {
                    return refuse(&release.no_such_option(&format!("-{short}")));
                };
                flags.push(*long);
            }
        }
    }
    let most = usize::from(spec.argument.is_some());
    if let Some(extra) = words.get(most..).filter(|extra| !extra.is_empty()) {
        return refuse(&unexpected(extra));
    }
    match spec.argument {
        Some(name) if !name.starts_with('[') && words.is_empty() => {
            refuse(&format!("Missing argument '{name}'."))
        }
        _ => Parsed::Run(Call { command: spec.command, flags, argument: words.pop() }),
    }
}

/// Too many arguments, in click's words.
pub(super) fn unexpected(extra: &[String]) -> String {
    let plural = if extra.len() == 1 { "" } else { "s" };
    format!("Got unexpected extra argument{plural} ({})", extra.join(" "))
}

/// A refusal in click's form.
pub(super) fn refused(usage: &str, program: Option<&str>, problem: &str) -> Parsed {
    let hint = program.map(|program| format!("Try '{program} --help' for help.\n")).unwrap_or_default();
    Parsed::Said { out: String::new(), err: format!("{usage}{hint}\nError: {problem}\n"), exit: 2 }
}

fn said(text: &str, exit: i32) -> Parsed {
    Parsed::Said { out: text.to_owned(), err: String::new(), exit }
}

fn root_help(usage: &str) -> String {
    let names: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
    group_help(usage, true, &names)
}

fn group_help(usage: &str, has_short_help: bool, commands: &[&str]) -> String {
    let help = if has_short_help { "-h, --help" } else { "--help" };
    let names = commands.join("\n  ");
    format!("{usage}\nOptions:\n  {help}  Show this message and exit.\n\nCommands:\n  {names}\n")
}

fn command_help(usage: &str, flags: &[(char, &str)]) -> String {
    let lines = flags.iter().map(|(short, long)| match short {
        '\0' => format!("  {long}\n"),
        short => format!("  -{short}, {long}\n"),
    });
    let lines = lines.collect::<String>();
    format!("{usage}\nOptions:\n{lines}  --help  Show this message and exit.\n")
}
