//! The commands of `ckan` that the sandbox has, and the names of those that it has not.
//!
//! Guarantees: each with its flags and its argument as the real one has them. Leaves to the release which flags there
//! are, and to [`super::click`] how they are read.

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

/// A command that the sandbox has.
pub(super) struct Spec {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) command: Command,
    /// Short and long names.
    pub(super) flags: &'static [(char, &'static str)],
    /// Its one argument, as the usage has it; in brackets where it may be left out.
    pub(super) argument: Option<&'static str>,
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

pub(super) const SPECS: &[Spec] = &[
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
pub(super) const GROUPS: &[(&str, &[&str])] = &[
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
