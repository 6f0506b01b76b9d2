//! Actions that read datasets and harvest sources.

use reqwest::{Method, StatusCode};
use sandbox::ckan::seeded_id;
use serde_json::{Value, json};

use crate::caller::{ROAD_ACCIDENTS, ckan, ckan_of};

#[tokio::test]
async fn status_show_names_the_version_and_the_site_to_everybody() {
    let world = ckan_of("2.10.7").await;
    let (status, body) = world.anonymous("status_show", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["result"]["ckan_version"], "2.10.7");
    assert_eq!(body["result"]["site_url"], json!(world.sandbox.url()));
    assert_eq!(body["result"]["extensions"], json!(["activity", "harvest", "ckan_harvester"]));
    assert_eq!(
        body["help"],
        json!(format!("{}/api/3/action/help_show?name=status_show", world.sandbox.url()))
    );
}

#[tokio::test]
async fn a_dataset_is_found_by_name_and_by_id_by_get_and_by_post_on_both_paths() {
    let world = ckan().await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS).to_string();
    let by_name = world.done("package_show", json!({"id": ROAD_ACCIDENTS})).await;
    let by_id = world.done("package_show", json!({"id": id})).await;
    assert_eq!(by_name, by_id);
    assert_eq!(by_name["id"], json!(id));
    assert_eq!(by_name["title"], "Road Safety Data 2019");
    assert_eq!(by_name["author_email"], "roadsafety.stats@example.org");
    assert_eq!(by_name["metadata_modified"], "2025-06-12T14:03:41.562817");
    assert_eq!(by_name["organization"]["title"], "Department for Transport");
    assert_eq!(by_name["num_resources"], 3);
    let (_, by_get) = world.get("package_show", &[("id", ROAD_ACCIDENTS)], "").await;
    assert_eq!(by_get["result"], by_name);
    let short = world.http.get(format!("{}/api/action/package_show?id={id}", world.sandbox.url()));
    let (_, short) = crate::caller::answer(short).await;
    assert_eq!(short["result"], by_name);
}

#[tokio::test]
async fn deleted_resources_are_not_shown_and_still_there() {
    let world = ckan().await;
    let shown = world.done("package_show", json!({"id": "school-census-2023"})).await;
    assert_eq!(shown["num_resources"], 2);
    assert_eq!(shown["resources"].as_array().unwrap().len(), 2);
    let row = world.control.dataset("school-census-2023").await.unwrap();
    assert_eq!(row.resources.iter().filter(|resource| resource.state == "deleted").count(), 1);
}

#[tokio::test]
async fn hidden_datasets_are_403_to_the_public_and_shown_to_a_sysadmin() {
    let world = ckan().await;
    for (name, state) in [
        ("business-counts-2015", "deleted"),
        ("cycling-traffic-index", "draft"),
        ("ambulance-response-times", "active"),
    ] {
        let id = seeded_id("dataset", name);
        let (status, body) = world.anonymous("package_show", json!({"id": name})).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(
            body["error"],
            json!({
                "__type": "Authorization Error",
                "message": format!("Access denied: User  not authorized to read package {id}"),
            })
        );
        assert_eq!(body["success"], json!(false));
        assert_eq!(world.done("package_show", json!({"id": name})).await["state"], state);
    }
}

#[tokio::test]
async fn an_unknown_dataset_is_404_whatever_the_token() {
    let world = ckan().await;
    for token in [world.sandbox.sysadmin_token(), "wrong"] {
        let (status, body) = world.post("package_show", json!({"id": "no-such"}), token).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["error"], json!({"__type": "Not Found Error", "message": "Not found"}));
    }
}

#[tokio::test]
async fn package_list_has_the_names_of_public_packages_harvest_sources_too() {
    let world = ckan().await;
    let names = world.done("package_list", json!({})).await;
    let names: Vec<&str> = names.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(names.is_sorted());
    assert!(names.contains(&ROAD_ACCIDENTS) && names.contains(&"leeds-data-mill"));
    assert!(!names.contains(&"business-counts-2015") && !names.contains(&"ambulance-response-times"));
    let (_, page) = world.get("package_list", &[("limit", "2"), ("offset", "1")], "").await;
    assert_eq!(page["result"], json!(names[1..3]));
}

#[tokio::test]
async fn a_harvest_source_has_a_status_and_says_whether_it_is_active() {
    let world = ckan().await;
    let name = "environment-agency-catalogue";
    let source = world.done("harvest_source_show", json!({"id": name})).await;
    assert_eq!(source["type"], "harvest");
    assert_eq!(source["source_type"], "ckan");
    assert_eq!(source["active"], json!(true));
    assert_eq!(source["status"]["job_count"], 1);
    assert_eq!(source["status"]["total_datasets"], 2);
    assert_eq!(source["status"]["last_job"]["status"], "Finished");
    let by_id = json!({"id": source["id"]});
    assert_eq!(world.done("harvest_source_show_status", by_id).await, source["status"]);
    let (status, body) = world.anonymous("harvest_source_show_status", json!({"id": name})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["message"], json!(format!("Not found: Harvest source {name} does not exist")));
    let (_, body) = world.anonymous("harvest_source_show_status", json!({"id": "nope"})).await;
    assert_eq!(body["error"]["message"], "Not found: Harvest source not found");
    let idle = world.done("harvest_source_show", json!({"id": "leeds-data-mill"})).await;
    assert_eq!(idle["status"], json!({"job_count": 0, "last_job": null, "total_datasets": 0}));
}

#[tokio::test]
async fn a_harvested_dataset_leads_to_its_source_until_it_is_deleted() {
    let world = ckan().await;
    let name = "river-levels-readings";
    let source = seeded_id("source", "environment-agency-catalogue").to_string();
    let extra = |shown: &Value, key: &str| {
        let extras = shown["extras"].as_array().unwrap().iter();
        extras.clone().find(|extra| extra["key"] == key).map(|extra| extra["value"].clone())
    };
    let shown = world.done("package_show", json!({"id": name})).await;
    assert_eq!(extra(&shown, "harvest_source_id"), Some(json!(source)));
    assert_eq!(extra(&shown, "harvest_source_title"), Some(json!("Environment Agency Catalogue")));
    let object = world.done("harvest_object_show", json!({"dataset_id": name})).await;
    assert_eq!(extra(&shown, "harvest_object_id"), Some(object["id"].clone()));
    assert_eq!(object["source"], json!(source));
    assert_eq!(world.done("harvest_object_show", json!({"id": object["id"]})).await, object);
    world.done("package_delete", json!({"id": name})).await;
    let shown = world.done("package_show", json!({"id": name})).await;
    assert_eq!(extra(&shown, "harvest_source_id"), None);
    assert_eq!(extra(&shown, "guid"), Some(json!("ea-river-levels-readings")));
    let (status, body) = world.anonymous("harvest_object_show", json!({"dataset_id": ROAD_ACCIDENTS})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["message"], "Not found: Harvest object not found");
}

#[tokio::test]
async fn the_activity_stream_has_edits_and_the_first_deletion() {
    let world = ckan().await;
    let id = json!({"id": ROAD_ACCIDENTS});
    assert_eq!(world.done("package_activity_list", id.clone()).await, json!([]));
    world.done("package_delete", id.clone()).await;
    world.done("package_patch", json!({"id": ROAD_ACCIDENTS, "state": "active"})).await;
    world.done("package_delete", id.clone()).await;
    let activities = world.done("package_activity_list", id).await;
    let kinds: Vec<&Value> =
        activities.as_array().unwrap().iter().map(|line| &line["activity_type"]).collect();
    assert_eq!(kinds, ["changed package", "deleted package"]);
    assert_eq!(activities[0]["user_id"], json!(seeded_id("user", "chatops")));
}

#[tokio::test]
async fn connections_are_kept_alive() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = ckan().await;
    let address = world.sandbox.url().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /api/3/action/status_show HTTP/1.1\r\nHost: {address}\r\n\r\n");
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut seen = String::new();
        while !seen.contains("locale_default") {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "the connection was closed");
            seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        assert!(seen.starts_with("HTTP/1.1 200 OK"));
    }
    let requests = world.control.requests().await;
    assert_eq!(requests.iter().map(|request| request.n).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(requests[0].method, Method::GET.as_str());
}
