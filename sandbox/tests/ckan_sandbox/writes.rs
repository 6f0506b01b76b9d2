//! `package_delete` and `package_patch`, and the log of them.

use reqwest::StatusCode;
use sandbox::ckan::{Write, seeded_id};
use serde_json::{Value, json};

use crate::caller::{EDITOR, ROAD_ACCIDENTS, ckan, ckan_of};

#[tokio::test]
async fn deleting_is_a_change_of_state_and_can_be_repeated() {
    let world = ckan().await;
    let before = world.control.dataset(ROAD_ACCIDENTS).await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await, Value::Null);
    }
    let after = world.control.dataset(ROAD_ACCIDENTS).await.unwrap();
    assert_eq!(after.state, "deleted");
    assert_eq!(after.resources, before.resources);
    assert_eq!(after.metadata_modified, before.metadata_modified);
    let write = |n, changed| Write {
        n,
        action: "package_delete".to_owned(),
        id: before.id.clone(),
        actor: "chatops".to_owned(),
        status: 200,
        committed: true,
        changed,
        would_purge: Vec::new(),
    };
    assert_eq!(world.control.writes().await, [write(1, true), write(2, false)]);
}

#[tokio::test]
async fn deleting_a_harvest_source_deactivates_it() {
    let world = ckan().await;
    world.done("package_delete", json!({"id": "leeds-data-mill"})).await;
    let source = world.done("harvest_source_show", json!({"id": "leeds-data-mill"})).await;
    assert_eq!(source["active"], json!(false));
    assert_eq!(source["state"], "deleted");
}

#[tokio::test]
async fn a_patch_restores_and_keeps_everything_else() {
    for version in ["2.10.7", "2.11.6", "2.12.0"] {
        let world = ckan_of(version).await;
        let before = world.control.dataset("school-census-2023").await.unwrap();
        world.done("package_delete", json!({"id": "school-census-2023"})).await;
        let shown = world.done("package_patch", json!({"id": "school-census-2023", "state": "active"})).await;
        assert_eq!(shown["state"], "active");
        let after = world.control.dataset("school-census-2023").await.unwrap();
        assert!(after.metadata_modified > before.metadata_modified);
        assert_eq!(shown["metadata_modified"], json!(after.metadata_modified));
        assert_eq!((&after.author, &after.tags), (&before.author, &before.tags));
        assert_eq!(after.resources, before.resources);
    }
}

#[tokio::test]
async fn the_log_says_which_resources_a_patch_would_have_purged() {
    let deleted = seeded_id("resource", "school-census-2023/2").to_string();
    for (version, purged) in [("2.10.7", true), ("2.11.6", true), ("2.12.0", false)] {
        let world = ckan_of(version).await;
        world.done("package_patch", json!({"id": "school-census-2023", "state": "draft"})).await;
        let writes = world.control.writes().await;
        assert_eq!(
            writes[0].would_purge,
            if purged { vec![deleted.clone()] } else { Vec::new() },
            "{version}"
        );
    }
    let world = ckan().await;
    let shown = world.done("package_show", json!({"id": "school-census-2023"})).await;
    let fewer = json!({"id": "school-census-2023", "resources": [shown["resources"][0]]});
    assert_eq!(world.done("package_patch", fewer).await["num_resources"], 1);
    assert_eq!(world.control.writes().await[0].would_purge, [deleted]);
}

#[tokio::test]
async fn only_2_12_leaves_a_dataset_alone_that_a_patch_does_not_change() {
    for (version, stamped) in [("2.10.7", true), ("2.11.6", true), ("2.12.0", false)] {
        let world = ckan_of(version).await;
        let before = world.control.dataset(ROAD_ACCIDENTS).await.unwrap();
        world.done("package_patch", json!({"id": ROAD_ACCIDENTS, "state": "active"})).await;
        let after = world.control.dataset(ROAD_ACCIDENTS).await.unwrap();
        assert_eq!(after.metadata_modified != before.metadata_modified, stamped, "{version}");
        let writes = world.control.writes().await;
        assert!(writes[0].committed && !writes[0].changed);
    }
}

#[tokio::test]
async fn any_string_is_a_state() {
    let world = ckan().await;
    let shown = world.done("package_patch", json!({"id": ROAD_ACCIDENTS, "state": "bogus"})).await;
    assert_eq!(shown["state"], "bogus");
    let (status, _) = world.anonymous("package_show", json!({"id": ROAD_ACCIDENTS})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_2_12_tells_which_rows_an_edit_changed() {
    for (version, told) in [("2.11.6", false), ("2.12.0", true)] {
        let world = ckan_of(version).await;
        let body = json!({"id": ROAD_ACCIDENTS, "title": "Road safety"});
        let (_, body) = world.post("package_patch", body, world.sandbox.sysadmin_token()).await;
        let id = seeded_id("dataset", ROAD_ACCIDENTS);
        assert_eq!(body.get("changed_entities").cloned(), told.then(|| json!({"packages": [id]})));
    }
}

#[tokio::test]
async fn a_patch_takes_cores_fields_and_objects_to_bad_ones() {
    let world = ckan().await;
    let patch = json!({
        "id": ROAD_ACCIDENTS, "name": "road-safety", "private": "true", "tags": [{"name": "safety"}],
        "extras": [{"key": "a", "value": "b"}], "unheard_of": 1, "author": null,
    });
    let shown = world.done("package_patch", patch).await;
    assert_eq!(shown["name"], "road-safety");
    assert_eq!(shown["private"], json!(true));
    assert_eq!(shown["tags"][0]["display_name"], "safety");
    assert_eq!(shown["extras"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(shown["author"], "");
    let bad = json!({"id": "road-safety", "name": "river-levels-readings", "title": 5});
    let (status, body) = world.post("package_patch", bad, world.sandbox.sysadmin_token()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        body["error"],
        json!({
            "__type": "Validation Error",
            "name": ["That URL is already in use."],
            "title": ["Must be a Unicode string value"],
        })
    );
    assert_eq!(world.state_of("road-safety").await, "active");
    assert!(!world.control.writes().await[1].committed);
}

#[tokio::test]
async fn a_write_needs_permission_and_the_log_has_who_lacked_it() {
    let world = ckan().await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS);
    for (token, name) in [(EDITOR, "analyst"), ("wrong", "")] {
        for action in ["package_delete", "package_patch"] {
            let body = json!({"id": ROAD_ACCIDENTS, "state": "deleted"});
            let (status, body) = world.post(action, body, token).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            let message = format!("Access denied: User {name} not authorized to edit package {id}");
            assert_eq!(body["error"], json!({"__type": "Authorization Error", "message": message}));
            let last = world.control.writes().await.pop().unwrap();
            assert_eq!((last.actor.as_str(), last.status, last.committed), (name, 403, false));
            assert_eq!(last.id, id.to_string());
        }
    }
    assert_eq!(world.state_of(ROAD_ACCIDENTS).await, "active");
}

#[tokio::test]
async fn a_write_to_an_unknown_dataset_is_404_and_one_to_no_dataset_409() {
    let world = ckan().await;
    for action in ["package_delete", "package_patch"] {
        let (status, _) = world.post(action, json!({"id": "no-such"}), "wrong").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, body) = world.post(action, json!({}), world.sandbox.sysadmin_token()).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(body["error"], json!({"__type": "Validation Error", "id": ["Missing value"]}));
    }
    let (_, body) = world.anonymous("package_patch", json!({})).await;
    assert_eq!(
        body["error"],
        json!({"__type": "Validation Error", "message": "Missing id, can not get Package object"})
    );
    assert_eq!(world.control.writes().await[0].id, "no-such");
}

#[tokio::test]
async fn deleting_by_id_drops_the_membership_row_and_member_create_puts_it_back() {
    let world = ckan().await;
    let id = seeded_id("dataset", ROAD_ACCIDENTS).to_string();
    let members = json!({"id": "department-for-transport", "object_type": "package"});
    let own = json!([id, "package", "organization"]);
    let is_member =
        async || world.done("member_list", members.clone()).await.as_array().unwrap().contains(&own);
    world.done("package_delete", json!({"id": ROAD_ACCIDENTS})).await;
    assert!(is_member().await);
    world.done("package_delete", json!({"id": id})).await;
    assert!(!is_member().await);
    world.done("package_patch", json!({"id": id, "state": "active"})).await;
    assert!(!is_member().await);
    let repair = json!({
        "id": "department-for-transport", "object": id, "object_type": "package", "capacity": "organization",
    });
    assert_eq!(world.done("member_create", repair.clone()).await["table_id"], json!(id));
    assert!(is_member().await);
    assert_eq!(world.post("member_create", repair, EDITOR).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_editor_of_the_publisher_may_delete_and_see_what_is_deleted() {
    let world = ckan().await;
    let mut member = json!({
        "id": "department-for-transport", "object": "analyst", "object_type": "user", "capacity": "member",
    });
    world.done("member_create", member.clone()).await;
    let body = json!({"id": ROAD_ACCIDENTS});
    assert_eq!(world.post("package_delete", body.clone(), EDITOR).await.0, StatusCode::FORBIDDEN);
    member["capacity"] = json!("editor");
    world.done("member_create", member).await;
    assert_eq!(world.post("package_delete", body.clone(), EDITOR).await.0, StatusCode::OK);
    assert_eq!(world.post("package_show", body, EDITOR).await.1["result"]["state"], "deleted");
    assert_eq!(world.control.writes().await.pop().unwrap().actor, "analyst");
}

#[tokio::test]
async fn on_2_12_the_restoring_answer_lacks_what_the_index_knows() {
    let harvested = |shown: &Value| shown["extras"].to_string().contains("harvest_source_id");
    for (version, lacks) in [("2.10.7", false), ("2.12.0", true)] {
        let world = ckan_of(version).await;
        let id = json!({"id": "bathing-water-quality"});
        world.done("package_delete", id.clone()).await;
        let restore = json!({"id": "bathing-water-quality", "state": "active"});
        assert_eq!(harvested(&world.done("package_patch", restore).await), !lacks);
        assert!(harvested(&world.done("package_show", id).await));
    }
}
