//! What is approved and must not run now: freezes of the calendar, and what an operation itself knows.

use std::time::Duration;

use ckan_chatops::approval::Freeze;
use ckan_chatops::approval::freeze::Window;
use ckan_chatops::clock::Clock as _;
use jiff::{SignedDuration, Timestamp};
use sandbox::ckan::{CommandFault, CommandFaultKind, Fault, FaultKind};
use sandbox::slack::Message;
use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CARA, Wanted, World, blocks, button_value, said};

const SLUG: &str = "road-accidents-2019";
/// Slack's requests are signed by the machine's clock, which is at most five minutes away from the bot's.
const SECOND: i64 = 1_000;

/// A freeze from and until so many seconds from now.
fn freeze(from: i64, until: i64) -> Freeze {
    let now = ckan_chatops::clock::SystemClock.now();
    let at = |seconds| now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    Freeze {
        name: "Budget day".to_owned(),
        reason: "The Treasury publishes, and nothing else changes.".to_owned(),
        environments: ["production".to_owned()].into(),
        operations: [].into(),
        window: Window::Once { from: at(from), until: at(until) },
    }
}

async fn frozen(from: i64, until: i64) -> World {
    world(Wanted { freezes: vec![freeze(from, until)], ..Wanted::default() }).await
}

async fn world(wanted: Wanted) -> World {
    let world = World::with(wanted).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    world
}

/// Asked before a freeze that begins in a minute, and approved in it.
async fn held(world: &World) -> Message {
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.clock.advance_ms(61 * SECOND);
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Approved, and held").await;
    let card = world.card_says(&card, "Held").await;
    assert_eq!(world.ckan.state(SLUG).await, "active");
    card
}

async fn denies(world: &World, user: &str, card: &Message) {
    world.presses(user, card, "deny").await;
    let form = world.control.wait_modal(user).await.unwrap();
    let why = json!({"reason": {"reason": "It has to wait for another reason too"}});
    world.control.submit(user, &form.view_id, &why).await.unwrap();
}

async fn thread_of(world: &World, card: &Message) -> Vec<String> {
    let messages = world.control.state(BOB).await.unwrap().messages;
    let in_thread = messages.iter().filter(|message| message.thread_ts.as_deref() == Some(&card.ts));
    in_thread.filter(|message| message.ephemeral_for.is_none()).map(|message| said(&message.text)).collect()
}

#[tokio::test]
async fn s16_in_a_freeze_nothing_is_asked_for_and_its_name_reason_and_end_are_told() {
    let world = frozen(-60, 3_600).await;
    let told = world
        .is_told(ALICE, &format!("/ckan withdraw {SLUG} --reason \"Publisher asked\" --ticket 51234"))
        .await;
    insta::assert_snapshot!(told, @"Nothing is changed at this time. Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. Nothing was done. Ask again after that.");
    assert_eq!(world.audit().await, ["U0ALICE request_refused frozen"]);
    assert_eq!(world.audited("request_refused").await[0].1, "Budget day");
    let seen = world.control.state(BOB).await.unwrap().messages;
    assert!(!seen.iter().any(|message| message.bot && message.ephemeral_for.is_none()), "nothing is posted");
    // Reading goes on.
    let told = world.is_told(ALICE, &format!("/ckan show {SLUG}")).await;
    assert!(told.contains("Road"), "{told}");
}

#[tokio::test]
async fn s16_what_was_asked_before_a_freeze_is_held_when_approved_and_goes_on_by_itself() {
    let world = frozen(60, 120).await;
    let card = held(&world).await;
    insta::assert_snapshot!(status(&card), @"Held, approved by <@U0BOB>. Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. It goes on by itself then.");
    let buttons = blocks(&card);
    assert!(
        buttons.contains("\"deny\"") && buttons.contains("\"cancel\"") && !buttons.contains("\"approve\"")
    );
    insta::assert_snapshot!(thread_of(&world, &card).await.join("\n"), @"
    <@U0ALICE> asks: Withdraw “Road Safety Data 2019” from production. Reason: Publisher asked
    <@U0BOB> approved.
    Approved, and held: Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. It goes on by itself then.
    ");
    world.types(ALICE, "/ckan request list").await;
    let listed = world.told(ALICE, "Open requests").await;
    insta::assert_snapshot!(listed, @"
    Open requests

    ‹ref› Withdraw “Road Safety Data 2019” from production: approved and held until ‹moment›, asked by <@U0ALICE> ‹moment›

    /ckan request show and a reference shows one of them.
    ");
    let reference = listed_reference(&world).await;
    world.types(ALICE, &format!("/ckan request show {reference}")).await;
    let shown = world.told(ALICE, "Now:").await;
    insta::assert_snapshot!(shown, @"
    Request ‹ref›: Withdraw “Road Safety Data 2019” from production
    Now: Held, approved by <@U0BOB>. Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. It goes on by itself then.
    Environment: production
    Asked by: <@U0ALICE>, ‹moment›
    Reason: Publisher asked
    Ticket: 51234
    Target: Road Safety Data 2019, road-accidents-2019, 98b48282-0a09-5590-954a-9818be2884bc
    Approved by: <@U0BOB>, ‹moment›
    Runs out: ‹moment›
    ");
    world.clock.advance_ms(60 * SECOND);
    world.thread(&card, "Nothing holds this any more").await;
    world.thread(&card, "Done and verified").await;
    world.card_says(&card, "Done and verified").await;
    assert_eq!(world.ckan.state(SLUG).await, "deleted");
    let acts = world.audit().await;
    let acts: Vec<&String> = acts.iter().filter(|act| !act.contains(" read ")).collect();
    assert_eq!(
        acts,
        [
            "U0ALICE requested pending",
            "U0BOB approved approved",
            "bot held held",
            "bot released approved",
            "bot claimed running",
            "bot settled succeeded"
        ]
    );
    let (_, rule, detail) = world.audited("held").await.remove(0);
    assert_eq!(rule, "Budget day");
    assert!(detail.starts_with("The Treasury publishes, and nothing else changes. Until 20"), "{detail}");
    assert_eq!(world.audited("released").await[0].1, "Budget day");
}

/// The card's line on where its request is.
fn status(card: &Message) -> String {
    said(&card.text).lines().find(|line| line.starts_with("Held")).unwrap().to_owned()
}

/// The reference of the only request.
async fn listed_reference(world: &World) -> String {
    let messages = world.control.state(ALICE).await.unwrap().messages;
    let listed = messages.iter().rfind(|message| message.text.contains("Open requests")).unwrap();
    listed.text.lines().nth(2).unwrap().split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_held_is_denied_by_somebody_who_has_not_voted() {
    let world = frozen(60, 3_600).await;
    let card = held(&world).await;
    world.presses(BOB, &card, "deny").await;
    insta::assert_snapshot!(world.told(BOB, "vote").await, @"Your vote on this request is in already. Nothing was changed.");
    world.presses(ALICE, &card, "deny").await;
    world.told(ALICE, "You asked for this yourself").await;
    world.control.forge_click(CARA, &card.channel, &card.ts, "approve", &button_value(&card)).await.unwrap();
    insta::assert_snapshot!(world.told(CARA, "approved already").await, @"This request is approved already, and waits for the time when it may be carried out. Decided by <@U0BOB> on ‹moment›. Your click changed nothing.");
    denies(&world, CARA, &card).await;
    world.thread(&card, "denied it").await;
    world.card_says(&card, "Denied").await;
    assert_eq!(world.ckan.state(SLUG).await, "active");
    assert_eq!(world.audit().await.last().unwrap(), "U0CARA denied denied");
}

#[tokio::test]
async fn what_is_held_is_cancelled_by_whoever_asked() {
    let world = frozen(60, 3_600).await;
    let card = held(&world).await;
    world.presses(BOB, &card, "cancel").await;
    world.told(BOB, "Only the person who asked can cancel").await;
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled the request").await;
    let card = world.card_says(&card, "Cancelled").await;
    assert!(!blocks(&card).contains("\"actions\""));
    assert_eq!(world.ckan.state(SLUG).await, "active");
}

#[tokio::test]
async fn what_is_held_for_too_long_runs_out_and_that_is_told_from_the_beginning() {
    let freezes = vec![freeze(60, 3_600)];
    let world = world(Wanted { freezes, held_ttl: Some(Duration::from_mins(2)), ..Wanted::default() }).await;
    let card = held(&world).await;
    insta::assert_snapshot!(thread_of(&world, &card).await.last().unwrap(), @"Approved, and held: Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. It runs out before that, ‹moment›: ask again after the freeze.");
    world.clock.advance_ms(121 * SECOND);
    let ended = world.thread(&card, "has run out").await;
    insta::assert_snapshot!(said(&ended.text), @"<@U0ALICE>: this was approved and held, and it has run out. Nothing was done. What held it: Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. Ask again after that if it is still wanted.");
    world.card_says(&card, "Ran out of time").await;
    assert_eq!(world.audit().await.last().unwrap(), "bot expired expired");
    // Nothing of it comes back with the end of the freeze.
    world.clock.advance_ms(3_600 * SECOND);
    assert_eq!(world.ckan.state(SLUG).await, "active");
}

#[tokio::test]
async fn what_is_held_survives_a_restart_and_goes_on_at_the_end_of_the_freeze() {
    let freeze = freeze(60, 200);
    let Window::Once { until, .. } = freeze.window else { unreachable!("it is one") };
    let mut world = world(Wanted { freezes: vec![freeze], ..Wanted::default() }).await;
    let card = held(&world).await;
    world.stop_bot().await;
    world.start_bot().await;
    world.is_told(BOB, "/ckan request list").await;
    world.stop_bot().await;
    world.clock.advance_ms(200 * SECOND);
    world.start_bot().await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state(SLUG).await, "deleted");
    assert_eq!(world.audited("held").await.len(), 1, "it is not held anew by a restart");
    let claimed = world.audited("claimed").await;
    assert_eq!(claimed.len(), 1);
    assert!(claimed[0].0 >= until, "it was carried out in the freeze");
}

#[tokio::test]
async fn a_freeze_that_is_longer_or_gone_after_a_restart_holds_for_longer_or_no_more() {
    let mut world = frozen(60, 1_000).await;
    let card = held(&world).await;
    world.restart_with(vec![freeze(60, 3_600)]).await;
    let longer = world.thread(&card, "Still held").await;
    insta::assert_snapshot!(said(&longer.text), @"Still held: Freeze “Budget day”, until ‹moment›: The Treasury publishes, and nothing else changes. It goes on by itself then.");
    assert_eq!(world.audited("held").await.len(), 2);
    world.restart_with(vec![]).await;
    world.thread(&card, "Nothing holds this any more").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state(SLUG).await, "deleted");
}

#[tokio::test]
async fn a_freeze_of_another_environment_or_operation_holds_nothing() {
    let elsewhere = Freeze { environments: ["staging".to_owned()].into(), ..freeze(-60, 3_600) };
    let other = Freeze { operations: ["index".to_owned()].into(), ..freeze(-60, 3_600) };
    let world = world(Wanted { freezes: vec![elsewhere, other], ..Wanted::default() }).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.audited("held").await, [] as [(Timestamp, String, String); 0]);
}

async fn types_the_confirmation(world: &World, user: &str, card: &Message) {
    world.presses(user, card, "approve").await;
    let form = world.control.wait_modal(user).await.unwrap();
    let values = json!({"confirmation": {"confirmation": "empty production"}});
    world.control.submit(user, &form.view_id, &values).await.unwrap();
}

/// Waits for as long as CKAN's commands take on a busy machine.
async fn is_done(world: &World, card: &Message) {
    let patient = world.control.clone().with_patience(Duration::from_mins(1));
    let is_done = |message: &Message| {
        message.thread_ts.as_deref() == Some(&card.ts) && message.text.contains("Done and verified")
    };
    patient.wait_message(BOB, is_done).await.unwrap();
}

/// A rebuild that was asked for, and a harvest that began before it was approved.
async fn approved_beside_a_harvest(world: &World) -> (Message, Value) {
    world.types(ALICE, "/ckan index rebuild --reason Asked --ticket 51234").await;
    let card = world.card("Empty the search index").await;
    let source = world.ckan.action("harvest_source_show", json!({"id": "leeds-data-mill"})).await;
    let job = world.ckan.action("harvest_job_create", json!({"source_id": source["id"], "run": true})).await;
    types_the_confirmation(world, BOB, &card).await;
    world.card_says(&card, "1 of 2").await;
    types_the_confirmation(world, CARA, &card).await;
    (card, job)
}

async fn with_limits(more: &str) -> World {
    let environment = format!("write_deadline = \"5s\"\nrequest_timeout = \"5s\"\n{more}");
    world(Wanted { environment, ..Wanted::default() }).await
}

#[tokio::test]
async fn hazard_15_a_rebuild_that_is_approved_waits_for_a_harvest_and_then_goes_on_by_itself() {
    let world = with_limits("").await;
    let (card, job) = approved_beside_a_harvest(&world).await;
    let told = world.thread(&card, "Approved, and held").await;
    insta::assert_snapshot!(said(&told.text), @"Approved, and held: A harvest is not over, and harvesters work from the index. I look again ‹moment›, and it goes on by itself as soon as that is over.");
    let on_card = world.card_says(&card, "Held").await;
    insta::assert_snapshot!(status(&on_card), @"Held, approved by <@U0BOB>, <@U0CARA>. A harvest is not over, and harvesters work from the index. I look again ‹moment›, and it goes on by itself as soon as that is over.");
    assert_eq!(world.audited("held").await[0].1, "index rebuild");
    // The next look finds it as it was, which is no news.
    world.clock.advance_ms(61 * SECOND);
    is_looked_at_again(&world, &on_card).await;
    world.ckan.action("harvest_job_abort", json!({"id": job["id"]})).await;
    world.clock.advance_ms(121 * SECOND);
    world.thread(&card, "Nothing holds this any more").await;
    is_done(&world, &card).await;
    let thread = thread_of(&world, &card).await;
    assert_eq!(thread.iter().filter(|text| text.contains("held")).count(), 1, "{thread:?}");
}

/// The card says another moment.
async fn is_looked_at_again(world: &World, before: &Message) {
    let later = |message: &Message| message.ts == before.ts && message.text != before.text;
    let card = world.control.wait_message(BOB, later).await.unwrap();
    assert_eq!(status(&card), status(before));
}

#[tokio::test]
async fn what_is_held_stays_held_while_nobody_can_tell_whether_it_may_go_on() {
    let world = with_limits("").await;
    // A real CKAN is not made to fail for a test.
    let Some(control) = &world.ckan.control else { return };
    let (card, job) = approved_beside_a_harvest(&world).await;
    let held = world.card_says(&card, "Held").await;
    world.ckan.action("harvest_job_abort", json!({"id": job["id"]})).await;
    control.fault(Fault::times("harvest_job_list", FaultKind::Error500, 1_000)).await;
    world.clock.advance_ms(61 * SECOND);
    is_looked_at_again(&world, &held).await;
    assert!(world.audited("released").await.is_empty());
    control.clear_faults().await;
    world.clock.advance_ms(601 * SECOND);
    world.thread(&card, "Nothing holds this any more").await;
    is_done(&world, &card).await;
}

#[tokio::test]
async fn what_cannot_be_told_holds_nothing_up_and_the_fresh_plan_ends_it_safely() {
    let world = with_limits("").await;
    let Some(control) = &world.ckan.control else { return };
    world.types(ALICE, "/ckan index rebuild --reason Asked --ticket 51234").await;
    let card = world.card("Empty the search index").await;
    control.fault(Fault::times("harvest_job_list", FaultKind::Error500, 1_000)).await;
    types_the_confirmation(&world, BOB, &card).await;
    world.card_says(&card, "1 of 2").await;
    types_the_confirmation(&world, CARA, &card).await;
    world.thread(&card, "Not carried out").await;
    assert!(world.audited("held").await.is_empty());
    let commands = control.commands().await;
    assert!(!commands.iter().any(|run| run.argv.iter().any(|word| word == "rebuild")), "{commands:?}");
}

#[tokio::test]
async fn hazard_15_the_index_is_left_alone_in_the_time_of_the_daily_csw_sync() {
    let now = ckan_chatops::clock::SystemClock.now().strftime("%H:%M");
    let sync = format!("csw_sync = {{ at = \"{now}\", lasts = \"1h\", time_zone = \"UTC\" }}");
    let world = with_limits(&sync).await;
    world.types(ALICE, "/ckan index refresh --reason Asked --ticket 51234").await;
    let card = world.card("Index everything").await;
    world.presses(BOB, &card, "approve").await;
    let told = world.thread(&card, "Approved, and held").await;
    insta::assert_snapshot!(said(&told.text), @"Approved, and held: This is the time of the daily CSW sync on production, which reads the whole index. I look again ‹moment›, and it goes on by itself as soon as that is over.");
    world.clock.advance_ms(3_601 * SECOND);
    is_done(&world, &card).await;
}

#[tokio::test]
async fn hazard_15_a_harvest_that_is_approved_waits_for_a_rebuild_of_the_bots_own() {
    let limits = "write_deadline = \"3s\"\nrequest_timeout = \"3s\"\ncommand_time_limit = \"6s\"".to_owned();
    let world = world(Wanted { environment: limits, ..Wanted::default() }).await;
    // A real rebuild is not made to hang for a test.
    let Some(control) = &world.ckan.control else { return };
    let kind = CommandFaultKind::Hang { after: 1 };
    control.command_fault(CommandFault { command: "search-index rebuild".to_owned(), kind, times: 1 }).await;
    world.types(ALICE, "/ckan index rebuild --reason Asked --ticket 51234").await;
    let rebuild = world.card("Empty the search index").await;
    world.types(ALICE, "/ckan reharvest quick-source --reason Asked --ticket 51234").await;
    let harvest = world.card("Harvest “").await;
    types_the_confirmation(&world, BOB, &rebuild).await;
    world.card_says(&rebuild, "1 of 2").await;
    types_the_confirmation(&world, CARA, &rebuild).await;
    world.card_says(&rebuild, "Being carried out").await;
    world.presses(BOB, &harvest, "approve").await;
    let told = world.thread(&harvest, "Approved, and held").await;
    insta::assert_snapshot!(said(&told.text), @"Approved, and held: Request ‹ref› is not over (Empty the search index of production and build it again), and the two must not run at the same time. I look again ‹moment›, and it goes on by itself as soon as that is over.");
    assert!(!world.ckan.called().await.iter().any(|action| action == "harvest_job_create"));
    let patient = world.control.clone().with_patience(Duration::from_mins(1));
    let is_over = |message: &Message| {
        message.ts == rebuild.ts
            && !message.text.contains("Being carried out")
            && !message.text.contains("1 of 2")
    };
    let over = patient.wait_message(BOB, is_over).await.unwrap();
    assert!(!over.text.contains("Done and verified"), "{}", over.text);
    world.clock.advance_ms(60 * SECOND);
    world.thread(&harvest, "Nothing holds this any more").await;
    is_done(&world, &harvest).await;
}
