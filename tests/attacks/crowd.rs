//! Many at the same moment.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::task::JoinSet;

use crate::attacker::{SLUG, body, submission};
use crate::file::File;
use crate::world::{ALICE, BOB, CARA, Wanted, World, button_value};

const FINISHED: &str = "SELECT count(*) FROM inbound WHERE state = 'finished'";

/// Fifty presses of these three at once; how many of each end there are in the audit.
async fn fifty_press(
    world: &World,
    card: &sandbox::slack::Message,
    buttons: [&str; 3],
) -> BTreeMap<String, usize> {
    let value = button_value(card);
    let before = File::of(world).await.number(FINISHED).await;
    let mut presses = JoinSet::new();
    for number in 0..50 {
        let (user, button) = ([ALICE, BOB, CARA][number % 3], buttons[number % 3].to_owned());
        let (control, card, value) = (world.control.clone(), card.clone(), value.clone());
        presses.spawn(async move {
            let reply = control.forge_click(user, &card.channel, &card.ts, &button, &value).await.unwrap();
            assert_eq!((reply.status, reply.timed_out), (200, false), "{}", reply.body);
        });
    }
    presses.join_all().await;
    world.counts(FINISHED, before + 50).await;
    let mut ends = BTreeMap::new();
    for line in world.judged().await {
        *ends.entry(line).or_default() += 1;
    }
    ends
}

fn of(ends: &BTreeMap<String, usize>, word: &str) -> usize {
    ends.iter().filter(|(line, _)| line.contains(word)).map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_fifty_clicks_of_three_people_at_once_are_one_vote_and_one_execution() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let ends = fifty_press(&world, &card, ["approve"; 3]).await;
    assert_eq!(of(&ends, "U0BOB approved") + of(&ends, "U0CARA approved"), 1, "{ends:?}");
    assert_eq!(of(&ends, "U0ALICE approved"), 0, "{ends:?}");
    // Each of the others was refused for a reason that is its own.
    let refused = ["own_request", "already_voted", "already_decided", "running"];
    let refused: usize =
        refused.iter().map(|name| of(&ends, &format!(" decision_refused {name} by {name}"))).sum();
    assert_eq!(refused, 49, "{ends:?}");
    world.thread(&card, "Done and verified").await;
    world.is_quiet().await;
    let mut file = File::of(&world).await;
    assert_eq!(file.number("SELECT count(*) FROM vote").await, 1);
    assert_eq!(file.number("SELECT count(*) FROM outbox WHERE state = 'dead'").await, 0);
    // And was told so in words.
    let told = "SELECT count(*) FROM outbox WHERE state = 'delivered' AND request IS NULL";
    assert!(file.number(told).await >= 49);
    world.ckan_saw(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_s23_fifty_forms_of_two_people_at_once_are_two_votes_and_one_purge() {
    let archive = tempfile::tempdir().unwrap();
    let top = format!("archive_dir = \"{}\"", archive.path().display());
    let world = World::with(Wanted { top, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let slug = "school-census-2023";
    world.ckan.action("package_delete", json!({ "id": slug })).await;
    world.types(ALICE, &format!("/ckan purge {slug} --reason x --ticket 51237")).await;
    let card = world.card(slug).await;
    let mut openers = vec![];
    for user in [BOB, CARA] {
        world.presses(user, &card, "approve").await;
        let form = world.control.wait_modal(user).await.unwrap();
        openers.push((user, form.view["private_metadata"].as_str().unwrap().to_owned()));
    }
    // The command and the two presses.
    world.counts(FINISHED, 3).await;
    let before = 3;
    let mut forms = JoinSet::new();
    for number in 0..50 {
        let (user, about) = &openers[number % 2];
        let form = body(&submission(user, "review", about, &json!({"confirmation": slug})));
        let control = world.control.clone();
        forms.spawn(async move {
            let reply = control.deliver("interactions", &form).await.unwrap();
            assert_eq!((reply.status, reply.timed_out), (200, false), "{}", reply.body);
        });
    }
    forms.join_all().await;
    world.counts(FINISHED, before + 50).await;
    world.thread(&card, "Done and verified").await;
    world.is_quiet().await;
    let judged = world.judged().await;
    let lines = |words: &str| judged.iter().filter(|line| line.contains(words)).count();
    assert_eq!((lines("U0BOB approved"), lines("U0CARA approved")), (1, 1), "{judged:?}");
    assert_eq!((lines(" decision_refused "), lines("bot claimed")), (48, 1), "{judged:?}");
    let ckan = world.ckan.control.as_ref().unwrap();
    let purges = ckan.requests().await.iter().filter(|request| request.action == "dataset_purge").count();
    assert_eq!(purges, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_yes_and_the_requesters_cancelling_at_once_end_in_one_of_them() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    for slug in [SLUG, "house-price-index", "road-accidents-2018"] {
        let card = world.asks_to_withdraw(ALICE, slug).await;
        let before = world.ckan.control.as_ref().unwrap().writes().await.len();
        fifty_press(&world, &card, ["cancel", "approve", "approve"]).await;
        let ends = format!("SELECT state FROM request WHERE id = '{}'", button_value(&card));
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let state = loop {
            let state =
                File::of(&world).await.texts(Box::leak(ends.clone().into_boxed_str())).await.remove(0);
            if ["cancelled", "succeeded"].contains(&state.as_str()) {
                break state;
            }
            assert!(std::time::Instant::now() < deadline, "{state}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        let writes = usize::from(state == "succeeded");
        world.ckan_saw(before + writes).await;
    }
}
