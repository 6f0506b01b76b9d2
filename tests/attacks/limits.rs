//! Asking again and again.

use serde_json::json;
use tokio::task::JoinSet;

use crate::attacker::SLUG;
use crate::file::File;
use crate::world::{ALICE, BOB, CARA, CHANNEL, Wanted, World};

const OPEN: &str = "SELECT count(*) FROM request WHERE state = 'pending'";

fn withdraw(number: usize) -> String {
    format!("/ckan withdraw bulk-{number:05} --reason x --ticket 51234")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s27_nobody_has_more_open_than_they_may_with_whichever_account_and_however_fast() {
    let people = "[[people]]\nname = \"Alice\"\nslack_ids = [\"U0ALICE\", \"U0CARA\"]\n\
                  [[people]]\nname = \"Bob\"\nslack_ids = [\"U0BOB\"]\n";
    let wanted = Wanted { top: people.to_owned(), more_datasets: 30, ..Wanted::default() };
    let world = World::with(wanted).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let mut asks = JoinSet::new();
    for number in 1..=16 {
        let (control, user) = (world.control.clone(), [ALICE, CARA][number % 2]);
        asks.spawn(async move { control.command(user, CHANNEL, &withdraw(number)).await.unwrap().status });
    }
    assert!(asks.join_all().await.iter().all(|status| *status == 200));
    world.counts("SELECT count(*) FROM inbound WHERE state = 'received'", 0).await;
    assert_eq!(File::of(&world).await.number(OPEN).await, 10);
    let refused = world.judged().await;
    let refused =
        refused.iter().filter(|line| line.ends_with("request_refused too_many_open by too_many_open"));
    assert_eq!(refused.count(), 6);
    world.types(ALICE, &withdraw(20)).await;
    world.told(ALICE, "10 requests open").await;
    // Somebody else is not held up by it.
    world.types(BOB, &withdraw(21)).await;
    world.counts(OPEN, 11).await;
    world.ckan_saw(0).await;
}

#[tokio::test]
async fn s27_what_was_just_denied_is_not_asked_for_again_by_the_same_person_for_a_while() {
    let people = "[[people]]\nname = \"Alice\"\nslack_ids = [\"U0ALICE\", \"U0CARA\"]\n\
                  [[people]]\nname = \"Bob\"\nslack_ids = [\"U0BOB\"]\n";
    let world = World::with(Wanted { top: people.to_owned(), ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.thread(&card, "denied it").await;
    let again = format!("/ckan withdraw {SLUG} --reason again --ticket 51234");
    for user in [ALICE, CARA] {
        world.types(user, &again).await;
        let told = world.told(user, "denied a moment ago by <@U0BOB>").await;
        assert!(told.contains("Talk to them first"), "{told}");
        let line = format!("{user} request_refused cooling_down by cooling_down");
        assert_eq!(world.last_of(user).await, line);
    }
    // Something else, or somebody else, is another matter.
    world.asks_to_withdraw(ALICE, "house-price-index").await;
    world.types(BOB, &again).await;
    let others = world.card("again").await;
    world.presses(BOB, &others, "cancel").await;
    world.thread(&others, "cancelled").await;
    world.ckan_saw(0).await;
}

#[tokio::test]
async fn s27_a_denial_is_forgotten_in_time() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.thread(&card, "denied it").await;
    // As a clock that may be no more than five minutes off shows it: the denial is ten minutes old.
    File::of(&world)
        .await
        .forge(
            "UPDATE request SET version = version + 1, body = json_set(body, '$.version', version + 1, \
             '$.state_since', strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-10 minutes', '-1 seconds'))",
        )
        .await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason again --ticket 51234")).await;
    world.told(ALICE, "is posted").await;
    world.ckan_saw(0).await;
}
