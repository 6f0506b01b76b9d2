//! `package_search`.

use reqwest::StatusCode;
use sandbox::ckan::seeded_id;
use serde_json::{Value, json};

use crate::caller::{EDITOR, ROAD_ACCIDENTS, World, ckan};

async fn names(world: &World, body: Value) -> Vec<String> {
    let found = world.done("package_search", body).await;
    let results = found["results"].as_array().unwrap().iter();
    let names: Vec<String> = results.map(|result| result["name"].as_str().unwrap().to_owned()).collect();
    assert!(found["count"].as_u64().unwrap() >= names.len() as u64);
    names
}

#[tokio::test]
async fn a_dataset_is_found_by_id_until_it_is_deleted() {
    let world = ckan().await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS);
    let by_id = json!({"fq": format!("id:\"{id}\""), "rows": 1});
    assert_eq!(names(&world, by_id.clone()).await, [ROAD_ACCIDENTS]);
    assert_eq!(names(&world, json!({"q": format!("id:{id}")})).await, [ROAD_ACCIDENTS]);
    world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await;
    assert!(names(&world, by_id).await.is_empty());
    let deleted = json!({"fq": "+state:deleted", "include_private": true});
    assert!(names(&world, deleted).await.is_empty());
}

#[tokio::test]
async fn drafts_and_private_ones_are_found_on_request_by_who_may() {
    let world = ckan().await;
    let draft = json!({"fq": "name:cycling-traffic-index", "include_drafts": true});
    let private = json!({"fq": "name:ambulance-response-times", "include_private": true});
    assert_eq!(names(&world, draft.clone()).await, ["cycling-traffic-index"]);
    assert_eq!(names(&world, private.clone()).await, ["ambulance-response-times"]);
    assert!(names(&world, json!({"fq": "name:cycling-traffic-index"})).await.is_empty());
    assert!(names(&world, json!({"fq": "name:ambulance-response-times"})).await.is_empty());
    for body in [draft, private] {
        assert_eq!(world.anonymous("package_search", body).await.1["result"]["count"], 0);
    }
    let both = json!({"fq": "+state:(draft OR active) +owner_org:*", "rows": 1000});
    assert!(names(&world, both).await.contains(&"cycling-traffic-index".to_owned()));
    let member = json!({
        "id": "department-for-transport", "object": "analyst", "object_type": "user", "capacity": "member",
    });
    world.done("member_create", member).await;
    let own = json!({"fq": "+state:draft"});
    assert_eq!(world.post("package_search", own, EDITOR).await.1["result"]["count"], 1);
}

#[tokio::test]
async fn harvest_sources_are_found_only_by_their_type() {
    let world = ckan().await;
    assert!(names(&world, json!({"q": "Leeds Data Mill"})).await.is_empty());
    let sources = names(&world, json!({"fq": "dataset_type:harvest", "sort": "name asc"})).await;
    assert_eq!(
        sources,
        [
            "environment-agency-catalogue",
            "failing-source",
            "hanging-source",
            "leeds-data-mill",
            "quick-source",
            "slow-source",
        ]
    );
    let source = seeded_id("source", "environment-agency-catalogue");
    let brought = json!({"fq": format!("harvest_source_id:\"{source}\""), "sort": "name asc"});
    assert_eq!(names(&world, brought).await, ["bathing-water-quality", "river-levels-readings"]);
}

#[tokio::test]
async fn filters_combine() {
    let world = ckan().await;
    for (fq, found) in [
        (
            "organization:leeds-city-council -tags:roads",
            vec!["leeds-bin-collections", "leeds-spend-over-500"],
        ),
        ("+name:road-accidents-* AND NOT name:*2018", vec![ROAD_ACCIDENTS]),
        ("name:(flood-warning-areas OR \"leeds-car-parks\")", vec!["flood-warning-areas", "leeds-car-parks"]),
        ("metadata_modified:[2025-08-20T06:00:00Z TO *]", vec!["consumer-price-index", "house-price-index"]),
        ("extras_theme-primary:Transport", vec![ROAD_ACCIDENTS]),
        ("res_format:GeoJSON and title:flood", vec![]),
        ("(tags:beaches OR tags:casualties) -name:*2018", vec!["bathing-water-quality", ROAD_ACCIDENTS]),
        ("+name:road-accidents-2018 OR +tags:beaches", vec!["bathing-water-quality"]),
        ("res_format:GeoJSON title:flood", vec!["flood-warning-areas"]),
    ] {
        assert_eq!(names(&world, json!({"fq": fq, "sort": "name asc"})).await, found, "{fq}");
    }
    // CKAN's own clauses must hold, so one side of an OR without parentheses decides nothing, nor does the other.
    let loose = world.done("package_search", json!({"fq": "tags:beaches OR tags:parking"})).await;
    assert_eq!(loose["count"], 21);
    let publisher = seeded_id("publisher", "nhs-england");
    let (_, body) = world
        .get("package_search", &[("fq", &format!("owner_org:\"{publisher}\"")), ("rows", "0")], "")
        .await;
    assert_eq!((&body["result"]["count"], &body["result"]["results"]), (&json!(2), &json!([])));
}

#[tokio::test]
async fn words_are_looked_for_in_the_text_and_results_come_newest_first() {
    let world = ckan().await;
    let found = names(&world, json!({"q": "road safety"})).await;
    assert_eq!(found, [ROAD_ACCIDENTS, "road-accidents-2018"]);
    assert_eq!(names(&world, json!({"q": "*:*", "rows": 1, "start": 1})).await.len(), 1);
    let all = world.done("package_search", json!({"q": "", "rows": 5000})).await;
    assert_eq!(all["count"], 21);
    assert_eq!(all["sort"], "score desc, metadata_modified desc");
}

#[tokio::test]
async fn a_bad_search_is_refused_as_ckan_refuses_it() {
    let world = ckan().await;
    let (status, body) = world.anonymous("package_search", json!({"limit": 5})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        body["error"],
        json!({
            "__type": "Search Query Error",
            "message": "Search Query is invalid: \"Invalid search parameters: ['limit']\"",
        })
    );
    let (status, body) = world.anonymous("package_search", json!({"rows": "many"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        body["error"],
        json!({"__type": "Validation Error", "rows": ["Invalid integer", "Please enter an integer value"]})
    );
    let (status, body) = world.anonymous("package_search", json!({"rows": -1})).await;
    assert_eq!(
        (status, &body["error"]["rows"]),
        (StatusCode::CONFLICT, &json!(["Must be a natural number"]))
    );
    for fq in ["name:(a", "\"open", "name:[a", ")", "AND OR", "metadata_modified:[NOW-7DAY TO NOW]", "a:b:c"]
    {
        let (status, body) = world.anonymous("package_search", json!({"fq": fq})).await;
        assert_eq!(
            (status, &body["error"]["__type"]),
            (StatusCode::CONFLICT, &json!("Search Error")),
            "{fq}"
        );
    }
}
