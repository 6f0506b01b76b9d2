//! The control endpoints, under `/sandbox/`: [`super`] lists them.
//!
//! Guarantees: plain JSON; an error is `{"ok": false, "error": "snake_case", "message": "One sentence."}`. Control
//! calls are in neither log.

use std::time::Duration;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::clock::ckan_time;
use super::records::{DatasetRow, Fault, IndexDisturbance, IndexState, Request, ResourceRow, Write};
use super::rows::{Fields, Package};
use super::site::Site;
use super::{command_line, harvest};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/sandbox/datasets", get(datasets))
        .route("/sandbox/datasets/{id_or_name}", get(dataset).patch(change))
        .route("/sandbox/writes", get(writes))
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/sandbox/clock", get(clock).post(advance))
        .route("/sandbox/public-lag", post(public_lag))
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/index", get(index).post(disturb_index))
        .merge(harvest::control::router())
        .merge(command_line::control::router())
}

pub(super) fn refused(status: StatusCode, error: &str, message: &str) -> Response {
    (status, Json(json!({"ok": false, "error": error, "message": message}))).into_response()
}

fn no_such_dataset() -> Response {
    refused(StatusCode::NOT_FOUND, "no_such_dataset", "There is no dataset with this id or name.")
}

fn row(package: &Package) -> DatasetRow {
    let fields = package.fields.clone();
    let resources = fields.resources.into_iter();
    DatasetRow {
        id: package.id.clone(),
        name: fields.name,
        title: fields.title,
        kind: package.type_name().to_owned(),
        state: fields.state,
        private: fields.private,
        owner_org: package.owner_org.clone(),
        author: fields.author,
        author_email: fields.author_email,
        maintainer: fields.maintainer,
        maintainer_email: fields.maintainer_email,
        tags: fields.tags,
        resources: resources.map(|r| ResourceRow { id: r.id, name: r.name, state: r.state }).collect(),
        metadata_modified: package.modified.clone(),
    }
}

async fn datasets(Shared(site): Shared<Site>) -> Json<Vec<DatasetRow>> {
    Json(site.state().catalogue.packages.iter().map(row).collect())
}

async fn dataset(Shared(site): Shared<Site>, Path(wanted): Path<String>) -> Response {
    site.state()
        .catalogue
        .package(&wanted)
        .map_or_else(no_such_dataset, |found| Json(row(found)).into_response())
}

/// An edit by somebody else: no log, no permission, a new `metadata_modified`.
async fn change(
    Shared(site): Shared<Site>,
    Path(wanted): Path<String>,
    Json(patch): Json<Map<String, Value>>,
) -> Response {
    let mut state = site.state();
    let Some(package) = state.catalogue.package(&wanted).cloned() else { return no_such_dataset() };
    let mut fields = json!(package.fields);
    for (name, value) in patch {
        match fields.get_mut(&name) {
            Some(field) => *field = value,
            None => return refused(StatusCode::BAD_REQUEST, "no_such_field", "A dataset has no such field."),
        }
    }
    let Ok(fields) = serde_json::from_value::<Fields>(fields) else {
        return refused(StatusCode::BAD_REQUEST, "wrong_type", "A value has the wrong type for its field.");
    };
    let now = state.clock.now();
    state.catalogue.replace_fields(&package.id, fields, true, now);
    state
        .catalogue
        .package(&package.id)
        .map_or_else(no_such_dataset, |found| Json(row(found)).into_response())
}

async fn index(Shared(site): Shared<Site>) -> Json<IndexState> {
    Json(site.state().catalogue.index_state())
}

async fn disturb_index(Shared(site): Shared<Site>, Json(how): Json<IndexDisturbance>) -> Response {
    let mut state = site.state();
    if state.catalogue.disturb_index(how) {
        Json(state.catalogue.index_state()).into_response()
    } else {
        no_such_dataset()
    }
}

async fn writes(Shared(site): Shared<Site>) -> Json<Vec<Write>> {
    Json(site.state().writes.clone())
}

async fn requests(Shared(site): Shared<Site>) -> Json<Vec<Request>> {
    Json(site.state().requests.clone())
}

async fn faults(Shared(site): Shared<Site>) -> Json<Vec<Fault>> {
    Json(site.state().faults.clone())
}

async fn add_fault(Shared(site): Shared<Site>, Json(fault): Json<Fault>) -> Json<Vec<Fault>> {
    let mut state = site.state();
    state.faults.push(fault);
    Json(state.faults.clone())
}

async fn clear_faults(Shared(site): Shared<Site>) -> Json<Value> {
    site.state().faults.clear();
    Json(json!({"ok": true}))
}

async fn clock(Shared(site): Shared<Site>) -> Json<Value> {
    Json(json!({"now": ckan_time(site.state().clock.now())}))
}

#[derive(Deserialize)]
struct Advance {
    advance_s: u64,
}

async fn advance(Shared(site): Shared<Site>, Json(by): Json<Advance>) -> Json<Value> {
    let mut state = site.state();
    state.clock.advance(Duration::from_secs(by.advance_s));
    Json(json!({"now": ckan_time(state.clock.now())}))
}

#[derive(Deserialize)]
struct Lag {
    public_lag_s: u64,
}

async fn public_lag(Shared(site): Shared<Site>, Json(lag): Json<Lag>) -> Json<Value> {
    site.state().public_lag = Duration::from_secs(lag.public_lag_s);
    Json(json!({"ok": true}))
}

async fn reset(Shared(site): Shared<Site>) -> Json<Value> {
    site.state().reset();
    Json(json!({"ok": true}))
}
