//! Every way in which a database can fail, and what of a change is then known.

use ckan_chatops::ckan::database::{PublisherTie, Restoration};
use ckan_chatops::ckan::{Cause, DatasetState, Effect};
use uuid::Uuid;

use crate::proxy::{Break, Proxy};
use crate::world::{World, address_of, database};

fn restoration(id: Uuid) -> Restoration {
    Restoration { id, to: DatasetState::Active, groups: vec![], tie: PublisherTie::Mend }
}

#[tokio::test]
async fn a_commit_that_nobody_saw_answered_is_unknown_whether_it_happened_or_not() {
    let world = World::enter().await;
    for (slug, how, state, again) in [
        ("commit-before", Break::Before, "deleted", Cause::DatabaseLost),
        ("commit-after", Break::After, "active", Cause::DatabaseChanged),
    ] {
        let id = world.withdrawn_dataset(slug).await;
        let proxy = Proxy::to(world.port(), "COMMIT", how).await;
        let database = database(None, Some(world.as_role("chatops_write", Some(proxy.port))));
        let error = database.write().unwrap().restore(&restoration(id)).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::DatabaseLost, Effect::Unknown), "{how:?}");
        let now = world.text("SELECT state FROM package WHERE id = $1", &id.to_string()).await;
        assert_eq!(now, state, "{how:?}");
        // A connection whose end nobody saw is not used again: the second try has one of its own.
        let error = database.write().unwrap().restore(&restoration(id)).await.unwrap_err();
        assert_eq!(error.cause, again, "{how:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_commit_has_changed_nothing() {
    let world = World::enter().await;
    for (slug, how) in [("update-before", Break::Before), ("update-after", Break::After)] {
        let id = world.withdrawn_dataset(slug).await;
        let before = world.dataset(id).await;
        let proxy = Proxy::to(world.port(), "UPDATE member", how).await;
        let database = database(None, Some(world.as_role("chatops_write", Some(proxy.port))));
        let error = database.write().unwrap().restore(&restoration(id)).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::DatabaseLost, Effect::NotApplied), "{how:?}");
        assert_eq!(world.dataset(id).await, before, "{how:?}");
    }
}

#[tokio::test]
async fn hazard_23_every_transaction_has_limits_and_a_look_is_read_only_even_with_a_writing_role() {
    let world = World::enter().await;
    let proxy = Proxy::to(world.port(), "", Break::Never).await;
    let database = database(None, Some(world.as_role("chatops_write", Some(proxy.port))));
    database.read().prove().await.unwrap();
    let heard = proxy.heard();
    assert!(heard.contains("ckan-chatops"), "{heard:?}");
    assert!(heard.contains("READ ONLY; SET LOCAL statement_timeout"), "{heard:?}");
    assert!(heard.contains("SET LOCAL lock_timeout"), "{heard:?}");
    // What somebody typed is a value, never a part of a statement.
    let typed = "x' OR '1'='1".to_owned();
    assert_eq!(database.read().packages(&[typed]).await.unwrap(), []);
}

#[tokio::test]
async fn hazard_23_a_locked_row_is_waited_for_shortly_and_nothing_is_changed() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("locked").await;
    let before = world.dataset(id).await;
    let mut other = world.owner.begin_with("BEGIN").await.unwrap();
    sqlx::query("SELECT 1 FROM package WHERE id = $1 FOR UPDATE")
        .bind(id.to_string())
        .execute(&mut *other)
        .await
        .unwrap();
    let error = world.database.write().unwrap().restore(&restoration(id)).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::DatabaseBusy, Effect::NotApplied));
    other.rollback().await.unwrap();
    assert_eq!(world.dataset(id).await, before);
    world.database.write().unwrap().restore(&restoration(id)).await.unwrap();
}

#[tokio::test]
async fn a_role_that_only_reads_cannot_write_and_a_stranger_cannot_look() {
    let world = World::enter().await;
    let id = world.withdrawn_dataset("refused").await;
    let reader = database(None, Some(world.as_role("chatops_read", None)));
    let error = reader.write().unwrap().restore(&restoration(id)).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::DatabaseRefused, Effect::NotApplied));
    let stranger = database(Some(world.as_role("nobody", None)), None);
    assert!(stranger.write().is_none());
    let error = stranger.read().prove().await.unwrap_err();
    assert_eq!(error.cause, Cause::DatabaseRefused);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_as_such() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let address = address_of(&"postgres://127.0.0.1/ckan".parse().unwrap(), "role", Some(port));
    let error = database(Some(address), None).read().prove().await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::DatabaseUnreachable, Effect::NotApplied));
}
