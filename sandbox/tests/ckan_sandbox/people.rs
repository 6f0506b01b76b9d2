//! Accounts, tokens and organisations.

use reqwest::StatusCode;
use sandbox::ckan::seeded_id;
use serde_json::json;

use crate::caller::{EDITOR, ROAD_ACCIDENTS, ckan};

#[tokio::test]
async fn user_show_of_nobody_in_particular_tells_whose_the_token_is() {
    let world = ckan().await;
    let own = world.done("user_show", json!({})).await;
    assert_eq!((&own["name"], &own["sysadmin"]), (&json!("chatops"), &json!(true)));
    let (_, body) = world.post("user_show", json!({}), EDITOR).await;
    assert_eq!((&body["result"]["name"], &body["result"]["sysadmin"]), (&json!("analyst"), &json!(false)));
    for token in ["", "wrong"] {
        let (status, body) = world.post("user_show", json!({}), token).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["error"], json!({"__type": "Not Found Error", "message": "Not found"}));
    }
}

#[tokio::test]
async fn addresses_are_for_sysadmins_and_for_the_person() {
    let world = ckan().await;
    let (_, body) = world.anonymous("user_show", json!({"id": "analyst"})).await;
    assert!(body["result"].get("email").is_none());
    let (_, body) = world.post("user_show", json!({"id": "chatops"}), EDITOR).await;
    assert!(body["result"].get("email").is_none());
    let (_, body) = world.post("user_show", json!({"id": "analyst"}), EDITOR).await;
    assert_eq!(body["result"]["email"], "analyst@example.org");
    let shown = world.done("user_show", json!({"id": seeded_id("user", "analyst")})).await;
    assert_eq!(shown["email"], "analyst@example.org");
}

#[tokio::test]
async fn users_are_found_by_text_and_by_a_sysadmin_by_address() {
    let world = ckan().await;
    let (_, body) = world.get("user_list", &[("q", "ada"), ("all_fields", "false")], "").await;
    assert_eq!(body["result"], json!(["analyst"]));
    let found = world.done("user_list", json!({"email": "ANALYST@example.org"})).await;
    assert_eq!(found[0]["name"], "analyst");
    let (status, body) = world.post("user_list", json!({"email": "analyst@example.org"}), EDITOR).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body["error"]["message"], "Access denied");
}

#[tokio::test]
async fn tokens_are_listed_for_their_owner_and_for_sysadmins() {
    let world = ckan().await;
    assert_eq!(world.done("api_token_list", json!({"user_id": "chatops"})).await[0]["name"], "sandbox");
    assert_eq!(world.post("api_token_list", json!({"user_id": "analyst"}), EDITOR).await.0, StatusCode::OK);
    for token in [EDITOR, "wrong"] {
        let (status, _) = world.post("api_token_list", json!({"user_id": "chatops"}), token).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let (status, body) = world.anonymous("api_token_list", json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["error"], json!({"__type": "Validation Error", "user_id": ["Missing value"]}));
}

#[tokio::test]
async fn only_a_sysadmin_is_shown_a_configuration_option() {
    let world = ckan().await;
    let body = json!({"key": "ckan.site_title"});
    assert_eq!(world.done("config_option_show", body.clone()).await, "Sandbox CKAN");
    for token in [EDITOR, "wrong"] {
        let (status, body) = world.post("config_option_show", body.clone(), token).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(body["error"], json!({"__type": "Authorization Error", "message": "Access denied"}));
    }
    let body = json!({"key": "ckan.site_url"});
    let (status, body) = world.post("config_option_show", body, world.sandbox.sysadmin_token()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["error"]["message"], "Configuration option 'ckan.site_url' can not be shown");
}

#[tokio::test]
async fn publishers_are_listed_shown_and_counted() {
    let world = ckan().await;
    let names = world.done("organization_list", json!({})).await;
    assert_eq!(names.as_array().unwrap().len(), 6);
    assert_eq!(names[0], "department-for-education");
    let all = world.done("organization_list", json!({"all_fields": true})).await;
    let shown = world.done("organization_show", json!({"id": "nhs-england", "include_datasets": true})).await;
    assert!(all.as_array().unwrap().iter().any(|publisher| publisher["id"] == shown["id"]));
    assert_eq!(shown["title"], "NHS England");
    assert_eq!(shown["is_organization"], json!(true));
    assert_eq!(shown["packages"].as_array().unwrap().len(), 3);
    assert_eq!(shown["package_count"], 3);
    let (_, body) = world.anonymous("organization_show", json!({"id": "nhs-england"})).await;
    assert_eq!(body["result"]["package_count"], 2);
    let (status, _) = world.anonymous("organization_show", json!({"id": "no-such"})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn members_of_a_publisher_are_its_packages_and_people() {
    let world = ckan().await;
    let body = json!({"id": "department-for-transport", "object_type": "package"});
    let rows = world.done("member_list", body).await;
    let own = json!([seeded_id("dataset", ROAD_ACCIDENTS), "package", "organization"]);
    assert!(rows.as_array().unwrap().contains(&own), "{rows}");
    let body = json!({"id": "department-for-transport", "object_type": "user"});
    let people = json!([
        [seeded_id("user", "dft-admin"), "user", "Admin"],
        [seeded_id("user", "dft-editor"), "user", "Editor"],
    ]);
    assert_eq!(world.done("member_list", body).await, people);
}
