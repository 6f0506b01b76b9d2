//! The operations: everything the runbook can do, one file each, one line each in [`Registry::all`].
//!
//! **To add one**: write `<noun>_<verb>.rs` with a type that implements [`ReadOperation`] or [`ChangeOperation`],
//! and add its line below. The grammar, the help, the modal, the policy row, the metric label and the documentation
//! follow from it. The sentences that only this operation says stand in its file; all others in `sentences`.
//!
//! Guarantees that `plan` and `probe` only read, and that `execute` does exactly the plan. Leaves approval to
//! `approval` and the telling to `slack`.

pub mod account;
pub mod bulk;
pub mod csv;
pub mod dataset_purge;
pub mod dataset_restore;
pub mod dataset_show;
pub mod dataset_withdraw;
pub mod harvest_abort;
pub mod harvest_jobs;
pub mod harvest_list;
pub mod harvest_purge_queues;
pub mod harvest_reharvest;
pub mod harvest_restart;
pub mod harvest_restart_worker;
pub mod harvest_status;
pub mod harvest_stop;
pub mod harvest_workers;
pub mod help;
pub mod index_check;
mod index_csw_sync;
pub mod index_dataset;
pub mod index_missing;
pub mod index_publisher;
pub mod index_rebuild;
pub mod index_refresh;
mod index_window;
mod index_work;
mod job_ending;
mod job_watch;
pub mod list;
pub mod lookup;
pub mod manual;
pub mod new_address;
pub mod options;
pub mod progress;
mod public_page;
pub mod publisher_target;
pub mod reference;
pub mod registry;
pub mod request_cancel;
pub mod request_list;
pub mod request_show;
pub mod resolve;
pub mod site_show;
pub mod source_survey;
pub mod source_target;
pub mod survey;
pub mod target;
pub mod user_email;
pub mod user_find;
pub mod user_show;
pub mod user_target;
mod visibility;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::approval::Risk;
use crate::approval::{Plan, Policy};
use crate::ckan::{CallError, Site};
use crate::ids::{PersonId, RequestId};
use crate::sentences::text::Text;
use crate::store::Store;
pub use bulk::BulkWork;
pub use progress::Progress;
pub use registry::{Change, Operation, Read, Registry};

/// What an operation is called and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    /// Noun and verb, for example `dataset withdraw`.
    pub name: &'static str,
    /// The short forms people type, for example `withdraw`.
    pub short: &'static [&'static str],
    /// One line of help, an imperative sentence with its full stop.
    pub summary: &'static str,
    /// How much it may break.
    pub risk: Risk,
    /// A command that works in the sandbox, without the leading `/ckan`.
    pub example: &'static str,
}

/// Why no plan was made. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The person can do something about it: one sentence of ours that says what.
    #[error("{0}")]
    Refused(String),
    /// CKAN could not be asked.
    #[error(transparent)]
    Ckan(#[from] CallError),
}

/// What a probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It happened; what was seen, one sentence each.
    Happened(Vec<String>),
    /// Some of it happened; what was seen, and what is missing.
    Partly(Vec<String>),
    /// It did not happen; what was seen.
    NotHappened(Vec<String>),
}

/// The request that would undo one.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    /// What the button says, for example `Restore`.
    pub label: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// Its arguments.
    pub arguments: Value,
}

/// An operation that changes something and needs a second person.
pub trait ChangeOperation: Send + Sync + 'static {
    /// What it is called.
    const META: Meta;
    /// Its typed arguments; their doc comments are the help.
    type Arguments: clap::Args + Serialize + DeserializeOwned + Send + Sync;

    /// What it would do. Reads only; resolves every target to its UUID. Fills [`Plan::of`]; operation, risk and
    /// environment are put in by the registry.
    fn plan(
        &self,
        site: &Site,
        arguments: &Self::Arguments,
    ) -> impl Future<Output = Result<Plan, PlanError>> + Send;

    /// Does the plan. An error says whether CKAN may have acted ([`CallError::effect`]).
    fn execute(
        &self,
        site: &Site,
        plan: &Plan,
        progress: &Progress,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Whether it happened. Reads only.
    fn probe(&self, site: &Site, plan: &Plan) -> impl Future<Output = Result<Sighting, CallError>> + Send;

    /// What would undo it, where anything would.
    fn inverse(&self, plan: &Plan) -> Option<Inverse>;

    /// How long it may go on after we lost sight of it. Before that, "it has not happened" proves nothing.
    fn may_go_on(&self, site: &Site) -> Duration {
        site.write_deadline()
    }

    /// Why it must not run at this moment though it is approved; `None`: it may. Reads only. What is asked here is held
    /// until it may, and what was refused when it was asked for is not asked here.
    fn not_now(
        &self,
        _site: &Site,
        _plan: &Plan,
        _now: Timestamp,
    ) -> impl Future<Output = Result<Option<NotNow>, CallError>> + Send {
        async { Ok(None) }
    }

    /// The operations beside which it does not run on the same CKAN: it waits until none of them runs.
    fn never_beside(&self) -> &'static [&'static str] {
        &[]
    }

    /// How it does many things under one request; `None`: only ever one.
    fn bulk(&self) -> Option<&dyn BulkWork> {
        None
    }

    /// What the requester is told privately once it is done and verified, such as the reply to a user.
    fn epilogue(&self, _plan: &Plan) -> Option<Answer> {
        None
    }

    /// What is looked at further once it is done, such as a harvest that was started; `None`: nothing.
    fn watch(&self, _plan: &Plan) -> Option<Watch> {
        None
    }

    /// Whether approvers are told how long the last one took here.
    fn tells_how_long_the_last_took(&self) -> bool {
        false
    }

    /// One look of the watch. Reads only.
    fn look(
        &self,
        _site: &Site,
        _plan: &Plan,
        _memory: &Value,
    ) -> impl Future<Output = Result<Look, CallError>> + Send {
        async { Ok(Look::Over(vec![])) }
    }
}

/// Why an operation must not run at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotNow {
    /// Why, for people; a sentence.
    pub why: String,
    /// The pause before this is looked at again.
    pub look_again_in: Duration,
}

/// For how long something is looked at after it was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The pause before the first look.
    pub first: Duration,
    /// After this the watch ends, whatever is seen.
    pub longest: Duration,
    /// What the first look gets to know.
    pub memory: Value,
}

/// What one look of a watch saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Not over yet.
    Again {
        /// The pause before the next look.
        pause: Duration,
        /// What the next look gets to know.
        memory: Value,
        /// What is new, for the thread, one sentence each; empty: nothing is said.
        said: Vec<String>,
    },
    /// Over; what came of it, for the thread, one sentence each.
    Over(Vec<String>),
}

/// What a read operation may look at.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The environment the command named, or the default one.
    pub site: &'a Site,
    /// Requests and their history.
    pub store: &'a dyn Store,
    /// Every operation.
    pub registry: &'a Registry,
    /// The rules in force.
    pub policy: &'a Policy,
    /// The human who asks.
    pub person: &'a PersonId,
    /// True where this person may ask for changes.
    pub may_request: bool,
    /// True where this person may approve.
    pub may_approve: bool,
    /// Now.
    pub now: Timestamp,
}

/// What a read operation answers, privately.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Something to read.
    Say(Answer),
    /// The person's own wish about a request, to be carried out by the approval rule.
    Cancel(RequestId),
}

/// Something to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The first line.
    pub title: String,
    /// Label and value.
    pub shown: Vec<(String, Text)>,
    /// Further lines, in order.
    pub lines: Vec<Text>,
}

/// An operation that changes nothing on CKAN and is answered at once.
pub trait ReadOperation: Send + Sync + 'static {
    /// What it is called.
    const META: Meta;
    /// Its typed arguments; their doc comments are the help.
    type Arguments: clap::Args + Serialize + DeserializeOwned + Send + Sync;

    /// The answer.
    fn answer(
        &self,
        asking: Asking<'_>,
        arguments: &Self::Arguments,
    ) -> impl Future<Output = Result<Reply, PlanError>> + Send;
}

/// Facts by label, for a plan's digest.
pub type Facts = BTreeMap<String, String>;
