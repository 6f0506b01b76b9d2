//! Faults on demand.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use sandbox::ckan::{Fault, FaultKind, TokenKind, seeded_id};
use serde_json::json;

use crate::caller::{ROAD_ACCIDENTS, World, ckan};

async fn world_with(kind: FaultKind) -> World {
    let world = ckan().await;
    world.control.fault(Fault::once("package_delete", kind)).await;
    world
}

#[tokio::test]
async fn a_lost_request_did_nothing() {
    let world = world_with(FaultKind::LoseRequest).await;
    assert!(world.delete_road_accidents().await.is_err());
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "active");
    assert!(world.control.writes().await.is_empty());
    let requests = world.control.requests().await;
    assert_eq!((requests.len(), requests[0].status), (1, 0));
    assert_eq!(world.delete_road_accidents().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_lost_response_did_it() {
    let world = world_with(FaultKind::LoseResponse).await;
    assert!(world.delete_road_accidents().await.is_err());
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "deleted");
    let writes = world.control.writes().await;
    assert_eq!((writes.len(), writes[0].committed, writes[0].status), (1, true, 200));
    assert_eq!(world.control.requests().await[0].status, 0);
}

#[tokio::test]
async fn an_error_after_the_commit_did_it() {
    let world = world_with(FaultKind::ErrorAfterCommit).await;
    let response = world.delete_road_accidents().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"], json!({"__type": "Internal Server Error", "message": "Internal Server Error"}));
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "deleted");
    let writes = world.control.writes().await;
    assert_eq!((writes[0].committed, writes[0].status), (true, 500));
}

#[tokio::test]
async fn errors_that_did_nothing() {
    for (kind, kind_of_error) in
        [(FaultKind::Error500, "Internal Server Error"), (FaultKind::SearchIndexError, "Search Index Error")]
    {
        let world = world_with(kind).await;
        let response = world.delete_road_accidents().await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["error"]["__type"], kind_of_error);
        assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "active");
        let writes = world.control.writes().await;
        assert_eq!((writes[0].committed, writes[0].status), (false, 500));
    }
}

#[tokio::test]
async fn a_proxy_answers_with_its_own_page() {
    for (kind, status, state) in [
        (FaultKind::Html403, 403, "active"),
        (FaultKind::Html502, 502, "active"),
        (FaultKind::Html504, 504, "active"),
        (FaultKind::Html504AfterCommit, 504, "deleted"),
    ] {
        let world = world_with(kind).await;
        let response = world.delete_road_accidents().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(response.text().await.unwrap().contains("<center><h1>"));
        assert_eq!(world.state_of(ROAD_ACCIDENTS).await, state);
        assert_eq!(world.control.writes().await.len(), usize::from(state == "deleted"));
    }
}

#[tokio::test]
async fn slow_waits_and_then_does_it() {
    let world = world_with(FaultKind::Slow { ms: 150 }).await;
    let began = Instant::now();
    assert_eq!(world.delete_road_accidents().await.unwrap().status(), StatusCode::OK);
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "deleted");
}

async fn give_up_on_deleting(world: &World) {
    let request = world.action(Method::POST, "package_delete");
    let request = request.header("Authorization", world.sandbox.sysadmin_token());
    let request = request.json(&json!({"id": ROAD_ACCIDENTS})).timeout(Duration::from_millis(80));
    assert!(request.send().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn what_is_slow_ends_with_its_client_and_what_is_sure_does_not() {
    let world = ckan().await;
    world.control.fault(Fault::once("package_delete", FaultKind::Slow { ms: 1000 })).await;
    world.control.fault(Fault::once("package_delete", FaultKind::SlowAndSure { ms: 1000 })).await;
    give_up_on_deleting(&world).await;
    give_up_on_deleting(&world).await;
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "active");
    let done = async {
        while world.state_of(ROAD_ACCIDENTS).await == "active" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done).await.unwrap();
    let writes = world.control.writes().await;
    assert_eq!(writes.iter().map(|write| write.n).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_deed() {
    let world = world_with(FaultKind::SlowAnswer { ms: 10_000 }).await;
    give_up_on_deleting(&world).await;
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "deleted");
    assert_eq!(world.control.requests().await[0].status, 0);
}

#[tokio::test]
async fn stopping_ends_what_still_waits() {
    let world = world_with(FaultKind::SlowAndSure { ms: 60_000 }).await;
    let request = world.action(Method::POST, "package_delete").json(&json!({"id": ROAD_ACCIDENTS}));
    let waiting = tokio::spawn(request.send());
    while world.control.requests().await.is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(Duration::from_secs(10), world.sandbox.stop()).await.unwrap();
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn a_token_can_become_wrong() {
    let world = world_with(FaultKind::WrongToken).await;
    let response = world.delete_road_accidents().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let body: serde_json::Value = response.json().await.unwrap();
    let id = seeded_id("dataset", ROAD_ACCIDENTS);
    assert_eq!(
        body["error"]["message"],
        json!(format!("Access denied: User  not authorized to edit package {id}"))
    );
    assert_eq!(world.control.requests().await[0].token_kind, TokenKind::Wrong);
    world.delete_road_accidents().await.unwrap();
    assert_eq!(world.control.requests().await[1].token_kind, TokenKind::Sysadmin);
}

#[tokio::test]
async fn search_is_down_while_everything_else_is_read() {
    let world = ckan().await;
    world.control.fault(Fault::times("*", FaultKind::SearchIndexError, 3)).await;
    let (status, body) = world.anonymous("package_search", json!({})).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["error"]["__type"], "Search Connection Error");
    world.done("package_show", json!({"id": ROAD_ACCIDENTS})).await;
    world.done("status_show", json!({})).await;
    assert!(world.control.faults().await.is_empty());
}

#[tokio::test]
async fn faults_are_used_up_in_order_and_can_be_cleared() {
    let world = ckan().await;
    world.control.fault(Fault::times("package_show", FaultKind::Html502, 2)).await;
    world.control.fault(Fault::once("*", FaultKind::Error500)).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let request = world.action(Method::GET, "package_show").query(&[("id", ROAD_ACCIDENTS)]);
        seen.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(seen, [502, 502, 500, 200]);
    world.control.fault(Fault::times("*", FaultKind::LoseRequest, 9)).await;
    world.control.clear_faults().await;
    world.done("status_show", json!({})).await;
}
