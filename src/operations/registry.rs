//! The list of operations and what it can say of itself.
//!
//! Guarantees that an operation is found by exactly one name and by its short forms, and that arguments are typed:
//! what does not parse as an operation's own arguments never reaches it. Leaves the reading of command text to
//! `slack::command`.

use std::pin::Pin;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::dataset_purge::DatasetPurge;
use super::dataset_restore::DatasetRestore;
use super::dataset_show::DatasetShow;
use super::dataset_withdraw::DatasetWithdraw;
use super::harvest_abort::HarvestAbort;
use super::harvest_jobs::HarvestJobs;
use super::harvest_list::HarvestList;
use super::harvest_purge_queues::HarvestPurgeQueues;
use super::harvest_reharvest::HarvestReharvest;
use super::harvest_restart::HarvestRestart;
use super::harvest_restart_worker::HarvestRestartWorker;
use super::harvest_status::HarvestStatus;
use super::harvest_stop::HarvestStop;
use super::harvest_workers::HarvestWorkers;
use super::help::Help;
use super::index_check::IndexCheck;
use super::index_dataset::IndexDataset;
use super::index_missing::IndexMissing;
use super::index_publisher::IndexPublisher;
use super::index_rebuild::IndexRebuild;
use super::index_refresh::IndexRefresh;
use super::request_cancel::RequestCancel;
use super::request_list::RequestList;
use super::request_show::RequestShow;
use super::site_show::SiteShow;
use super::user_email::UserEmail;
use super::user_find::UserFind;
use super::user_show::UserShow;
use super::{
    Answer, Asking, BulkWork, ChangeOperation, Inverse, Look, Meta, NotNow, PlanError, Progress,
    ReadOperation, Reply, Sighting, Watch,
};
use crate::approval::{Item, Plan};
use crate::ckan::{CallError, Site};

type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A change operation, its types erased.
pub trait Change: Send + Sync {
    /// See [`ChangeOperation::plan`].
    fn plan<'a>(&'a self, site: &'a Site, arguments: &'a Value) -> Answering<'a, Result<Plan, PlanError>>;
    /// See [`ChangeOperation::execute`].
    fn execute<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        progress: &'a Progress,
    ) -> Answering<'a, Result<(), CallError>>;
    /// See [`ChangeOperation::probe`].
    fn probe<'a>(&'a self, site: &'a Site, plan: &'a Plan) -> Answering<'a, Result<Sighting, CallError>>;
    /// See [`ChangeOperation::inverse`].
    fn inverse(&self, plan: &Plan) -> Option<Inverse>;
    /// See [`ChangeOperation::may_go_on`].
    fn may_go_on(&self, site: &Site) -> Duration;
    /// See [`ChangeOperation::not_now`].
    fn not_now<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        now: Timestamp,
    ) -> Answering<'a, Result<Option<NotNow>, CallError>>;
    /// See [`ChangeOperation::never_beside`].
    fn never_beside(&self) -> &'static [&'static str];
    /// See [`ChangeOperation::bulk`].
    fn bulk(&self) -> Option<&dyn BulkWork>;
    /// The plan of undoing what was done to these items of an operation's plan.
    fn plan_undoing<'a>(
        &'a self,
        site: &'a Site,
        undone: &'a Plan,
        items: Vec<Item>,
    ) -> Answering<'a, Result<Plan, PlanError>>;
    /// See [`ChangeOperation::epilogue`].
    fn epilogue(&self, plan: &Plan) -> Option<Answer>;
    /// See [`ChangeOperation::watch`].
    fn watch(&self, plan: &Plan) -> Option<Watch>;
    /// See [`ChangeOperation::tells_how_long_the_last_took`].
    fn tells_how_long_the_last_took(&self) -> bool;
    /// See [`ChangeOperation::look`].
    fn look<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        memory: &'a Value,
    ) -> Answering<'a, Result<Look, CallError>>;
}

/// A read operation, its types erased.
pub trait Read: Send + Sync {
    /// See [`ReadOperation::answer`].
    fn answer<'a>(
        &'a self,
        asking: Asking<'a>,
        arguments: &'a Value,
    ) -> Answering<'a, Result<Reply, PlanError>>;
}

/// One operation of either kind.
pub struct Operation {
    /// What it is called and for.
    pub meta: Meta,
    /// What it does.
    pub kind: Kind,
    augment: fn(clap::Command) -> clap::Command,
    read_arguments: ArgumentReader,
}

/// Turns what clap read into the JSON of an operation's typed arguments.
pub type ArgumentReader = fn(&clap::ArgMatches) -> Result<Value, clap::Error>;

/// The two kinds.
pub enum Kind {
    /// Changes nothing; answered at once.
    Read(Box<dyn Read>),
    /// Changes something; needs a second person.
    Change(Box<dyn Change>),
}

impl Operation {
    /// The noun of its name.
    pub fn noun(&self) -> &'static str {
        self.meta.name.split_once(' ').map_or(self.meta.name, |(noun, _)| noun)
    }

    /// The verb of its name; empty for a name of one word.
    pub fn verb(&self) -> &'static str {
        self.meta.name.split_once(' ').map_or("", |(_, verb)| verb)
    }

    /// Its arguments and its summary, added to a command.
    pub fn augment(&self, command: clap::Command) -> clap::Command {
        // clap takes the doc comment of the arguments' type for the command's own otherwise.
        (self.augment)(command).about(self.meta.summary).long_about(None)
    }

    /// Its arguments as the JSON that is frozen with a request.
    pub fn arguments(&self, matches: &clap::ArgMatches) -> Result<Value, clap::Error> {
        (self.read_arguments)(matches)
    }

    /// Reads its arguments as the JSON that is frozen with a request.
    pub fn reader(&self) -> ArgumentReader {
        self.read_arguments
    }
}

fn typed_arguments<A: Args + serde::Serialize>(matches: &clap::ArgMatches) -> Result<Value, clap::Error> {
    let arguments = A::from_arg_matches(matches)?;
    serde_json::to_value(arguments)
        .map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, error))
}

/// Frozen arguments that no longer fit: the program changed since they were written.
fn outgrown() -> PlanError {
    PlanError::Refused(
        "This request was made by another version of the bot and can no longer be read. Make it again."
            .to_owned(),
    )
}

/// The plan with what no operation says of itself.
fn named<O: ChangeOperation>(site: &Site, plan: Plan) -> Plan {
    Plan {
        operation: O::META.name.to_owned(),
        environment: site.environment.clone(),
        risk: O::META.risk,
        ..plan
    }
}

struct Typed<O>(O);

impl<O: ChangeOperation> Change for Typed<O> {
    fn plan<'a>(&'a self, site: &'a Site, arguments: &'a Value) -> Answering<'a, Result<Plan, PlanError>> {
        Box::pin(async move {
            let arguments: O::Arguments =
                serde_json::from_value(arguments.clone()).map_err(|_| outgrown())?;
            Ok(named::<O>(site, self.0.plan(site, &arguments).await?))
        })
    }

    fn plan_undoing<'a>(
        &'a self,
        site: &'a Site,
        undone: &'a Plan,
        items: Vec<Item>,
    ) -> Answering<'a, Result<Plan, PlanError>> {
        Box::pin(async move {
            let bulk = self.0.bulk().ok_or_else(outgrown)?;
            Ok(named::<O>(site, bulk.plan_undoing(site, undone, items).await?))
        })
    }

    fn execute<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        progress: &'a Progress,
    ) -> Answering<'a, Result<(), CallError>> {
        Box::pin(self.0.execute(site, plan, progress))
    }

    fn probe<'a>(&'a self, site: &'a Site, plan: &'a Plan) -> Answering<'a, Result<Sighting, CallError>> {
        Box::pin(self.0.probe(site, plan))
    }

    fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        self.0.inverse(plan)
    }

    fn may_go_on(&self, site: &Site) -> Duration {
        self.0.may_go_on(site)
    }

    fn not_now<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        now: Timestamp,
    ) -> Answering<'a, Result<Option<NotNow>, CallError>> {
        Box::pin(self.0.not_now(site, plan, now))
    }

    fn never_beside(&self) -> &'static [&'static str] {
        self.0.never_beside()
    }

    fn bulk(&self) -> Option<&dyn BulkWork> {
        self.0.bulk()
    }

    fn epilogue(&self, plan: &Plan) -> Option<Answer> {
        self.0.epilogue(plan)
    }

    fn watch(&self, plan: &Plan) -> Option<Watch> {
        self.0.watch(plan)
    }

    fn tells_how_long_the_last_took(&self) -> bool {
        self.0.tells_how_long_the_last_took()
    }

    fn look<'a>(
        &'a self,
        site: &'a Site,
        plan: &'a Plan,
        memory: &'a Value,
    ) -> Answering<'a, Result<Look, CallError>> {
        Box::pin(self.0.look(site, plan, memory))
    }
}

impl<O: ReadOperation> Read for Typed<O> {
    fn answer<'a>(
        &'a self,
        asking: Asking<'a>,
        arguments: &'a Value,
    ) -> Answering<'a, Result<Reply, PlanError>> {
        Box::pin(async move {
            let arguments: O::Arguments =
                serde_json::from_value(arguments.clone()).map_err(|_| outgrown())?;
            self.0.answer(asking, &arguments).await
        })
    }
}

pub(crate) fn change<O: ChangeOperation>(operation: O) -> Operation {
    Operation {
        meta: O::META,
        kind: Kind::Change(Box::new(Typed(operation))),
        augment: O::Arguments::augment_args,
        read_arguments: typed_arguments::<O::Arguments>,
    }
}

pub(crate) fn read<O: ReadOperation>(operation: O) -> Operation {
    Operation {
        meta: O::META,
        kind: Kind::Read(Box::new(Typed(operation))),
        augment: O::Arguments::augment_args,
        read_arguments: typed_arguments::<O::Arguments>,
    }
}

/// Every operation.
pub struct Registry {
    operations: Vec<Operation>,
}

impl Registry {
    /// One line for each operation, in the order that help shows them.
    pub fn all() -> Self {
        Self {
            operations: vec![
                change(DatasetWithdraw),
                change(DatasetRestore),
                change(DatasetPurge),
                read(DatasetShow),
                read(HarvestList),
                read(HarvestStatus),
                read(HarvestJobs),
                read(HarvestWorkers),
                change(HarvestReharvest),
                change(HarvestStop),
                change(HarvestRestart),
                change(HarvestAbort),
                change(HarvestRestartWorker),
                change(HarvestPurgeQueues),
                read(SiteShow),
                read(IndexCheck),
                change(IndexDataset),
                change(IndexPublisher),
                change(IndexMissing),
                change(IndexRefresh),
                change(IndexRebuild),
                read(UserFind),
                read(UserShow),
                change(UserEmail),
                read(RequestList),
                read(RequestShow),
                read(RequestCancel),
                read(Help),
            ],
        }
    }

    /// A list of other operations than the shipped ones.
    #[cfg(test)]
    pub(crate) fn of(operations: Vec<Operation>) -> Self {
        Self { operations }
    }

    /// Every operation, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The operation of this full name.
    pub fn find(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.meta.name == name)
    }

    /// The change operation of this full name.
    pub fn change(&self, name: &str) -> Option<&dyn Change> {
        match &self.find(name)?.kind {
            Kind::Change(change) => Some(change.as_ref()),
            Kind::Read(_) => None,
        }
    }
}
