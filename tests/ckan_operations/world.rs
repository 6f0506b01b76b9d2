//! The CKAN under test and the ways to speak to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ckan_chatops::approval::Plan;
use ckan_chatops::ckan::{CallError, DatabaseAddresses, ProgramSettings, Site, SiteSettings};
use ckan_chatops::operations::registry::Kind;
use ckan_chatops::operations::{Change, Inverse, Look, PlanError, Progress, Registry, Sighting, Watch};
use sandbox::ckan::{CkanConfig, CkanControl, CkanSandbox};
use secrecy::SecretString;
use serde_json::{Value, json};

/// A sandbox CKAN with a site for it.
pub(crate) struct Sandbox {
    pub(crate) ckan: CkanSandbox,
    pub(crate) control: CkanControl,
    pub(crate) site: Site,
}

impl Sandbox {
    pub(crate) async fn start() -> Self {
        Self::of_version("2.12.0").await
    }

    pub(crate) async fn of_version(version: &str) -> Self {
        let config = CkanConfig { version: version.to_owned(), ..CkanConfig::default() };
        let ckan = CkanSandbox::start(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let control = ckan.control();
        let site = Site::new(settings(&ckan.url(), ckan.sysadmin_token())).unwrap();
        Self { ckan, control, site }
    }

    /// The actions that changed something, or tried to.
    pub(crate) async fn writes(&self) -> Vec<String> {
        self.control.writes().await.into_iter().map(|write| write.action).collect()
    }
}

/// A CKAN that stories run on.
pub(crate) struct World {
    pub(crate) site: Site,
    /// Kept alive where the CKAN is the sandbox's.
    _sandbox: Option<CkanSandbox>,
}

impl World {
    pub(crate) async fn enter() -> Self {
        if let Some((url, token)) = real_ckan() {
            return Self { site: Site::new(settings(&url, &token)).unwrap(), _sandbox: None };
        }
        let Sandbox { ckan, site, .. } = Sandbox::start().await;
        Self { site, _sandbox: Some(ckan) }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests are told from outside which CKAN to use")]
fn real_ckan() -> Option<(String, String)> {
    let url = std::env::var("CKAN_CHATOPS_LAB_URL").ok()?;
    let file = PathBuf::from(std::env::var("CKAN_CHATOPS_LAB_TOKEN_FILE").ok()?);
    Some((url, std::fs::read_to_string(file).unwrap()))
}

pub(crate) fn settings(url: &str, token: &str) -> SiteSettings {
    SiteSettings {
        environment: "production".to_owned(),
        ckan_url: url.parse().unwrap(),
        token: SecretString::from(token.to_owned()),
        site_url: None,
        public_url: None,
        archive: None,
        database: DatabaseAddresses::default(),
        request_timeout: Duration::from_secs(10),
        write_deadline: Duration::from_mins(2),
        bulk_concurrency: std::num::NonZeroU8::MIN,
        programs: ProgramSettings::default(),
    }
}

/// A change operation, found as the worker finds it.
pub(crate) struct Op<'a> {
    change: &'a dyn Change,
    site: &'a Site,
}

impl<'a> Op<'a> {
    pub(crate) fn of(registry: &'a Registry, name: &str, site: &'a Site) -> Self {
        Self { change: registry.change(name).unwrap(), site }
    }

    pub(crate) async fn plan(&self, arguments: Value) -> Result<Plan, PlanError> {
        self.change.plan(self.site, &arguments).await
    }

    pub(crate) async fn execute(&self, plan: &Plan) -> Result<(), CallError> {
        self.change.execute(self.site, plan, &Progress::unseen()).await
    }

    pub(crate) async fn probe(&self, plan: &Plan) -> Result<Sighting, CallError> {
        self.change.probe(self.site, plan).await
    }

    pub(crate) async fn look(&self, plan: &Plan) -> Look {
        self.look_with(plan, &Value::Null).await
    }

    pub(crate) async fn look_with(&self, plan: &Plan, memory: &Value) -> Look {
        self.change.look(self.site, plan, memory).await.unwrap()
    }

    pub(crate) fn watch(&self, plan: &Plan) -> Option<Watch> {
        self.change.watch(plan)
    }

    pub(crate) fn inverse(&self, plan: &Plan) -> Option<Inverse> {
        self.change.inverse(plan)
    }
}

/// The arguments that only name a dataset.
pub(crate) fn only(target: &str) -> Value {
    json!({ "target": target })
}

/// The arguments of a withdrawal of this dataset.
pub(crate) fn these(target: &str) -> Value {
    json!({ "targets": [target] })
}

/// What undoes this withdrawal on any CKAN: with the consent that one before 2.12 needs.
pub(crate) fn accepting(withdrawal: &Plan) -> Value {
    let work = &withdrawal.work;
    json!({
        "target": work["id"], "to": work["previous_state"], "groups": work["groups"],
        "erase_removed_resources": true,
    })
}

/// What clap makes of these words for this operation.
pub(crate) fn parsed(name: &str, words: &[&str]) -> Result<Value, clap::Error> {
    let registry = Registry::all();
    let operation = registry.find(name).unwrap();
    assert!(matches!(operation.kind, Kind::Read(_) | Kind::Change(_)));
    let command = operation.augment(clap::Command::new("it").no_binary_name(true));
    operation.arguments(&command.try_get_matches_from(words)?)
}

/// A plan as approvers read it.
pub(crate) fn told(plan: &Plan) -> String {
    let mut lines = vec![plan.summary.clone()];
    lines.extend(plan.shown.iter().map(|(label, value)| format!("{label}: {value}")));
    lines.extend(plan.effects.iter().map(|line| format!("+ {line}")));
    lines.extend(plan.warnings.iter().map(|line| format!("! {line}")));
    lines.extend(plan.irreversible.iter().map(|line| format!("!! {line}")));
    lines.extend(plan.alternative.iter().map(|line| format!("? {line}")));
    lines.join("\n")
}

pub(crate) fn refusal(outcome: Result<Plan, PlanError>) -> String {
    match outcome {
        Err(PlanError::Refused(sentence)) => sentence,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
