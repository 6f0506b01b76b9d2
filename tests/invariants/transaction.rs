//! Invariants 4, 6 and 7: one transaction, durable first, and nothing without its entry in the audit.

use ckan_chatops::sentences::notices;
use sandbox::slack::{Call, Message};
use serde_json::json;

use crate::file::File;
use crate::process::world_of_a_process;
use crate::world::{ALICE, BOB, World};

/// Where a decision can fail half-way (invariant 7 has the audit), and whether its delivery can still be finished, with
/// an apology.
const PLACES: [(&str, &str, bool); 4] = [
    ("UPDATE", "inbound", false),
    ("UPDATE", "request", true),
    ("INSERT", "vote", true),
    ("INSERT", "outbox", false),
];

/// Waits until the bot has tried this person's delivery to its end: for each try it asks Slack who presses, so it has
/// when it asks for the second time.
async fn tried_again_and_again(world: &World, user: &str) {
    let mut after = world.control.calls().await.unwrap().last().map_or(0, |call| call.n);
    for _ in 0..2 {
        let asks = |call: &Call| call.n > after && call.method == "users.info" && call.args["user"] == user;
        after = world.control.wait_call(asks).await.unwrap().n;
    }
}

async fn in_time(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while !holds().await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect(what);
}

async fn nothing_was_written(world: &World) {
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    assert_eq!(ckan.writes().await, []);
}

/// What SQLite's rules refuse is given up with an apology, and its last try may come a moment too early.
async fn is_pressed_again_if_need_be(world: &World, file: &mut File, card: &Message) {
    let open = "SELECT count(*) FROM inbound WHERE state = 'received'";
    in_time("every delivery is finished", async || file.number(open).await == 0).await;
    if file.whole().await.states.contains("pending") {
        world.presses(BOB, card, "approve").await;
    }
}

async fn done_once(world: &World, card: &Message, slug: &str) {
    world.thread(card, "Done and verified").await;
    assert_eq!(world.ckan.writes(slug).await, Some(1));
    let acts = world.audit().await;
    assert_eq!(acts.iter().filter(|act| act.ends_with("approved approved")).count(), 1, "{acts:?}");
}

#[tokio::test]
async fn invariant_4_a_decision_happens_whole_or_not_at_all_wherever_it_fails() {
    for (what, table, is_given_up) in PLACES {
        let world = World::start().await;
        let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
        world.told(ALICE, "is posted").await;
        let mut file = File::of(&world).await;
        let mut expected = file.whole().await;
        file.forbid(what, table, "").await;
        world.presses(BOB, &card, "approve").await;
        if is_given_up {
            world.told(BOB, "Something went wrong on my side").await;
            assert_eq!(world.audit().await.last().unwrap(), "bot request_refused incident");
            expected.entries += 1;
            expected.messages += 1;
            expected.finished += 1;
        } else {
            tried_again_and_again(&world, BOB).await;
        }
        assert_eq!(file.whole().await, expected, "{what} {table}");
        nothing_was_written(&world).await;
        file.allow().await;
        is_pressed_again_if_need_be(&world, &mut file, &card).await;
        done_once(&world, &card, "road-accidents-2019").await;
    }
}

#[tokio::test]
async fn invariant_7_where_the_audit_cannot_be_written_nothing_is_asked_for_decided_or_refused() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.told(ALICE, "is posted").await;
    let mut file = File::of(&world).await;
    let before = file.whole().await;
    file.forbid("INSERT", "audit", "").await;
    world.presses(BOB, &card, "approve").await;
    world.presses(ALICE, &card, "approve").await;
    world.types(ALICE, "/ckan withdraw no-such-dataset --reason x").await;
    world.types(ALICE, "/ckan show road-accidents-2018").await;
    for user in [ALICE, BOB] {
        tried_again_and_again(&world, user).await;
    }
    assert_eq!(file.whole().await, before);
    nothing_was_written(&world).await;
    let seen = world.control.state(ALICE).await.unwrap().messages;
    assert_eq!(seen.iter().filter(|message| message.ephemeral_for.is_none()).count(), 2, "card and thread");
    file.allow().await;
    is_pressed_again_if_need_be(&world, &mut file, &card).await;
    done_once(&world, &card, "road-accidents-2019").await;
}

#[tokio::test]
async fn invariant_7_without_the_entry_of_the_claim_nothing_goes_to_ckan() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let mut file = File::of(&world).await;
    file.forbid("INSERT", "audit", "WHEN NEW.entry LIKE '%\"act\":\"claimed\"%'").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Carrying it out now").await;
    let tries = || bot.log().matches("could not be carried to its end").count();
    in_time("the executor tries again", async || tries() >= 2).await;
    nothing_was_written(&world).await;
    assert_eq!(file.whole().await.states, "approved");
    file.allow().await;
    done_once(&world, &card, "road-accidents-2019").await;
}

#[tokio::test]
async fn invariant_6_what_cannot_be_kept_is_not_said_yes_to() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let mut file = File::of(&world).await;
    file.forbid("INSERT", "inbound", "").await;

    let reply = world.control.command(ALICE, &card.channel, "/ckan show road-accidents-2018").await.unwrap();
    assert!(reply.body.contains(notices::NOT_RECORDED), "{}", reply.body);
    let reply = world.control.click(BOB, &card, "approve").await.unwrap();
    assert_eq!(reply.status, 503, "Slack shows that the button failed");
    let why = json!({"reason": {"reason": "Not confirmed"}});
    let reply = world.control.submit(BOB, &form.view_id, &why).await.unwrap();
    assert_eq!(reply.errors.unwrap()["reason"], notices::NOT_RECORDED, "the form stays open");

    file.allow().await;
    assert_eq!(file.whole().await.states, "pending");
    nothing_was_written(&world).await;
    world.control.submit(BOB, &form.view_id, &why).await.unwrap();
    world.thread(&card, "Not confirmed").await;
}

#[tokio::test]
async fn invariant_6_what_was_said_yes_to_is_in_the_file() {
    let world = World::start().await;
    let mut file = File::of(&world).await;
    for n in 0..20_i64 {
        world.types(ALICE, "/ckan help").await;
        assert_eq!(file.number("SELECT count(*) FROM inbound").await, n + 1);
    }
}

#[tokio::test]
async fn invariant_6_slack_is_told_nothing_that_the_outbox_does_not_hold() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    world.card_says(&card, "Done and verified").await;
    let mut file = File::of(&world).await;
    let kept = file.texts("SELECT json_extract(body, '$.text') FROM outbox").await;
    let calls = world.control.calls().await.unwrap();
    let mut told = 0;
    for call in calls.iter().filter(|call| call.method.starts_with("chat.") || call.method == "respond") {
        let text = call.args["text"].as_str().unwrap();
        assert!(
            kept.iter().any(|kept| kept == text),
            "{} said what is not in the outbox: {text}",
            call.method
        );
        told += 1;
    }
    assert!(told >= 8, "a story has at least eight messages, not {told}");
}
