//! What the control endpoints take and give: faults, the two logs, raw rows.
//!
//! Guarantees: plain JSON both ways; the token itself is in no record.

use serde::{Deserialize, Serialize};

/// Something that shall go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Name of an action, `*` for any action, `public` for the public site.
    pub action: String,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many times.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection drops before anything is done.
    LoseRequest,
    /// It is done, then the connection drops.
    LoseResponse,
    /// It is done, then CKAN answers 500 as JSON.
    ErrorAfterCommit,
    /// CKAN answers 500 as JSON, and nothing was done.
    Error500,
    /// The search index refuses: 500, and a change is rolled back.
    SearchIndexError,
    /// A proxy's HTML page, nothing done: its list of allowed actions does not name this one.
    Html403,
    /// A proxy's HTML page, nothing done: CKAN is not there.
    Html502,
    /// A proxy's HTML page, nothing done: CKAN did not answer in time.
    Html504,
    /// The same page, and CKAN did it all the same.
    Html504AfterCommit,
    /// Waits, then does it. Nothing is done if the client hangs up while it waits.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// Waits, then does it, even if the client hung up: what a real CKAN does behind a slow search index.
    SlowAndSure {
        /// Milliseconds.
        ms: u64,
    },
    /// Does it at once, then waits before it answers.
    SlowAnswer {
        /// Milliseconds.
        ms: u64,
    },
    /// The token counts as unknown.
    WrongToken,
}

impl Fault {
    /// That fault, the next time.
    pub fn once(action: &str, kind: FaultKind) -> Self {
        Self { action: action.to_owned(), kind, times: 1 }
    }

    /// That fault, the next `times` times.
    pub fn times(action: &str, kind: FaultKind, times: u32) -> Self {
        Self { action: action.to_owned(), kind, times }
    }
}

/// Whose token came with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The sysadmin's.
    Sysadmin,
    /// Somebody else's.
    Editor,
    /// Nobody's: CKAN takes the caller for an anonymous visitor.
    Wrong,
    /// None came.
    None,
}

/// A request that arrived, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Order of arrival, from 1.
    pub n: u64,
    /// HTTP method.
    pub method: String,
    /// Name of the action; `public` for the public site.
    pub action: String,
    /// What was answered; 0 where no answer was sent (yet).
    pub status: u16,
    /// Whose token.
    pub token_kind: TokenKind,
    /// `id` among the arguments, or the path on the public site.
    pub id: Option<String>,
    /// Header `User-Agent`.
    pub user_agent: Option<String>,
    /// Header `X-Request-Id`.
    pub request_id: Option<String>,
}

/// A call of an action that changes something, once CKAN itself had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Number of its [`Request`].
    pub n: u64,
    /// Name of the action.
    pub action: String,
    /// Id of the row, or what was sent in its place where there is no such row.
    pub id: String,
    /// Login name; empty for an anonymous visitor.
    pub actor: String,
    /// What CKAN answered, whether or not it reached the client.
    pub status: u16,
    /// CKAN carried it out to its end.
    pub committed: bool,
    /// The row is different for it: a second deletion is committed and changes nothing.
    pub changed: bool,
    /// Resources in the state `deleted` that a real CKAN would have removed for good.
    pub would_purge: Vec<String>,
}

/// A row of a dataset or a harvest source, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRow {
    /// UUID.
    pub id: String,
    /// Slug.
    pub name: String,
    /// Title.
    pub title: String,
    /// `dataset` or `harvest`.
    #[serde(rename = "type")]
    pub kind: String,
    /// State.
    pub state: String,
    /// Hidden from the public.
    pub private: bool,
    /// UUID of the organisation.
    pub owner_org: String,
    /// Author.
    pub author: String,
    /// Author's address.
    pub author_email: String,
    /// Maintainer.
    pub maintainer: String,
    /// Maintainer's address.
    pub maintainer_email: String,
    /// Tags.
    pub tags: Vec<String>,
    /// All resources, deleted ones too.
    pub resources: Vec<ResourceRow>,
    /// Last change, as CKAN prints it.
    pub metadata_modified: String,
}

/// The search index, beside the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexState {
    /// How many documents it has.
    pub documents: usize,
    /// Ids of packages that ought to be in it and are not.
    pub missing: Vec<String>,
    /// Ids of its documents whose package is deleted or gone.
    pub stale: Vec<String>,
}

/// What puts the index out of step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexDisturbance {
    /// All documents go.
    Clear,
    /// The documents of these packages go, by id or name.
    Lose(Vec<String>),
    /// These packages go from the database, by id or name, and their documents stay.
    Orphan(Vec<String>),
    /// These packages are deleted in the database, by id or name, and their documents stay.
    Outlive(Vec<String>),
    /// Every document is as it should be.
    Repair,
}

/// A row of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// UUID.
    pub id: String,
    /// Title.
    pub name: String,
    /// `active` or `deleted`.
    pub state: String,
}
