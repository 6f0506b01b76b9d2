//! The public site.

use sandbox::ckan::{Fault, FaultKind, seeded_id};
use serde_json::json;

use crate::caller::{ROAD_ACCIDENTS, World, ckan};

async fn page(world: &World, name: &str) -> (u16, String) {
    let id = seeded_id("dataset", name);
    let response = world.http.get(format!("{}/dataset/{id}/{name}", world.sandbox.url()));
    let response = response.send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn only_what_is_active_and_public_has_a_page() {
    let world = ckan().await;
    let (status, text) = page(&world, ROAD_ACCIDENTS).await;
    assert_eq!(status, 200);
    assert!(text.contains("<h1>Road Safety Data 2019</h1>") && text.contains("Department for Transport"));
    for hidden in ["business-counts-2015", "cycling-traffic-index", "ambulance-response-times", "no-such"] {
        assert_eq!(page(&world, hidden).await.0, 404);
    }
    let bare = format!("{}/dataset/{}", world.sandbox.url(), seeded_id("dataset", ROAD_ACCIDENTS));
    assert_eq!(world.http.get(bare).send().await.unwrap().status(), 200);
    let source = format!("{}/dataset/{}", world.sandbox.url(), seeded_id("source", "leeds-data-mill"));
    assert_eq!(world.http.get(source).send().await.unwrap().status(), 404);
    let requests = world.control.requests().await;
    assert_eq!(requests[0].action, "public");
    assert_eq!(requests[4].status, 404);
}

#[tokio::test]
async fn markup_in_a_title_is_text() {
    let world = ckan().await;
    let (_, text) = page(&world, "bus-and-coach-timetables").await;
    assert!(text.contains("<h1>Bus &amp; Coach Timetables</h1>"));
}

#[tokio::test]
async fn a_withdrawal_is_seen_when_the_cache_lets_it() {
    let world = ckan().await;
    world.control.set_public_lag(600).await;
    world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 200);
    world.control.advance_clock(590).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 200);
    world.control.advance_clock(11).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 404);
    world.done("package_patch", json!({"id": ROAD_ACCIDENTS, "state": "active"})).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 404);
    world.control.advance_clock(601).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 200);
}

#[tokio::test]
async fn without_a_cache_it_is_seen_at_once() {
    let world = ckan().await;
    world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 404);
}

#[tokio::test]
async fn it_has_faults_of_its_own() {
    let world = ckan().await;
    world.control.fault(Fault::once("public", FaultKind::Html502)).await;
    world.control.fault(Fault::once("*", FaultKind::Error500)).await;
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 502);
    assert_eq!(page(&world, ROAD_ACCIDENTS).await.0, 200);
    world.control.fault(Fault::once("public", FaultKind::LoseRequest)).await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS);
    assert!(world.http.get(format!("{}/dataset/{id}", world.sandbox.url())).send().await.is_err());
}
