//! What the bot asks the database about packages and people.

use ckan_chatops::ckan::database::Extras;
use ckan_chatops::ckan::{CkanVersion, DatasetState};

use crate::world::World;

#[tokio::test]
async fn packages_are_found_by_id_and_slug_in_every_state() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("read-package").await;
    let keys = [id.to_string(), "environment-agency-catalogue".to_owned(), "there-is-none".to_owned()];
    let found = world.database.read().packages(&keys).await.unwrap();
    let mut words: Vec<_> = found.iter().map(|it| (it.kind.as_str(), it.state.as_str())).collect();
    words.sort_unstable();
    assert_eq!(words, [("dataset", "deleted"), ("harvest", "active")]);
    let one = world.database.read().package(id).await.unwrap().unwrap();
    assert_eq!((one.title.as_str(), one.private, one.publisher.is_some()), ("A dataset", false, true));
    assert_eq!(world.database.read().package(uuid::Uuid::from_u128(7)).await.unwrap(), None);
}

#[tokio::test]
async fn counts_are_those_of_the_table() {
    let world = World::enter().await;
    // Other tests add and take away; the seed's harvest sources are counted at least.
    let counts = world.database.read().package_counts().await.unwrap();
    let sources: i64 = counts.iter().filter(|count| count.kind == "harvest").map(|count| count.count).sum();
    assert!(sources >= 2, "{counts:?}");
    assert!(counts.iter().any(|count| count.kind == "dataset" && count.state == "active" && count.private));
}

#[tokio::test]
async fn the_datasets_of_a_publisher_are_listed_by_state() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("read-publisher").await;
    let publisher = world.database.read().package(id).await.unwrap().unwrap().publisher.unwrap();
    let withdrawn = world.database.read().datasets_of(&publisher, &DatasetState::Deleted).await.unwrap();
    let active = world.database.read().datasets_of(&publisher, &DatasetState::Active).await.unwrap();
    assert!(withdrawn.contains(&id) && !active.contains(&id) && !active.is_empty());
}

#[tokio::test]
async fn removed_resources_and_harvest_objects_are_counted() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("read-resources").await;
    world
        .run(
            &[
                "DELETE FROM resource WHERE package_id = $1",
                "DELETE FROM harvest_object WHERE package_id = $1",
                "INSERT INTO resource (id, package_id, url, position, state) VALUES ($1 || '-1', $1, 'u', 0, 'active')",
                "INSERT INTO resource (id, package_id, url, position, state) VALUES ($1 || '-2', $1, 'u', 0, 'deleted')",
                "INSERT INTO harvest_object (id, package_id, state) VALUES ($1 || '-o', $1, 'COMPLETE')",
            ],
            &id.to_string(),
        )
        .await;
    assert_eq!(world.database.read().removed_resources(id).await.unwrap(), 1);
    assert_eq!(world.database.read().harvest_objects_of(id).await.unwrap(), 1);
    world.run(&["DELETE FROM harvest_object WHERE package_id = $1"], &id.to_string()).await;
    world.run(&["DELETE FROM resource WHERE package_id = $1"], &id.to_string()).await;
}

#[tokio::test]
async fn a_copy_by_guid_is_found_where_this_ckan_keeps_extras() {
    let world = World::enter().await;
    let mine = world.withdrawn_dataset("read-guid-mine").await;
    let copy = world.withdrawn_dataset("read-guid-copy").await;
    let in_a_column = world
        .text(
            "SELECT count(*)::text FROM information_schema.columns WHERE table_name = 'package' AND column_name = $1",
            "extras",
        )
        .await;
    let version = if in_a_column == "1" { "2.12.0" } else { "2.10.7" };
    for id in [mine, copy] {
        let statements: &[&'static str] = if in_a_column == "1" {
            &["UPDATE package SET state = 'active', extras = '{\"guid\": \"read-guid\"}' WHERE id = $1"]
        } else {
            &[
                "UPDATE package SET state = 'active' WHERE id = $1",
                "DELETE FROM package_extra WHERE package_id = $1",
                "INSERT INTO package_extra (id, package_id, key, value, state) \
                 VALUES ($1 || '-guid', $1, 'guid', 'read-guid', 'active')",
            ]
        };
        world.run(statements, &id.to_string()).await;
    }
    let extras = Extras::of(CkanVersion::parse(version).unwrap());
    let copies = world.database.read().copies_by_guid(mine, extras).await.unwrap();
    assert_eq!(copies.iter().map(|it| it.id).collect::<Vec<_>>(), [copy]);
    world.run(&["UPDATE package SET state = 'deleted' WHERE id = $1"], &copy.to_string()).await;
    assert_eq!(world.database.read().copies_by_guid(mine, extras).await.unwrap(), []);
    if in_a_column != "1" {
        world.run(&["DELETE FROM package_extra WHERE value = $1"], "read-guid").await;
    }
    world.withdrawn_dataset("read-guid-mine").await;
}

#[tokio::test]
async fn accounts_are_found_whatever_their_state_and_the_capitals_of_the_address() {
    let world = World::enter().await;
    world.run(&["DELETE FROM \"user\" WHERE fullname = $1"], "Of the tests of the database").await;
    for (name, email, state) in [
        ("db-active", "Some.One@example.gov.uk", "active"),
        ("db-pending", "some.one@EXAMPLE.gov.uk", "pending"),
        ("db-deleted", "some.one@example.gov.uk", "deleted"),
    ] {
        sqlx::query(
            "INSERT INTO \"user\" (id, name, fullname, email, state, sysadmin, password) \
             VALUES ($1 || '-id', $1, 'Of the tests of the database', $2, $3, false, 'a-hash')",
        )
        .bind(name)
        .bind(email)
        .bind(state)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    let found = world.database.read().users_with_email("SOME.ONE@example.gov.uk").await.unwrap();
    let states: Vec<_> = found.iter().map(|user| user.state.as_str()).collect();
    assert_eq!(states, ["active", "deleted", "pending"]);
    assert!(!format!("{found:?}").to_lowercase().contains("example.gov.uk"));
    for key in ["db-pending", "db-pending-id"] {
        let users = world.database.read().users_called(key).await.unwrap();
        assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["db-pending"]);
    }
    let before = world.database.read().active_sysadmins().await.unwrap();
    world
        .run(&["UPDATE \"user\" SET sysadmin = true WHERE fullname = $1"], "Of the tests of the database")
        .await;
    assert_eq!(world.database.read().active_sysadmins().await.unwrap(), before + 1);
    world.run(&["DELETE FROM \"user\" WHERE fullname = $1"], "Of the tests of the database").await;
}
