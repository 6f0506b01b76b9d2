//! The services around CKAN: the harvester's two workers and the catalogue for geographers.
//!
//! Guarantees that only commands of the configuration are run, as they stand there and with nothing added. Leaves to
//! operations what their output means.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::command_line::{Finished, run};
use super::output::Line;
use super::process::Inheritance;
use super::redaction::Redaction;
use super::{CallError, Cause, Effect};

/// A look must not make anybody wait.
const LOOK_LIMIT: Duration = Duration::from_mins(1);
/// A restart waits until the service is up, where the configured command does.
const RESTART_LIMIT: Duration = Duration::from_mins(10);

/// A service around CKAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The worker that gathers what a harvest source has.
    Gather,
    /// The worker that fetches and imports what was gathered.
    Fetch,
    /// The catalogue that pycsw serves.
    Csw,
}

impl Service {
    /// Every one, in the order in which a harvest meets them.
    pub const ALL: [Self; 3] = [Self::Gather, Self::Fetch, Self::Csw];

    /// Its name in commands and in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gather => "gather",
            Self::Fetch => "fetch",
            Self::Csw => "csw",
        }
    }

    /// The service of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the configuration says of one service: whole commands, each where it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Says how it is.
    pub status: Option<Vec<String>>,
    /// Restarts it.
    pub restart: Option<Vec<String>>,
    /// Prints the end of its log.
    pub logs: Option<Vec<String>>,
}

/// An environment's services.
#[derive(Debug)]
pub struct Services {
    settings: BTreeMap<Service, ServiceSettings>,
    inheritance: Inheritance,
    redaction: Arc<Redaction>,
}

impl Services {
    pub(super) fn new(
        settings: BTreeMap<Service, ServiceSettings>,
        inheritance: Inheritance,
        redaction: Arc<Redaction>,
    ) -> Self {
        Self { settings, inheritance, redaction }
    }

    /// Those of which the configuration says anything.
    pub fn names(&self) -> impl Iterator<Item = Service> {
        self.settings.keys().copied()
    }

    /// What the configuration says of one: nothing, where it does not name it.
    pub fn settings(&self, service: Service) -> Option<&ServiceSettings> {
        self.settings.get(&service)
    }

    /// Has a service say how it is.
    pub async fn status(&self, service: Service) -> Result<Finished, CallError> {
        self.look("service status", self.argv(service, |settings| &settings.status)).await
    }

    /// The end of a service's log.
    pub async fn logs(&self, service: Service) -> Result<Finished, CallError> {
        self.look("service logs", self.argv(service, |settings| &settings.logs)).await
    }

    /// Restarts a service, once. An exit code other than 0 is no error here: it is in [`Finished`].
    pub async fn restart(
        &self,
        service: Service,
        seen: &mut (dyn FnMut(&Line) + Send),
    ) -> Result<Finished, CallError> {
        let argv = self.argv(service, |settings| &settings.restart);
        self.run("service restart", argv, RESTART_LIMIT, seen).await
    }

    fn argv(
        &self,
        service: Service,
        which: impl FnOnce(&ServiceSettings) -> &Option<Vec<String>>,
    ) -> Option<&[String]> {
        self.settings.get(&service).and_then(|settings| which(settings).as_deref())
    }

    async fn look(&self, name: &'static str, argv: Option<&[String]>) -> Result<Finished, CallError> {
        let looked = self.run(name, argv, LOOK_LIMIT, &mut |_| ()).await;
        looked.map_err(|error| CallError { effect: Effect::NotApplied, ..error })
    }

    async fn run(
        &self,
        name: &'static str,
        argv: Option<&[String]>,
        limit: Duration,
        seen: &mut (dyn FnMut(&Line) + Send),
    ) -> Result<Finished, CallError> {
        let argv = argv.ok_or_else(|| CallError::nothing_done(name, Cause::CommandNotConfigured))?;
        run(name, argv, &self.inheritance, &self.redaction, limit, seen).await
    }
}
