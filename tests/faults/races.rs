//! Two people at the same moment: the second is told of the first one's request, and there is one.
//!
//! The moment is made by a CKAN that answers late and a store that is held meanwhile, so only the sandbox CKAN can make
//! it. What is proved is about the bot's own store and the same on every CKAN.

use std::time::Duration;

use sandbox::ckan::{Fault, FaultKind};
use sqlx::{Connection as _, SqliteConnection};

use crate::evidence::ckan;
use crate::world::{ALICE, BOB, World};

async fn requesters(file: &mut SqliteConnection) -> Vec<(String, String)> {
    sqlx::query_as("SELECT requester_user, state FROM request").fetch_all(file).await.unwrap()
}

#[tokio::test]
async fn two_people_who_ask_for_the_same_at_the_same_moment_make_one_request() {
    let world = World::start().await;
    let ckan = ckan(&world);
    let text = "/ckan withdraw road-accidents-2019 --reason \"Publisher asked\" --ticket 51234";
    ckan.fault(Fault::times("package_show", FaultKind::Slow { ms: 800 }, 2)).await;
    world.types(ALICE, text).await;
    world.types(BOB, text).await;
    // The disk is slow for a moment, as it is under load: meanwhile both have seen that nothing is open.
    let address = format!("sqlite://{}", world.database().display());
    let mut file = SqliteConnection::connect(&address).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut file).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    sqlx::query("ROLLBACK").execute(&mut file).await.unwrap();
    world.card("road-accidents-2019").await;
    let made = requesters(&mut file).await;
    let [(first, state)] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(state, "pending");
    let second = if first == ALICE { BOB } else { ALICE };
    world.told(second, "already").await;
    assert_eq!(requesters(&mut file).await.len(), 1);
}
