//! What differs between the CKAN releases that the sandbox can be.
//!
//! Guarantees: every difference that the sandbox imitates is answered here, by a question named after it.

/// A CKAN release line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Release {
    V2_10,
    V2_11,
    V2_12,
}

impl Release {
    /// Anything that is not 2.10 or 2.11 is taken for the newest.
    pub(super) fn of(version: &str) -> Self {
        if version.starts_with("2.10") {
            Self::V2_10
        } else if version.starts_with("2.11") {
            Self::V2_11
        } else {
            Self::V2_12
        }
    }

    /// The text of a 400 whose body is a bare string.
    pub(super) fn bad_request(self, detail: &str) -> String {
        match self {
            Self::V2_10 | Self::V2_11 => format!("Bad request - {detail}"),
            Self::V2_12 => format!("Bad request: {detail}"),
        }
    }

    /// The same for a body that is JSON but no object.
    pub(super) fn not_a_dictionary(self, shown: &str) -> String {
        let detail = format!("Request data JSON decoded to {shown} but it needs to be a dictionary.");
        match self {
            Self::V2_10 => self.bad_request(&format!("Bad request data: {detail}")),
            Self::V2_11 | Self::V2_12 => self.bad_request(&format!("JSON Error: {detail}")),
        }
    }

    /// 2.10 looks at `X-CKAN-API-Key` first and at `Authorization` where that is empty; later ones at
    /// `Authorization` alone.
    pub(super) fn reads_legacy_header(self) -> bool {
        self == Self::V2_10
    }

    /// 2.12 does nothing at all when an edit changes nothing; earlier ones write and stamp every time.
    pub(super) fn skips_idle_edits(self) -> bool {
        self == Self::V2_12
    }

    /// Before 2.12 every edit removes for good the resources that were deleted before; 2.12 does so only when the
    /// list of resources changes.
    pub(super) fn every_edit_purges_resources(self) -> bool {
        self != Self::V2_12
    }

    /// 2.12 tells which rows an edit changed.
    pub(super) fn tells_changed_entities(self) -> bool {
        self == Self::V2_12
    }

    /// 2.12 answers an edit with the row, 2.10 with the fresh index document, which has ckanext-harvest's pairs.
    pub(super) fn answers_an_edit_from_the_database(self) -> bool {
        self == Self::V2_12
    }

    /// A body whose content type is not JSON: an HTML 415 from 2.11 on, a 400 string before.
    pub(super) fn insists_on_json_type(self) -> bool {
        self != Self::V2_10
    }

    /// Two addresses of active accounts that CKAN takes for one: 2.10 minds capitals, later ones do not.
    pub(super) fn is_same_address(self, one: &str, other: &str) -> bool {
        if self == Self::V2_10 { one == other } else { one.to_lowercase() == other.to_lowercase() }
    }

    /// `user_list` by address minds capitals before 2.12.
    pub(super) fn finds_address(self, held: &str, wanted: &str) -> bool {
        if self == Self::V2_12 { held.to_lowercase() == wanted.to_lowercase() } else { held == wanted }
    }

    /// How an objection shows an address.
    pub(super) fn prints_addresses_in_lower_case(self) -> bool {
        self == Self::V2_12
    }

    /// Only accounts that are pending can be renamed on 2.10; a sysadmin can rename any later.
    pub(super) fn lets_sysadmins_rename(self) -> bool {
        self != Self::V2_10
    }

    /// The objection to a login name that somebody has.
    pub(super) fn login_name_is_taken(self) -> &'static str {
        match self {
            Self::V2_10 | Self::V2_11 => "That login name is not available.",
            Self::V2_12 => {
                "The username is already associated with another account. Please use a different username."
            }
        }
    }

    /// How click refuses an option; the releases come with different versions of it.
    pub(super) fn no_such_option(self, option: &str) -> String {
        match self {
            Self::V2_10 | Self::V2_11 => format!("No such option: {option}"),
            Self::V2_12 => format!("No such option '{option}'."),
        }
    }

    /// A group of commands by itself prints its help: as an answer, or with 2.12's click as a refusal.
    pub(super) fn group_without_command_fails(self) -> bool {
        self == Self::V2_12
    }

    /// `--clear` is gone in 2.12, which has `--keep-orphans` instead.
    pub(super) fn has_rebuild_flag(self, long: &str) -> bool {
        match long {
            "--clear" => self != Self::V2_12,
            "--keep-orphans" => self == Self::V2_12,
            _ => true,
        }
    }

    /// 2.12 takes orphaned documents out of the index after every rebuild.
    pub(super) fn rebuild_clears_orphans(self) -> bool {
        self == Self::V2_12
    }

    /// 2.10 ends with 0 whatever happened.
    pub(super) fn rebuild_says_that_it_failed(self) -> bool {
        self != Self::V2_10
    }

    /// What a rebuild of an unknown dataset prints: an empty line on 2.10.
    pub(super) fn rebuild_of_nothing(self, wanted: &str) -> String {
        match self {
            Self::V2_10 => String::new(),
            Self::V2_11 | Self::V2_12 => format!("Couldn't find package {wanted}"),
        }
    }

    /// 2.12 logs what it was given, before it looks; earlier ones log the name that they found.
    pub(super) fn logs_the_argument_of_a_rebuild(self) -> bool {
        self == Self::V2_12
    }

    /// `search-index clear-orphans` never worked on 2.10.
    pub(super) fn can_clear_orphans(self) -> bool {
        self != Self::V2_10
    }

    /// 2.12 leaves the document of a dataset that its command line deletes.
    pub(super) fn command_line_deletes_behind_the_index(self) -> bool {
        self == Self::V2_12
    }

    /// 2.10 and 2.11 warn at every start of their command line.
    pub(super) fn warns_of_csrf(self) -> bool {
        self != Self::V2_12
    }
}
