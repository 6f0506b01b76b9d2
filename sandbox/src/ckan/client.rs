//! A client of the control endpoints, for tests and for the `sandbox` binary.
//!
//! Guarantees: only HTTP, so it drives a sandbox in another process as well. Panics where the sandbox does not
//! answer: who drives one has nothing to do without it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::command_line::{CommandFault, CommandRun, CommandSettings};
use super::records::{DatasetRow, Fault, IndexDisturbance, IndexState, Request, Write};

/// Drives a sandbox CKAN.
#[derive(Debug, Clone)]
pub struct CkanControl {
    url: String,
    http: reqwest::Client,
}

impl CkanControl {
    /// For the sandbox at this address, as in `http://127.0.0.1:5000`.
    ///
    /// # Panics
    /// Where this build of the HTTP client has no TLS to start with.
    #[expect(clippy::expect_used, reason = "a plain client always builds")]
    pub fn new(url: &str) -> Self {
        let http = crate::loopback::client().timeout(Duration::from_secs(10)).build();
        Self { url: url.trim_end_matches('/').to_owned(), http: http.expect("a plain HTTP client") }
    }

    /// The row of a dataset or a harvest source, by id or name.
    pub async fn dataset(&self, name_or_id: &str) -> Option<DatasetRow> {
        let (status, row) = self.call(Method::GET, &format!("datasets/{name_or_id}"), None).await;
        (status == StatusCode::OK).then(|| parsed(row))
    }

    /// All rows.
    pub async fn datasets(&self) -> Vec<DatasetRow> {
        parsed(self.done(Method::GET, "datasets", None).await)
    }

    /// Calls of actions that change something, in the order in which CKAN did them.
    pub async fn writes(&self) -> Vec<Write> {
        parsed(self.done(Method::GET, "writes", None).await)
    }

    /// Requests, in the order of arrival.
    pub async fn requests(&self) -> Vec<Request> {
        parsed(self.done(Method::GET, "requests", None).await)
    }

    /// An edit by somebody else, with a new `metadata_modified`.
    pub async fn change(&self, name_or_id: &str, patch: Value) -> DatasetRow {
        parsed(self.done(Method::PATCH, &format!("datasets/{name_or_id}"), Some(patch)).await)
    }

    /// Lets something go wrong.
    pub async fn fault(&self, fault: Fault) {
        self.done(Method::POST, "faults", Some(json!(fault))).await;
    }

    /// Faults that have not happened yet.
    pub async fn faults(&self) -> Vec<Fault> {
        parsed(self.done(Method::GET, "faults", None).await)
    }

    /// Lets nothing go wrong any more.
    pub async fn clear_faults(&self) {
        self.done(Method::DELETE, "faults", None).await;
    }

    /// Moves the sandbox's clock on.
    pub async fn advance_clock(&self, seconds: u64) {
        self.done(Method::POST, "clock", Some(json!({"advance_s": seconds}))).await;
    }

    /// Lets the public site be that far behind.
    pub async fn set_public_lag(&self, seconds: u64) {
        self.done(Method::POST, "public-lag", Some(json!({"public_lag_s": seconds}))).await;
    }

    /// Jobs with their objects by state, queues, consumers and remote sites.
    pub async fn harvest(&self) -> Value {
        self.done(Method::GET, "harvest", None).await
    }

    /// What the remote site of a source offers from now on: any of the fields that [`Self::harvest`] shows.
    pub async fn set_remote(&self, source: &str, mut fields: Value) -> Value {
        if let Value::Object(fields) = &mut fields {
            fields.insert("source".to_owned(), json!(source));
        }
        self.done(Method::POST, "harvest/remote", Some(fields)).await
    }

    /// `gather` or `fetch` shall `work`, `stop` or `hang`.
    pub async fn set_consumer(&self, name: &str, does: &str) -> Value {
        self.done(Method::POST, "harvest/consumer", Some(json!({"name": name, "does": does}))).await
    }

    /// Lets `gather` or `fetch`, which imports as well, do the next so many things at once.
    pub async fn step_consumer(&self, name: &str, times: u32) -> Value {
        self.done(Method::POST, "harvest/step", Some(json!({"consumer": name, "times": times}))).await
    }

    /// `harvester run` now, and then every so many seconds; nothing ends that.
    pub async fn set_harvester_cron(&self, every_s: Option<u64>) -> Value {
        self.done(Method::POST, "harvest/cron", Some(json!({"every_s": every_s}))).await
    }

    /// How the search index differs from the database.
    pub async fn index(&self) -> IndexState {
        parsed(self.done(Method::GET, "index", None).await)
    }

    /// Puts the search index out of step with the database.
    pub async fn disturb_index(&self, how: IndexDisturbance) -> IndexState {
        parsed(self.done(Method::POST, "index", Some(json!(how))).await)
    }

    /// Commands that were started, in order.
    pub async fn commands(&self) -> Vec<CommandRun> {
        parsed(self.done(Method::GET, "commands", None).await)
    }

    /// How commands behave from now on.
    pub async fn set_commands(&self, settings: CommandSettings) {
        self.done(Method::POST, "commands/settings", Some(json!(settings))).await;
    }

    /// Lets something go wrong with a command.
    pub async fn command_fault(&self, fault: CommandFault) {
        self.done(Method::POST, "commands/faults", Some(json!(fault))).await;
    }

    /// As on the first day: rows, logs, faults, clock and lag.
    pub async fn reset(&self) {
        self.done(Method::POST, "reset", None).await;
    }

    async fn done(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "the sandbox CKAN refused {path}: {answer}");
        answer
    }

    #[expect(clippy::panic, reason = "the driver of a test cannot go on without its sandbox")]
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}/sandbox/{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.json().await?))
        };
        answer.await.unwrap_or_else(|error| panic!("the sandbox CKAN did not answer {path}: {error}"))
    }
}

#[expect(clippy::expect_used, reason = "both ends are this crate's")]
fn parsed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the control endpoints' own shape")
}
