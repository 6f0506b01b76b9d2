//! A withdrawn dataset's way back through the database.

use ckan_chatops::ckan::database::{PublisherTie, Restoration};
use ckan_chatops::ckan::{Cause, DatasetState, Effect};

use crate::world::World;

#[tokio::test]
async fn hazard_10_a_restore_leaves_contacts_and_the_last_change_alone_and_mends_the_publisher() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-plain").await;
    insta::assert_snapshot!(world.dataset(id).await, @"deleted | An author | 2025-06-12 14:03:41 | department-for-transport organization deleted");
    let restoration = Restoration { id, to: DatasetState::Active, groups: vec![], tie: PublisherTie::Mend };
    world.database.write().unwrap().restore(&restoration).await.unwrap();
    insta::assert_snapshot!(world.dataset(id).await, @"active | An author | 2025-06-12 14:03:41 | department-for-transport organization active");
}

#[tokio::test]
async fn hazard_12_a_draft_comes_back_as_a_draft() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-draft").await;
    let restoration =
        Restoration { id, to: DatasetState::Draft, groups: vec![], tie: PublisherTie::LeaveToCkan };
    world.database.write().unwrap().restore(&restoration).await.unwrap();
    insta::assert_snapshot!(world.dataset(id).await, @"draft | An author | 2025-06-12 14:03:41 | department-for-transport organization deleted");
}

#[tokio::test]
async fn a_tie_that_was_never_cut_is_cut_where_ckan_is_to_mend_it() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-by-slug").await;
    world.run(&["UPDATE member SET state = 'active' WHERE table_id = $1"], &id.to_string()).await;
    let restoration =
        Restoration { id, to: DatasetState::Active, groups: vec![], tie: PublisherTie::LeaveToCkan };
    world.database.write().unwrap().restore(&restoration).await.unwrap();
    insta::assert_snapshot!(world.dataset(id).await, @"active | An author | 2025-06-12 14:03:41 | department-for-transport organization deleted");
}

#[tokio::test]
async fn groups_come_back_by_name_whether_their_row_is_there_or_not() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-groups").await;
    world.group("restored-cut").await;
    world.group("restored-lost").await;
    world
        .run(
            &["INSERT INTO member (id, table_name, table_id, group_id, capacity, state) \
               VALUES ($1 || '-cut', 'package', $1, 'restored-cut', 'public', 'deleted')"],
            &id.to_string(),
        )
        .await;
    let groups = vec!["restored-cut".to_owned(), "restored-lost".to_owned()];
    let restoration = Restoration { id, to: DatasetState::Active, groups, tie: PublisherTie::Mend };
    world.database.write().unwrap().restore(&restoration).await.unwrap();
    insta::assert_snapshot!(world.dataset(id).await, @"active | An author | 2025-06-12 14:03:41 | department-for-transport organization active, restored-cut public active, restored-lost public active");
    let ties = world.database.read().memberships(id).await.unwrap();
    assert_eq!(ties.iter().filter(|tie| !tie.is_publisher && tie.state == "active").count(), 2);
}

#[tokio::test]
async fn all_of_a_restore_happens_or_nothing() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-atomic").await;
    let before = world.dataset(id).await;
    let groups = vec!["there-is-no-such-group".to_owned()];
    let restoration = Restoration { id, to: DatasetState::Active, groups, tie: PublisherTie::Mend };
    let error = world.database.write().unwrap().restore(&restoration).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::DatabaseChanged, Effect::NotApplied));
    assert_eq!(world.dataset(id).await, before);
}

#[tokio::test]
async fn what_is_not_a_withdrawn_dataset_is_left_alone() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("restore-nothing").await;
    let restoration = Restoration { id, to: DatasetState::Active, groups: vec![], tie: PublisherTie::Mend };
    for statement in [
        "UPDATE package SET state = 'draft', type = 'dataset' WHERE id = $1",
        "UPDATE package SET state = 'deleted', type = 'harvest' WHERE id = $1",
    ] {
        world.run(&[statement], &id.to_string()).await;
        let before = world.dataset(id).await;
        let error = world.database.write().unwrap().restore(&restoration).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::DatabaseChanged, Effect::NotApplied));
        assert_eq!(world.dataset(id).await, before);
    }
    world.run(&["UPDATE package SET type = 'dataset' WHERE id = $1"], &id.to_string()).await;
}
