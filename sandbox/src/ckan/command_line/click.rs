//! The grammar of `ckan`, and how click refuses what does not fit it.
//!
//! Guarantees: the commands and options of each release and no others, click's words and its exit code 2; an argument
//! that is empty is an argument. Where a real `ckan` has a command that the sandbox has not, the refusal says so.
//! Leaves out descriptions of options, and click's guesses at what was meant.

use super::super::release::Release;

/// What the sandbox can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Rebuild,
    Check,
    Show,
    Clear,
    ListOrphans,
    ClearOrphans,
    ListUnindexed,
    Job,
    Jobs,
    JobAbort,
    JobAll,
    Run,
    PurgeQueues,
    Reindex,
    DatasetDelete,
    DatasetPurge,
    UserShow,
    Service { name: &'static str, verb: &'static str },
}

impl Command {
    /// As people type it, without the program.
    pub(super) fn title(self) -> String {
        if let Self::Service { name, verb } = self {
            return format!("service {name} {verb}");
        }
        let spec = SPECS.iter().find(|spec| spec.command == self);
        spec.map_or_else(String::new, |spec| format!("{} {}", spec.group, spec.name))
    }

    pub(super) fn writes(self) -> bool {
        !matches!(
            self,
            Self::Check
                | Self::Show
                | Self::ListOrphans
                | Self::ListUnindexed
                | Self::Jobs
                | Self::UserShow
                | Self::Service { verb: "status" | "logs", .. }
        )
    }
}

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

struct Spec {
    group: &'static str,
    name: &'static str,
    command: Command,
    /// Short and long names.
    flags: &'static [(char, &'static str)],
    /// Its one argument, as the usage has it; in brackets where it may be left out.
    argument: Option<&'static str>,
}

const VERBOSE: &[(char, &str)] = &[('v', "--verbose")];
const REBUILD: &[(char, &str)] = &[
    ('v', "--verbose"),
    ('i', "--force"),
    ('o', "--only-missing"),
    ('q', "--quiet"),
    ('e', "--commit-each"),
    ('c', "--clear"),
    ('\0', "--keep-orphans"),
];

const fn spec(
    group: &'static str,
    name: &'static str,
    command: Command,
    flags: &'static [(char, &'static str)],
    argument: Option<&'static str>,
) -> Spec {
    Spec { group, name, command, flags, argument }
}

const SPECS: &[Spec] = &[
    spec("search-index", "rebuild", Command::Rebuild, REBUILD, Some("[PACKAGE_ID]")),
    spec("search-index", "check", Command::Check, &[], None),
    spec("search-index", "show", Command::Show, &[], Some("DATASET_NAME")),
    spec("search-index", "clear", Command::Clear, &[], Some("[DATASET_NAME]")),
    spec("search-index", "list-orphans", Command::ListOrphans, &[], None),
    spec("search-index", "clear-orphans", Command::ClearOrphans, VERBOSE, None),
    spec("search-index", "list-unindexed", Command::ListUnindexed, &[], None),
    spec("harvester", "job", Command::Job, &[], Some("SOURCE_ID_OR_NAME")),
    spec("harvester", "jobs", Command::Jobs, &[], None),
    spec("harvester", "job-abort", Command::JobAbort, &[], Some("SOURCE_OR_JOB_ID")),
    spec("harvester", "job-all", Command::JobAll, &[], None),
    spec("harvester", "run", Command::Run, &[], None),
    spec("harvester", "purge-queues", Command::PurgeQueues, &[], None),
    spec("harvester", "reindex", Command::Reindex, &[], None),
    spec("dataset", "delete", Command::DatasetDelete, &[], Some("PACKAGE")),
    spec("dataset", "purge", Command::DatasetPurge, &[], Some("PACKAGE")),
    spec("user", "show", Command::UserShow, &[], Some("USERNAME")),
];

/// Groups with all their commands, those that the sandbox does not have as well.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "search-index",
        &[
            "check",
            "clear",
            "clear-orphans",
            "list-orphans",
            "list-unindexed",
            "rebuild",
            "rebuild-fast",
            "show",
        ],
    ),
    (
        "harvester",
        &[
            "abort-failed-jobs",
            "clean-harvest-log",
            "fetch-consumer",
            "gather-consumer",
            "harvesters_info",
            "import",
            "job",
            "job-abort",
            "job-all",
            "jobs",
            "purge-queues",
            "reindex",
            "run",
            "run-test",
            "source",
            "sources",
        ],
    ),
    ("dataset", &["delete", "list", "purge", "show"]),
    ("user", &["add", "list", "remove", "setpass", "show", "token"]),
];

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
    let names = commands.iter().map(|name| format!("  {name}\n")).collect::<String>();
    format!("{usage}\nOptions:\n  {help}  Show this message and exit.\n\nCommands:\n{names}")
}

fn command_help(usage: &str, flags: &[(char, &str)]) -> String {
    let lines = flags.iter().map(|(short, long)| match short {
        '\0' => format!("  {long}\n"),
        short => format!("  -{short}, {long}\n"),
    });
    let lines = lines.collect::<String>();
    format!("{usage}\nOptions:\n{lines}  --help  Show this message and exit.\n")
}
