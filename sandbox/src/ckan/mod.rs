//! A small, strict CKAN: the actions that the bot calls, with CKAN's own answers, refusals and quirks, and a public
//! site beside it. It imitates 2.12.0 with ckanext-harvest, or 2.11 or 2.10 where the version says so.
//!
//! Guarantees: what CKAN would refuse is refused with CKAN's status and shape; nothing is forgotten that a test
//! might ask for: every request, every write and every command is in a log. Leaves real harvesters, uploads, relevance
//! and everything with a browser to the CKAN lab.
//!
//! - `/api/3/action/<name>` and `/api/action/<name>`: the action API
//! - `/dataset/<uuid>` and `/dataset/<uuid>/<slug>`: the public site; 200 or 404
//! - `/sandbox/…`: control, no part of CKAN:
//!
//! | call | what it does |
//! |---|---|
//! | `GET /sandbox/datasets` | all rows, [`DatasetRow`] |
//! | `GET /sandbox/datasets/<id or name>` | one row, or 404 |
//! | `PATCH /sandbox/datasets/<id or name>` `{"title": …}` | an edit by somebody else: new `metadata_modified`, in no log |
//! | `GET /sandbox/writes` | calls that change something, [`Write`] |
//! | `GET /sandbox/requests` | all requests but these, [`Request`] |
//! | `POST /sandbox/faults` `{"action": "package_delete", "kind": "lose_response", "times": 1}` | something shall go wrong, [`Fault`]; `slow` has `ms` |
//! | `GET /sandbox/faults`, `DELETE /sandbox/faults` | what is still to go wrong; nothing shall |
//! | `GET /sandbox/clock`, `POST /sandbox/clock` `{"advance_s": 600}` | the sandbox's time; later |
//! | `POST /sandbox/public-lag` `{"public_lag_s": 600}` | how far the public site is behind |
//! | `GET /sandbox/index`, `POST /sandbox/index` `{"lose": [ids]}` | the search index, [`IndexState`]; out of step, [`IndexDisturbance`] |
//! | `GET /sandbox/harvest` and below it | jobs, queues, consumers, remote sites: `CONTROL.md` has the table |
//! | `GET /sandbox/commands` and below it | the command line: `CONTROL.md` has the table |
//! | `POST /sandbox/reset` | as on the first day |

mod actions;
mod body;
mod call;
mod catalogue;
mod client;
mod clock;
mod command_line;
mod control;
mod door;
mod harvest;
mod index;
mod line;
mod patch;
mod people;
pub mod programs;
mod public;
mod query;
mod records;
mod refusal;
mod release;
mod revise;
mod rows;
mod search;
mod seed;
mod site;
mod user_patch;
mod views;
mod writes;

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use client::CkanControl;
pub use command_line::{CommandFault, CommandFaultKind, CommandRun, CommandSettings, program};
pub use records::{
    DatasetRow, Fault, FaultKind, IndexDisturbance, IndexState, Request, ResourceRow, TokenKind, Write,
};
pub use seed::{
    Extra, Seed, SeedDataset, SeedHarvest, SeedPublisher, SeedResource, SeedSource, SeedUser, seeded_id,
};

use line::{Line, Lines};
use site::Site;

/// How a sandbox CKAN starts.
#[derive(Debug, Clone)]
pub struct CkanConfig {
    /// CKAN's version: 2.10, 2.11 and 2.12 differ.
    pub version: String,
    /// Token of the seed's first sysadmin.
    pub sysadmin_token: String,
    /// Token of the seed's first other account.
    pub editor_token: String,
    /// What it holds.
    pub seed: Seed,
}

impl Default for CkanConfig {
    fn default() -> Self {
        Self {
            version: "2.12.0".to_owned(),
            sysadmin_token: "sandbox-sysadmin-token".to_owned(),
            editor_token: "sandbox-editor-token".to_owned(),
            seed: Seed::default(),
        }
    }
}

/// A running sandbox CKAN. It stops when it is dropped.
#[derive(Debug)]
pub struct CkanSandbox {
    url: String,
    sysadmin_token: String,
    site: Site,
    server: JoinHandle<()>,
}

impl CkanSandbox {
    /// Starts one on this address; port 0 finds a free one.
    pub async fn start(config: CkanConfig, addr: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let sysadmin_token = config.sysadmin_token.clone();
        let site = Site::new(config, url.clone());
        let service = router(site.clone()).into_make_service_with_connect_info::<Line>();
        let stop = site.stop.clone();
        let server = tokio::spawn(async move {
            let stopped =
                axum::serve(Lines(listener), service).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = stopped.await {
                tracing::error!(%error, "the sandbox CKAN stopped listening");
            }
        });
        Ok(Self { url, sysadmin_token, site, server })
    }

    /// Its address, as in `http://127.0.0.1:5000`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// A token that may do everything.
    pub fn sysadmin_token(&self) -> &str {
        &self.sysadmin_token
    }

    /// What drives it.
    pub fn control(&self) -> CkanControl {
        CkanControl::new(&self.url)
    }

    /// The argv that a configuration gives as its command line, with `program` from [`programs`].
    pub fn command_line(&self, program: &Path) -> Vec<String> {
        programs::argv(&[program.to_string_lossy().into_owned()], &self.url, &[])
    }

    /// The whole argv of one of the [`programs::SERVICES`] and one of the [`programs::SERVICE_VERBS`].
    pub fn service(&self, program: &Path, name: &str, verb: &str) -> Vec<String> {
        let arguments = [programs::SERVICE_OPTION, name, verb];
        programs::argv(&[program.to_string_lossy().into_owned()], &self.url, &arguments)
    }

    /// Stops it: no new connection, and whatever waits in a fault ends without an answer.
    pub async fn stop(mut self) {
        self.site.stop.cancel();
        self.site.tasks.close();
        self.site.tasks.wait().await;
        // A server that panicked has said so itself.
        let _ = (&mut self.server).await;
    }
}

impl Drop for CkanSandbox {
    fn drop(&mut self) {
        self.site.stop.cancel();
    }
}

fn router(site: Site) -> Router {
    Router::new()
        .route("/api/3/action/{name}", any(door::action))
        .route("/api/action/{name}", any(door::action))
        .route("/dataset/{id}", get(public::dataset))
        .route("/dataset/{id}/{slug}", get(public::dataset))
        .merge(control::router())
        .fallback(async || door::html(StatusCode::NOT_FOUND, "404 Not Found"))
        .with_state(site)
}
