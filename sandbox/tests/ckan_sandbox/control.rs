//! The control endpoints.

use reqwest::Method;
use sandbox::ckan::{Fault, FaultKind, TokenKind};
use serde_json::{Value, json};

use crate::caller::{EDITOR, ROAD_ACCIDENTS, ckan};

#[tokio::test]
async fn somebody_else_can_edit_a_dataset_meanwhile() {
    let world = ckan().await;
    let before = world.control.dataset(ROAD_ACCIDENTS).await.unwrap();
    let after = world.control.change(ROAD_ACCIDENTS, json!({"title": "Other", "private": true})).await;
    assert_eq!((after.title.as_str(), after.private), ("Other", true));
    assert!(after.metadata_modified > before.metadata_modified);
    let again = world.control.change(&after.id, json!({"title": "Another"})).await;
    assert!(again.metadata_modified > after.metadata_modified);
    assert!(world.control.writes().await.is_empty() && world.control.requests().await.is_empty());
}

#[tokio::test]
async fn requests_are_logged_with_who_sent_them() {
    let world = ckan().await;
    let request = world.action(Method::GET, "package_show").query(&[("id", "x")]);
    let request = request.header("User-Agent", "ckan-chatops/0.1").header("X-Request-Id", "01J");
    request.header("Authorization", EDITOR).send().await.unwrap();
    world.action(Method::GET, "nonsense").send().await.unwrap();
    let requests = world.control.requests().await;
    assert_eq!(requests[0].user_agent.as_deref(), Some("ckan-chatops/0.1"));
    assert_eq!(requests[0].request_id.as_deref(), Some("01J"));
    assert_eq!(requests[0].id.as_deref(), Some("x"));
    assert_eq!((requests[0].token_kind, requests[0].status), (TokenKind::Editor, 404));
    assert_eq!((requests[1].token_kind, requests[1].status), (TokenKind::None, 400));
    assert_eq!(requests[1].action, "nonsense");
}

#[tokio::test]
async fn a_reset_brings_the_first_day_back() {
    let world = ckan().await;
    let before = world.control.datasets().await;
    world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await;
    world.control.fault(Fault::once("*", FaultKind::Error500)).await;
    world.control.set_public_lag(5).await;
    world.control.reset().await;
    assert_eq!(world.control.datasets().await, before);
    assert!(world.control.writes().await.is_empty());
    assert!(world.control.faults().await.is_empty());
    world.done("status_show", json!({})).await;
    assert_eq!(world.control.requests().await[0].n, 1);
}

#[tokio::test]
async fn curl_can_drive_it() {
    let world = ckan().await;
    let post = |path: &str, body: Value| {
        world.http.post(format!("{}/sandbox/{path}", world.sandbox.url())).json(&body).send()
    };
    let fault = json!({"action": "package_show", "kind": "slow", "ms": 1});
    let faults: Value = post("faults", fault).await.unwrap().json().await.unwrap();
    assert_eq!(faults, json!([{"action": "package_show", "kind": "slow", "ms": 1, "times": 1}]));
    assert_eq!(post("faults", json!({"action": "*", "kind": "meteor"})).await.unwrap().status(), 422);
    let patch = world.http.patch(format!("{}/sandbox/datasets/{ROAD_ACCIDENTS}", world.sandbox.url()));
    let refused = patch.json(&json!({"colour": "red"})).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(
        refused,
        json!({"ok": false, "error": "no_such_field", "message": "A dataset has no such field."})
    );
    assert_eq!(world.control.dataset("no-such").await, None);
}
