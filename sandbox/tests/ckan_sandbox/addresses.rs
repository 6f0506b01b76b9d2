//! Finding accounts by address, and changing an address.

use reqwest::StatusCode;
use sandbox::ckan::seeded_id;
use serde_json::{Value, json};

use crate::caller::{EDITOR, World, ckan, ckan_of};

async fn names(world: &World, body: Value) -> Vec<String> {
    let users = world.done("user_list", body).await;
    users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

async fn refused(world: &World, body: Value) -> Value {
    let (status, answer) = world.post("user_patch", body, world.sandbox.sysadmin_token()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    answer["error"]["email"].clone()
}

#[tokio::test]
async fn an_address_is_found_as_it_is_written_and_from_2_12_on_in_any_case() {
    for (version, found) in [("2.10.7", false), ("2.11.6", false), ("2.12.0", true)] {
        let world = ckan_of(version).await;
        let both = names(&world, json!({"email": "DORA.Transport@example.org"})).await;
        assert_eq!(both == ["dft-admin"], found, "{version}: {both:?}");
        assert_eq!(names(&world, json!({"email": "dora.transport@example.org"})).await, ["dft-admin"]);
        assert_eq!(names(&world, json!({"q": "PENNY.pending@"})).await, ["pending-user"]);
        assert_eq!(names(&world, json!({"q": "dell.deleted"})).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_deleted_account_is_shown_and_never_with_its_password() {
    let world = ckan().await;
    let user = world.done("user_show", json!({"id": "deleted-user"})).await;
    assert_eq!((&user["state"], &user["email"]), (&json!("deleted"), &json!("dell.deleted@example.org")));
    assert_eq!((user.get("password"), user.get("apikey")), (None, Some(&Value::Null)));
    let (_, others) = world.post("user_show", json!({"id": "dft-admin"}), EDITOR).await;
    assert_eq!(others["result"].get("email"), None);
}

#[tokio::test]
async fn a_sysadmin_changes_any_address_and_nobody_is_asked() {
    let world = ckan().await;
    let body = json!({"id": "dft-editor", "email": "new@example.org"});
    let (status, answer) = world.post("user_patch", body.clone(), EDITOR).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let id = seeded_id("user", "dft-editor");
    let message = format!("Access denied: User analyst not authorized to edit user {id}");
    assert_eq!(answer["error"]["message"], message);
    assert_eq!(world.done("user_patch", body.clone()).await["email"], "new@example.org");
    world.done("user_patch", body).await;
    assert_eq!(world.done("user_show", json!({"id": "dft-editor"})).await["email"], "new@example.org");
    let writes = world.control.writes().await;
    let seen: Vec<(bool, bool)> = writes.iter().map(|w| (w.committed, w.changed)).collect();
    assert_eq!(seen, [(false, false), (true, true), (true, false)]);
    assert_eq!(writes[1].id, id.to_string());
}

#[tokio::test]
async fn addresses_that_are_taken_empty_or_no_addresses_are_refused_by_field() {
    for (version, taken_in_capitals) in [("2.10.7", false), ("2.11.6", true), ("2.12.0", true)] {
        let world = ckan_of(version).await;
        let mine = |email: &str| json!({"id": "analyst", "email": email});
        let taken = refused(&world, mine("dora.transport@example.org")).await;
        let sentence = "The email address 'dora.transport@example.org' belongs to a registered user.";
        assert_eq!(taken, json!([sentence]));
        let (status, _) = world
            .post("user_patch", mine("Dora.Transport@example.org"), world.sandbox.sysadmin_token())
            .await;
        assert_eq!(status == StatusCode::CONFLICT, taken_in_capitals, "{version}");
        assert_eq!(refused(&world, mine("")).await, json!(["Missing value"]));
        for odd in
            ["no address", "a@b@c.org", "a..b@example.org", ".a@example.org", "ä@example.org", "a@-b.org"]
        {
            let sentence = format!("Email {odd} is not a valid format");
            assert_eq!(refused(&world, mine(odd)).await, json!([sentence]));
        }
        for free in ["penny.pending@example.org", "dell.deleted@example.org"] {
            assert_eq!(world.done("user_patch", mine(free)).await["email"], free);
        }
    }
}

#[tokio::test]
async fn organisations_of_a_person_come_with_the_capacity() {
    let world = ckan().await;
    let held = world.done("organization_list_for_user", json!({"id": "dft-editor"})).await;
    let mut rows: Vec<(&Value, &Value)> =
        held.as_array().unwrap().iter().map(|row| (&row["name"], &row["capacity"])).collect();
    rows.sort_by_key(|row| row.0.to_string());
    assert_eq!(
        rows,
        [
            (&json!("department-for-transport"), &json!("editor")),
            (&json!("leeds-city-council"), &json!("member"))
        ]
    );
    let may_write = json!({"id": "dft-editor", "permission": "create_dataset"});
    assert_eq!(world.done("organization_list_for_user", may_write).await.as_array().unwrap().len(), 1);
    let all = world.done("organization_list_for_user", json!({"id": "site-admin"})).await;
    assert_eq!((all.as_array().unwrap().len(), &all[0]["capacity"]), (6, &json!("admin")));
}
