//! The control endpoints of the harvest: what is going on, and what the remote sites and the consumers shall do.
//!
//! Guarantees: plain JSON; whatever a call changes, it answers with the whole state, as it is then.

use std::collections::BTreeMap;

use axum::Json;
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::control::refused;
use super::super::site::{Site, State};
use super::{Consumer, Does, Harvest, Remote, finish_jobs, shown_job};

pub(in super::super) fn router() -> Router<Site> {
    Router::new()
        .route("/sandbox/harvest", get(shown))
        .route("/sandbox/harvest/remote", post(remote))
        .route("/sandbox/harvest/consumer", post(consumer))
        .route("/sandbox/harvest/step", post(step))
        .route("/sandbox/harvest/cron", post(cron))
}

async fn shown(Shared(site): Shared<Site>) -> Json<Value> {
    Json(state(&mut site.state()))
}

pub(in super::super) fn state(state: &mut State) -> Value {
    state.settle();
    let harvest = &state.catalogue.harvest;
    let queue = |queue: &std::collections::VecDeque<(String, jiff::Timestamp)>| -> Vec<String> {
        queue.iter().map(|(id, _)| id.clone()).collect()
    };
    json!({
        "jobs": harvest.jobs.iter().map(|job| {
            let mut shown = shown_job(harvest, job, true);
            super::super::views::put(&mut shown, "objects", json!(states(harvest, &job.id)));
            shown
        }).collect::<Vec<_>>(),
        "gather_queue": queue(&harvest.gather_queue),
        "fetch_queue": queue(&harvest.fetch_queue),
        "gather": consumer_shown(&harvest.gather),
        "fetch": consumer_shown(&harvest.fetch),
        "remotes": harvest.remotes.iter().map(|(id, remote)| {
            let name = state.catalogue.package(id).map(|source| source.fields.name.clone());
            (name.unwrap_or_else(|| id.clone()), json!(remote))
        }).collect::<Map<String, Value>>(),
    })
}

fn states(harvest: &Harvest, job_id: &str) -> BTreeMap<&'static str, u64> {
    let mut states = BTreeMap::new();
    for object in harvest.objects_of(job_id) {
        *states.entry(object.state).or_default() += 1;
    }
    states
}

fn consumer_shown(consumer: &Consumer) -> Value {
    let busy = consumer.busy.as_ref().map(|(id, _)| id);
    json!({"does": consumer.does, "busy_with": busy, "starts": consumer.starts})
}

/// The fields of a remote that shall be different, and whose it is.
#[derive(Deserialize)]
struct RemoteChange {
    source: String,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

async fn remote(Shared(site): Shared<Site>, Json(change): Json<RemoteChange>) -> Response {
    let mut guard = site.state();
    guard.settle();
    let id = guard.catalogue.package(&change.source).map(|source| source.id.clone());
    let Some(remote) = id.and_then(|id| guard.catalogue.harvest.remotes.get_mut(&id)) else {
        return refused(
            StatusCode::NOT_FOUND,
            "no_such_source",
            "There is no harvest source with this name.",
        );
    };
    let mut fields = json!(remote);
    for (name, value) in change.fields {
        match fields.get_mut(&name) {
            Some(field) => *field = value,
            None => return refused(StatusCode::BAD_REQUEST, "no_such_field", "A remote has no such field."),
        }
    }
    let Ok(changed) = serde_json::from_value::<Remote>(fields) else {
        return refused(StatusCode::BAD_REQUEST, "wrong_type", "A value has the wrong type for its field.");
    };
    remote.become_like(changed);
    Json(state(&mut guard)).into_response()
}

#[derive(Deserialize)]
struct ConsumerChange {
    name: String,
    does: Does,
}

async fn consumer(Shared(site): Shared<Site>, Json(change): Json<ConsumerChange>) -> Response {
    let mut guard = site.state();
    let now = guard.settle();
    let harvest = &mut guard.catalogue.harvest;
    let consumer = match change.name.as_str() {
        "gather" => &mut harvest.gather,
        "fetch" => &mut harvest.fetch,
        "csw" => &mut harvest.csw,
        _ => {
            return refused(
                StatusCode::NOT_FOUND,
                "no_such_consumer",
                "The consumers are gather and fetch; csw is the catalogue's sync.",
            );
        }
    };
    consumer.turn_to(change.does, now);
    Json(state(&mut guard)).into_response()
}

#[derive(Deserialize)]
struct Step {
    /// `gather`, or `fetch`, which imports as well.
    consumer: String,
    #[serde(default = "one")]
    times: u32,
}

fn one() -> u32 {
    1
}

/// Lets a stopped consumer do what is next for it, at once.
async fn step(Shared(site): Shared<Site>, Json(step): Json<Step>) -> Response {
    let mut guard = site.state();
    let gather = match step.consumer.as_str() {
        "gather" => true,
        "fetch" => false,
        _ => {
            return refused(StatusCode::NOT_FOUND, "no_such_consumer", "The consumers are gather and fetch.");
        }
    };
    for _ in 0..step.times {
        let now = guard.settle();
        if !guard.catalogue.harvest_step(gather, now) {
            return refused(StatusCode::CONFLICT, "nothing_queued", "There is nothing left in that queue.");
        }
    }
    Json(state(&mut guard)).into_response()
}

#[derive(Deserialize)]
struct Cron {
    /// Seconds; nothing switches it off.
    every_s: Option<u64>,
}

/// A `harvester run` of the site's own: once now, and then every so often.
async fn cron(Shared(site): Shared<Site>, Json(cron): Json<Cron>) -> Json<Value> {
    let mut guard = site.state();
    let now = guard.settle();
    guard.catalogue.harvest.cron = cron.every_s.map(|every| (every, now));
    finish_jobs(&mut guard.catalogue, None, now);
    Json(state(&mut guard))
}
