//! Which CKAN and which ckanext-harvest this is, and what their command lines take.
//!
//! Guarantees that arguments come only for versions whose source was read (2.10, 2.11, 2.12), that each means the same
//! on every one of them, and that a version nobody read is refused by name. Leaves running a command to its caller.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Word;

/// A version of CKAN. What comes before a release (`2.11.0a0`) counts as the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CkanVersion {
    /// 2.
    pub major: u32,
    /// 10, 11, 12.
    pub minor: u32,
    /// 7 of 2.10.7; 0 where it is not told.
    pub patch: u32,
}

impl CkanVersion {
    /// What `status_show` says; `None` for what is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '.');
        let mut number = || {
            let part = parts.next()?;
            let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
            part.get(..digits)?.parse::<u32>().ok()
        };
        let (major, minor) = (number()?, number()?);
        Some(Self { major, minor, patch: number().unwrap_or(0) })
    }

    /// Whether it is this release or a later one.
    pub fn is_at_least(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl fmt::Display for CkanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A CKAN whose command line nobody read. `sentences::versions` has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownVersion {
    /// It does not tell its version.
    Hidden,
    /// Older than 2.10.
    TooOld(CkanVersion),
    /// Newer than 2.12.
    TooNew(CkanVersion),
}

/// What the command line `ckan …` of one version takes and means. Arguments come without the program's own prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandLineRules {
    version: CkanVersion,
}

/// Arguments of one command, in order.
pub type Words = Vec<Word>;

const REBUILD: [&str; 2] = ["search-index", "rebuild"];
/// Without an id it empties the index.
const CLEAR: [&str; 2] = ["search-index", "clear"];
/// Goes on past a dataset that cannot be indexed; without it the first bad one ends the run.
const GO_ON: &str = "-i";
/// From 2.12 on every rebuild, even of one dataset, removes from the index what the database does not have.
const KEEP_ORPHANS: &str = "--keep-orphans";

impl CommandLineRules {
    /// The rules for this version; `None` is a CKAN that does not tell.
    pub fn of(version: Option<CkanVersion>) -> Result<Self, UnknownVersion> {
        let version = version.ok_or(UnknownVersion::Hidden)?;
        if !version.is_at_least(2, 10) {
            Err(UnknownVersion::TooOld(version))
        } else if version.is_at_least(2, 13) {
            Err(UnknownVersion::TooNew(version))
        } else {
            Ok(Self { version })
        }
    }

    fn rebuild(self, more: &[Word]) -> Words {
        let orphans = self.version.is_at_least(2, 12).then(|| Word::literal(KEEP_ORPHANS));
        REBUILD.map(Word::literal).into_iter().chain(more.iter().cloned()).chain(orphans).collect()
    }

    /// Indexes every dataset anew; the index is never empty.
    pub fn refresh(self) -> Words {
        self.rebuild(&[Word::literal(GO_ON)])
    }

    /// Indexes what the index lacks, and drafts.
    pub fn index_missing(self) -> Words {
        self.rebuild(&[Word::literal("-o"), Word::literal(GO_ON)])
    }

    /// Indexes one dataset, or takes it out of the index where it is withdrawn. A slug of a publisher would silently
    /// do nothing, an empty one would mean all: only an id is taken.
    pub fn index_dataset(self, id: Uuid) -> Words {
        self.rebuild(&[Word::id(id)])
    }

    /// Empties the index and fills it again: the commands, in order. The first of two leaves the site without search.
    pub fn empty_and_rebuild(self) -> Vec<Words> {
        if self.version.is_at_least(2, 12) {
            vec![CLEAR.map(Word::literal).to_vec(), self.rebuild(&[Word::literal(GO_ON)])]
        } else {
            vec![self.rebuild(&[Word::literal("--clear"), Word::literal(GO_ON)])]
        }
    }

    /// Takes one document out of the index. `clear-orphans` does not run on 2.10 and up to 2.11.2.
    pub fn remove_from_index(self, id: Uuid) -> Words {
        CLEAR.map(Word::literal).into_iter().chain([Word::id(id)]).collect()
    }

    /// Whether `search-index clear-orphans` runs at all.
    pub fn clear_orphans_works(self) -> bool {
        self.version >= (CkanVersion { major: 2, minor: 11, patch: 3 })
    }

    /// Whether `search-index rebuild` ends with a code other than 0 when it failed.
    pub fn exit_code_tells(self) -> bool {
        self.version >= (CkanVersion { major: 2, minor: 11, patch: 4 })
    }

    /// Whether a sysadmin may change a log-in name over the API. Before, only the database can.
    pub fn api_renames_users(self) -> bool {
        self.version.is_at_least(2, 11)
    }

    /// Whether CKAN takes addresses that differ in capitals for the same.
    pub fn emails_ignore_case(self) -> bool {
        self.version.is_at_least(2, 12)
    }

    /// The version that these are the rules of.
    pub fn version(self) -> CkanVersion {
        self.version
    }
}

/// Which ckanext-harvest this is, as closely as it can be told. data.gov.uk pins 1.5.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HarvestVersion {
    /// Its command line has `initdb`: 1.5.6 or older.
    UpTo1_5,
    /// It has not: its tables come with `db upgrade -p harvest`.
    From1_6,
}

impl HarvestVersion {
    /// The command that tells.
    pub const COMMAND: [Word; 2] = [Word::literal("harvester"), Word::literal("--help")];

    /// What the output of [`Self::COMMAND`] tells; `None` where it is not ckanext-harvest's help.
    pub fn from_help(output: &str) -> Option<Self> {
        let mut commands = output.lines().filter_map(|line| line.split_whitespace().next());
        if !commands.clone().any(|command| command == "gather-consumer") {
            return None;
        }
        Some(if commands.any(|command| command == "initdb") { Self::UpTo1_5 } else { Self::From1_6 })
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::UpTo1_5 => "1.5 or older",
            Self::From1_6 => "1.6 or newer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> CommandLineRules {
        CommandLineRules::of(CkanVersion::parse(text)).unwrap()
    }

    #[test]
    fn versions_are_read_as_status_show_writes_them() {
        for (text, parsed) in [
            ("2.10.7", Some((2, 10, 7))),
            ("2.11.0a0", Some((2, 11, 0))),
            ("2.12.0b1", Some((2, 12, 0))),
            ("2.12", Some((2, 12, 0))),
            ("2.12.1.dev3", Some((2, 12, 1))),
            ("3.0.0", Some((3, 0, 0))),
            ("2.12rc1", Some((2, 12, 0))),
            ("", None),
            ("2", None),
            ("new", None),
            ("2.x.1", None),
            ("-1.2", None),
        ] {
            let version = CkanVersion::parse(text).map(|it| (it.major, it.minor, it.patch));
            assert_eq!(version, parsed, "{text}");
        }
    }

    #[test]
    fn versions_are_in_order_by_their_numbers() {
        let version = |text| CkanVersion::parse(text).unwrap();
        assert!(version("2.9.11") < version("2.10.0"));
        assert!(version("2.10.11") < version("2.11.0"));
        assert!(version("2.11.6").is_at_least(2, 11) && !version("2.11.6").is_at_least(2, 12));
    }

    #[test]
    fn a_version_that_nobody_read_is_refused() {
        let of = |text| CommandLineRules::of(CkanVersion::parse(text));
        assert_eq!(of("new"), Err(UnknownVersion::Hidden));
        assert!(matches!(of("2.9.11"), Err(UnknownVersion::TooOld(_))));
        assert!(matches!(of("2.13.0a0"), Err(UnknownVersion::TooNew(_))));
        assert!(matches!(of("3.0"), Err(UnknownVersion::TooNew(_))));
        assert!(of("2.10.0").is_ok() && of("2.12.9").is_ok());
    }

    #[test]
    fn the_index_commands_of_every_version_are_as_reviewed() {
        let id = Uuid::from_u128(7);
        let mut said = String::new();
        for version in ["2.10.7", "2.11.6", "2.12.0"] {
            let rules = rules(version);
            let mut lines = vec![rules.refresh(), rules.index_missing(), rules.index_dataset(id)];
            lines.extend(rules.empty_and_rebuild());
            said.extend(lines.iter().map(|words| {
                let words: Vec<_> = words.iter().map(ToString::to_string).collect();
                format!("{version}: ckan {}\n", words.join(" "))
            }));
        }
        insta::assert_snapshot!(said, @"
        2.10.7: ckan search-index rebuild -i
        2.10.7: ckan search-index rebuild -o -i
        2.10.7: ckan search-index rebuild 00000000-0000-0000-0000-000000000007
        2.10.7: ckan search-index rebuild --clear -i
        2.11.6: ckan search-index rebuild -i
        2.11.6: ckan search-index rebuild -o -i
        2.11.6: ckan search-index rebuild 00000000-0000-0000-0000-000000000007
        2.11.6: ckan search-index rebuild --clear -i
        2.12.0: ckan search-index rebuild -i --keep-orphans
        2.12.0: ckan search-index rebuild -o -i --keep-orphans
        2.12.0: ckan search-index rebuild 00000000-0000-0000-0000-000000000007 --keep-orphans
        2.12.0: ckan search-index clear
        2.12.0: ckan search-index rebuild -i --keep-orphans
        ");
    }

    #[test]
    fn hazard_5_exit_code_0_is_known_not_to_tell() {
        for (version, tells) in
            [("2.10.11", false), ("2.11.3", false), ("2.11.4", true), ("2.11.6", true), ("2.12.0", true)]
        {
            assert_eq!(rules(version).exit_code_tells(), tells, "{version}");
        }
    }

    #[test]
    fn what_else_changed_between_versions_is_known() {
        for (version, orphans, rename, case) in [
            ("2.10.7", false, false, false),
            ("2.11.2", false, true, false),
            ("2.11.3", true, true, false),
            ("2.12.0", true, true, true),
        ] {
            let rules = rules(version);
            assert_eq!(rules.clear_orphans_works(), orphans, "{version}");
            assert_eq!(rules.api_renames_users(), rename, "{version}");
            assert_eq!(rules.emails_ignore_case(), case, "{version}");
        }
    }

    #[test]
    fn ckanext_harvest_is_told_by_its_help() {
        let help =
            "Usage: ckan harvester [OPTIONS] COMMAND [ARGS]...\n\nCommands:\n  gather-consumer  Starts\n";
        assert_eq!(HarvestVersion::from_help(help), Some(HarvestVersion::From1_6));
        let older = format!("{help}  initdb           Creates the necessary tables in the database.\n");
        assert_eq!(HarvestVersion::from_help(&older), Some(HarvestVersion::UpTo1_5));
        assert_eq!(HarvestVersion::from_help("Error: No such command 'harvester'.\n"), None);
        assert_eq!(HarvestVersion::from_help(""), None);
    }
}
