//! Slack fails: what was to be said is said once Slack is back, in order, and CKAN is not held up by it.

use std::time::Duration;

use sandbox::ckan::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::evidence::{SLUG, ckan, ckan_was_changed, in_channel, nothing_in_channel, slack_agrees};
use crate::world::{ALICE, BOB, CHANNEL, World, button_value};

/// Everything by which the bot says something.
const WAYS: [&str; 4] = ["chat.postMessage", "chat.update", "chat.postEphemeral", "respond"];

impl World {
    async fn slack_fails(&self, methods: &[&str], times: u32) {
        for method in methods {
            self.control.fault(method, "http_500", times).await.unwrap();
        }
    }

    /// Ten minutes and more pass, in which the bot tries again and again.
    async fn ten_minutes_pass(&self) {
        for _ in 0..11 {
            let before = self.control.calls().await.unwrap().len() as u64;
            self.clock.advance_ms(61_000);
            self.control.wait_call(|call| call.n > before).await.unwrap();
        }
    }

    async fn slack_is_back(&self, methods: &[&str]) {
        self.slack_fails(methods, 0).await;
        self.clock.advance_ms(61_000);
    }

    async fn asks_for_the_withdrawal(&self) {
        self.types(ALICE, &format!("/ckan withdraw {SLUG} --reason \"Publisher asked\" --ticket 51234"))
            .await;
    }

    /// When this method was called, in milliseconds; those that were told to wait first.
    async fn calls_of(&self, method: &str) -> Vec<(i64, bool)> {
        let calls = self.control.calls().await.unwrap();
        calls.iter().filter(|call| call.method == method).map(|call| (call.at_ms, call.http == 429)).collect()
    }

    async fn is_told_to_wait(&self, seconds: u64) {
        let fault = json!({
            "method": "chat.postMessage", "fault": "ratelimited", "times": 1, "retry_after": seconds,
        });
        self.control.post::<Value>("fault", &fault).await.unwrap();
    }
}

#[tokio::test]
async fn slack_asks_to_wait_and_the_bot_waits() {
    let world = World::start().await;
    world.is_told_to_wait(2).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let calls = world.calls_of("chat.postMessage").await;
    assert!(calls[0].1 && calls[1].0 - calls[0].0 >= 2_000, "{calls:?}");
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
}

#[tokio::test]
async fn a_channel_that_has_to_wait_holds_up_nobody_in_private() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    world.is_told_to_wait(5).await;
    world.presses(BOB, &card, "approve").await;
    let told_to_wait = world.control.wait_call(|call| call.http == 429).await.unwrap();
    world.types(ALICE, "/ckan withdraw leeds-car-parks --reason x").await;
    world.types(BOB, "/ckan withdraw no-such-dataset --reason x").await;
    world.told(BOB, "no-such-dataset").await;
    let held_up = world.card("leeds-car-parks").await;
    world.thread(&card, "Done and verified").await;
    let seen = world.control.state(BOB).await.unwrap().messages;
    let private = seen.iter().find(|message| message.text.contains("no-such-dataset")).unwrap();
    assert!(private.ts < held_up.ts, "the private answer came before what waited in the channel");
    let posts = world.calls_of("chat.postMessage").await;
    let after: Vec<i64> =
        posts.iter().map(|(at, _)| at - told_to_wait.at_ms).filter(|since| *since > 0).collect();
    assert!(after.iter().all(|since| *since >= 5_000), "{after:?}");
}

#[tokio::test]
async fn slack_is_down_for_ten_minutes_and_nothing_is_lost() {
    let world = World::start().await;
    world.slack_fails(&WAYS, 100_000).await;
    world.asks_for_the_withdrawal().await;
    world.types(BOB, "/ckan withdraw no-such-dataset --reason x").await;
    world.control.wait_call(|call| call.method == "chat.postMessage").await.unwrap();
    world.control.wait_call(|call| call.method == "respond").await.unwrap();
    world.ten_minutes_pass().await;
    nothing_in_channel(&world).await;
    world.slack_is_back(&WAYS).await;
    world.told(BOB, "no-such-dataset").await;
    let card = world.card(SLUG).await;
    world.thread(&card, "asks: Withdraw").await;
    world.told(ALICE, "is posted").await;
    world.card_says(&card, "Waiting for approval").await;
    let posted: Vec<String> = in_channel(&world).await.into_iter().map(|message| message.text).collect();
    assert_eq!(posted.len(), 2, "{posted:?}");
    ckan_was_changed(&world, SLUG, 0).await;
}

#[tokio::test]
async fn slack_goes_down_after_the_click_and_the_outcome_is_told_when_it_is_back() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::SlowAnswer { ms: 1_000 })).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "approved").await;
    world.slack_fails(&["*"], 100_000).await;
    world.ten_minutes_pass().await;
    ckan_was_changed(&world, SLUG, 1).await;
    world.slack_is_back(&["*"]).await;
    slack_agrees(&world, &card, "Done and verified").await;
}

#[tokio::test]
async fn invariant_2_slack_cannot_say_who_asks_and_that_is_told_when_it_can_be() {
    let world = World::start().await;
    world.slack_fails(&["*"], 100_000).await;
    world.asks_for_the_withdrawal().await;
    world.control.wait_call(|call| call.method == "respond").await.unwrap();
    world.slack_is_back(&["*"]).await;
    insta::assert_snapshot!(world.told(ALICE, "who you are").await, @"Slack could not tell me who you are just now, or who sees the channel for requests, so the answer is no. Nothing was done. Try again in a minute.");
    nothing_in_channel(&world).await;
    ckan_was_changed(&world, SLUG, 0).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
}

#[tokio::test]
async fn slack_takes_the_card_and_does_not_answer_for_a_while() {
    let world = World::start().await;
    world.control.fault("chat.postMessage", "timeout", 1).await.unwrap();
    world.asks_for_the_withdrawal().await;
    let patient = world.control.clone().with_patience(Duration::from_secs(40));
    patient.wait_text(BOB, SLUG).await.unwrap();
    let card = world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
}

/// The one thing that may be seen twice: nobody can tell from here that Slack took the first card, until somebody
/// presses a button on it. From then on both are the request's card.
#[tokio::test]
async fn slacks_answer_to_the_card_is_lost() {
    let world = World::start().await;
    world.control.fault("chat.postMessage", "lose_response", 1).await.unwrap();
    world.asks_for_the_withdrawal().await;
    world.told(ALICE, "is posted").await;
    let cards = world.cards().await;
    assert_eq!(cards.len(), 2, "one too many, and no more");
    let [unknown, known] = &cards[..] else { unreachable!() };
    world.presses(BOB, unknown, "approve").await;
    world.thread(known, "Done and verified").await;
    for card in [known, unknown] {
        world.card_says(card, "Done and verified").await;
        let value = button_value(card);
        world.control.forge_click(BOB, CHANNEL, &card.ts, "approve", &value).await.unwrap();
        world.told(BOB, "This request is done already").await;
    }
    ckan_was_changed(&world, SLUG, 1).await;
    assert!(in_channel(&world).await.iter().all(|message| message.thread_ts.as_ref() != Some(&unknown.ts)));
}

#[tokio::test]
async fn slack_refuses_the_card_for_good_and_nobody_is_told_that_it_is_posted() {
    let world = World::start().await;
    world.control.fault("chat.postMessage", "error:invalid_blocks", 1).await.unwrap();
    world.asks_for_the_withdrawal().await;
    let told = world.next_private(ALICE).await;
    insta::assert_snapshot!(told, @"Slack did not take the card of your request ‹ref›, so nobody can approve it and nothing will be done. Take it back with /ckan request cancel ‹ref›. Whoever looks after the bot finds the reason in its log; ask again once that is put right.");
    nothing_in_channel(&world).await;
    let private = world.control.wait_text(ALICE, "/ckan request cancel").await.unwrap();
    let reference = private.text.split("request cancel ").nth(1).unwrap().split('.').next().unwrap();
    world.types(ALICE, &format!("/ckan request cancel {reference}")).await;
    world.told(ALICE, "is cancelled").await;
    world.asks_for_the_withdrawal().await;
    let card = world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
}

#[tokio::test]
async fn slack_does_not_open_the_form() {
    let world = World::start().await;
    world.control.fault("views.open", "error:expired_trigger_id", 2).await.unwrap();
    world.types(ALICE, &format!("/ckan withdraw {SLUG}")).await;
    insta::assert_snapshot!(world.told(ALICE, "form").await, @r#"Slack did not say that the form is open. If you see it, fill it in. If not, nothing was done: press or type it again, or give the reason in the command: --reason "…"."#);
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    world.told(BOB, "form").await;
    world.card_says(&card, "Waiting for approval").await;
    world.presses(ALICE, &card, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
}

#[tokio::test]
async fn slack_opens_the_form_and_its_answer_is_lost() {
    let world = World::start().await;
    world.control.fault("views.open", "lose_response", 1).await.unwrap();
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --ticket 51234")).await;
    world.told(ALICE, "If you see it, fill it in").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let reason = json!({"reason": {"reason": "Publisher asked"}});
    world.control.submit(ALICE, &form.view_id, &reason).await.unwrap();
    let card = world.card(SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
}

#[tokio::test]
async fn a_response_address_that_takes_nothing_any_more_is_done_without() {
    let world = World::start().await;
    world.control.fault("respond", "error:expired_url", 1).await.unwrap();
    let told = world.is_told(ALICE, "/ckan withdraw no-such-dataset --reason x").await;
    assert!(told.contains("no-such-dataset"), "{told}");
    // One that fails without saying so is tried as often as Slack would take it.
    world.slack_fails(&["respond"], 100_000).await;
    world.types(ALICE, "/ckan withdraw nor-this-one --reason x").await;
    let clock = world.clock.clone();
    let moving_on = tokio::spawn(async move {
        loop {
            clock.advance_ms(61_000);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    world.told(ALICE, "nor-this-one").await;
    moving_on.abort();
    assert_eq!(world.calls_of("respond").await.len(), 1 + 5);
    assert_eq!(world.calls_of("chat.postEphemeral").await.len(), 2);
}
