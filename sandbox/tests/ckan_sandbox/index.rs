//! The search index, in step and out of step with the database; and the datasets that go for good.

use reqwest::StatusCode;
use sandbox::ckan::{IndexDisturbance, seeded_id};
use serde_json::{Value, json};

use crate::caller::{EDITOR, ROAD_ACCIDENTS, World, ckan};

async fn found(world: &World) -> u64 {
    let query = json!({"fq": format!("id:\"{}\"", seeded_id("dataset", ROAD_ACCIDENTS)), "rows": 0});
    world.done("package_search", query).await["count"].as_u64().unwrap()
}

#[tokio::test]
async fn a_lost_document_hides_a_dataset_from_search_alone_until_it_is_written_again() {
    let world = ckan().await;
    let before = world.control.index().await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS).to_string();
    let lose = IndexDisturbance::Lose(vec![ROAD_ACCIDENTS.to_owned()]);
    assert_eq!(world.control.disturb_index(lose).await.missing, [id]);
    assert_eq!(found(&world).await, 0);
    assert_eq!(world.done("package_show", json!({"id": ROAD_ACCIDENTS})).await["state"], "active");
    world.done("package_patch", json!({"id": ROAD_ACCIDENTS, "notes": "New"})).await;
    assert_eq!((found(&world).await, world.control.index().await), (1, before));
}

#[tokio::test]
async fn a_cleared_index_finds_nothing_and_everything_can_be_shown() {
    let world = ckan().await;
    let cleared = world.control.disturb_index(IndexDisturbance::Clear).await;
    assert_eq!(cleared.documents, 0);
    assert_eq!(world.done("package_search", json!({})).await["count"], 0);
    assert!(world.done("package_show", json!({"id": ROAD_ACCIDENTS})).await["id"].is_string());
    let source = seeded_id("source", "quick-source");
    assert_eq!(world.done("harvest_source_reindex", json!({"id": source})).await, json!(true));
    assert_eq!(world.control.index().await.documents, 1);
    assert_eq!(world.control.disturb_index(IndexDisturbance::Repair).await.missing, Vec::<String>::new());
}

#[tokio::test]
async fn documents_outlive_what_was_deleted_behind_the_back_of_the_index() {
    let world = ckan().await;
    world.control.disturb_index(IndexDisturbance::Outlive(vec![ROAD_ACCIDENTS.to_owned()])).await;
    assert_eq!(found(&world).await, 1, "search shows the document as it was");
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "deleted");
    world.control.disturb_index(IndexDisturbance::Orphan(vec!["road-accidents-2018".to_owned()])).await;
    let stale = world.control.index().await.stale;
    assert_eq!(stale.len(), 2);
    let (status, _) = world
        .post("package_show", json!({"id": "road-accidents-2018"}), world.sandbox.sysadmin_token())
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    world.delete_road_accidents().await.unwrap();
    assert_eq!(found(&world).await, 0, "the API puts its own dataset right");
}

#[tokio::test]
async fn purging_is_for_sysadmins_and_for_good() {
    let world = ckan().await;
    let harvested = "river-levels-readings";
    let id = world.control.dataset(harvested).await.unwrap().id;
    let (status, body) = world.post("dataset_purge", json!({"id": harvested}), EDITOR).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    assert_eq!(world.done("dataset_purge", json!({"id": harvested})).await, Value::Null);
    let (status, body) = world.post("dataset_purge", json!({"id": id}), world.sandbox.sysadmin_token()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["message"], "Not found: Dataset was not found");
    assert_eq!(world.control.dataset(harvested).await, None);
    let writes = world.control.writes().await;
    assert_eq!((writes[1].committed, &writes[1].id), (true, &id));
}
