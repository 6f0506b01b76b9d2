//! kill -9 on the way from a typed command to a vote: what was acknowledged arrives, once, and nothing is done that
//! nobody approved.

use ckan_chatops::clock::Clock as _;
use serde_json::json;

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, in_channel, sent, slack_agrees};
use crate::process::{Process, audit_verify, world_of_a_process};
use crate::world::{ALICE, BOB, CHANNEL, Wanted, World, blocks, button_value};
use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;

impl World {
    /// The next call of this method is never answered.
    pub async fn slack_hangs_at(&self, method: &str) {
        self.control.fault(method, "timeout", 1).await.unwrap();
    }

    /// Waits until the bot hangs there.
    pub async fn bot_hangs_at(&self, method: &str) {
        self.control
            .wait_call(|call| call.method == method && call.fault.as_deref() == Some("timeout"))
            .await
            .unwrap_or_else(|error| panic!("the bot never hung at {method}: {error}"));
    }

    /// kill -9, and another process on the same database.
    pub async fn kills_and_starts(&self, bot: Process) -> Process {
        bot.kill().await;
        Process::start(self).await
    }

    async fn asks(&self) {
        self.types(ALICE, &format!("/ckan withdraw {SLUG} --reason \"Publisher asked\" --ticket 51234"))
            .await;
    }

    /// The request came through whole: its card, its thread, its private answer; it is decided on and done once.
    async fn goes_on_to_its_end(&self) {
        let card = self.card(SLUG).await;
        self.thread(&card, "asks: Withdraw").await;
        self.told(ALICE, "is posted").await;
        self.is_approved_and_ends_as_done(&card).await;
    }

    async fn is_approved_and_ends_as_done(&self, card: &Message) {
        self.presses(BOB, card, "approve").await;
        self.ends_as_done_once(card).await;
    }

    pub async fn ends_as_done_once(&self, card: &Message) {
        slack_agrees(self, card, "Done and verified").await;
        ckan_was_changed(self, SLUG, 1).await;
        let (code, said) = audit_verify(self).await;
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(
            self.audit().await,
            [
                "U0ALICE requested pending",
                "U0BOB approved approved",
                "bot claimed running",
                "bot settled succeeded"
            ]
        );
    }

    /// The bot dies at the first command, while it hangs at this method of Slack's.
    async fn dies_at_the_command_at(&self, bot: Process, method: &str) -> Process {
        self.slack_hangs_at(method).await;
        self.asks().await;
        self.bot_hangs_at(method).await;
        self.kills_and_starts(bot).await
    }
}

#[tokio::test]
async fn killed_while_asking_slack_who_typed_it() {
    let (world, bot) = world_of_a_process().await;
    let _bot = world.dies_at_the_command_at(bot, "users.info").await;
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn killed_while_planning() {
    let (world, bot) = world_of_a_process().await;
    ckan(&world).fault(Fault::once("package_show", FaultKind::SlowAnswer { ms: 60_000 })).await;
    world.asks().await;
    eventually("the bot plans", async || sent(ckan(&world), "package_show").await > 0).await;
    let _bot = world.kills_and_starts(bot).await;
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn killed_after_the_request_is_written_and_before_its_card_is_posted() {
    let (world, bot) = world_of_a_process().await;
    let _bot = world.dies_at_the_command_at(bot, "chat.postMessage").await;
    world.goes_on_to_its_end().await;
}

/// The one thing that may be seen twice: nobody can tell from here that Slack took the first card.
#[tokio::test]
async fn killed_after_slack_took_the_card_and_before_that_is_noted() {
    let (world, bot) = world_of_a_process().await;
    world.control.fault("chat.postMessage", "lose_response", 1).await.unwrap();
    let _bot = world.dies_at_the_command_at(bot, "chat.postMessage").await;
    world.told(ALICE, "is posted").await;
    let cards = world.cards().await;
    assert_eq!(cards.len(), 2, "one too many, and no more");
    let [dead, alive] = &cards[..] else { unreachable!() };

    // The first of them is found by the first button that is pressed on it, and is a card like the other one since.
    let value = button_value(dead);
    world.presses(ALICE, dead, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    ckan_was_changed(&world, SLUG, 0).await;

    world.presses(BOB, alive, "approve").await;
    world.thread(alive, "Done and verified").await;
    world.card_says(alive, "Done and verified").await;
    world.card_says(dead, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
    assert_eq!(audit_verify(&world).await.0, Some(0));
    world.control.forge_click(BOB, CHANNEL, &dead.ts, "approve", &value).await.unwrap();
    world.told(BOB, "This request is done already").await;
    assert_eq!(sent(ckan(&world), "package_delete").await, 1);
}

impl World {
    pub async fn cards(&self) -> Vec<Message> {
        let mut cards = in_channel(self).await;
        cards.retain(|message| message.thread_ts.is_none() && blocks(message).contains("\"approve\""));
        cards
    }
}

#[tokio::test]
async fn killed_between_the_card_and_its_thread() {
    let (world, bot) = world_of_a_process().await;
    world.control.fault("chat.postMessage", "pass", 1).await.unwrap();
    let _bot = world.dies_at_the_command_at(bot, "chat.postMessage").await;
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn killed_before_the_private_answer() {
    let (world, bot) = world_of_a_process().await;
    let _bot = world.dies_at_the_command_at(bot, "respond").await;
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn killed_before_a_refusal_is_told() {
    let (world, bot) = world_of_a_process().await;
    world.slack_hangs_at("respond").await;
    world.types(ALICE, "/ckan withdraw no-such-dataset --reason x").await;
    world.bot_hangs_at("respond").await;
    let _bot = world.kills_and_starts(bot).await;
    world.told(ALICE, "no-such-dataset").await;
    assert_eq!(world.audit().await, ["U0ALICE request_refused refused_by_plan"]);
    assert_eq!(audit_verify(&world).await.0, Some(0));
}

#[tokio::test]
async fn killed_while_a_form_is_being_opened() {
    let (world, bot) = world_of_a_process().await;
    world.slack_hangs_at("views.open").await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG}")).await;
    world.bot_hangs_at("views.open").await;
    bot.kill().await;
    // By the time somebody starts it again, Slack takes the trigger no more.
    world.control.advance_clock(60).await.unwrap();
    let _bot = Process::start(&world).await;
    insta::assert_snapshot!(world.told(ALICE, "form").await, @r#"Slack did not say that the form is open. If you see it, fill it in. If not, nothing was done: press or type it again, or give the reason in the command: --reason "…"."#);
    world.asks().await;
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn killed_while_asking_slack_who_pressed_the_button() {
    let (world, bot) = world_of_a_process().await;
    world.asks().await;
    let card = world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    world.slack_hangs_at("users.info").await;
    world.presses(BOB, &card, "approve").await;
    world.bot_hangs_at("users.info").await;
    assert_eq!(sent(ckan(&world), "package_delete").await, 0);
    let _bot = world.kills_and_starts(bot).await;
    world.ends_as_done_once(&card).await;
}

#[tokio::test]
async fn killed_before_a_denial_is_told() {
    let (world, bot) = world_of_a_process().await;
    world.asks().await;
    let card = world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.slack_hangs_at("chat.postMessage").await;
    let reason = json!({"reason": {"reason": "Not confirmed"}});
    world.control.submit(BOB, &form.view_id, &reason).await.unwrap();
    world.bot_hangs_at("chat.postMessage").await;
    let _bot = world.kills_and_starts(bot).await;
    slack_agrees(&world, &card, "denied it").await;
    ckan_was_changed(&world, SLUG, 0).await;
    assert_eq!(audit_verify(&world).await.0, Some(0));
}

#[tokio::test]
async fn killed_between_the_reason_for_a_form_and_its_sending() {
    let (world, bot) = world_of_a_process().await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --ticket 51234")).await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let _bot = world.kills_and_starts(bot).await;
    let reason = json!({"reason": {"reason": "Publisher asked"}});
    world.control.submit(ALICE, &form.view_id, &reason).await.unwrap();
    world.goes_on_to_its_end().await;
}

#[tokio::test]
async fn what_is_held_is_held_after_a_kill_and_can_still_be_taken_back() {
    let now = ckan_chatops::clock::SystemClock.now().strftime("%H:%M");
    let limits = "write_deadline = \"3s\"\nrequest_timeout = \"2s\"";
    let environment =
        format!("{limits}\ncsw_sync = {{ at = \"{now}\", lasts = \"1h\", time_zone = \"UTC\" }}");
    let mut world = World::with(Wanted { environment, ..Wanted::default() }).await;
    world.stop_bot().await;
    let bot = Process::start(&world).await;
    world.types(ALICE, "/ckan index refresh --reason Asked --ticket 51234").await;
    let card = world.card("Index everything").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Approved, and held").await;
    let held = world.card_says(&card, "Held").await;
    bot.kill().await;
    let _bot = Process::start(&world).await;
    let listed = world.control.command(BOB, &card.channel, "/ckan request list").await.unwrap();
    assert_eq!(listed.status, 200);
    world.told(BOB, "approved and held").await;
    world.presses(ALICE, &held, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
    let acts = world.audit().await;
    let acts: Vec<&str> = acts.iter().map(String::as_str).filter(|act| !act.contains(" read ")).collect();
    assert_eq!(
        acts,
        [
            "U0ALICE requested pending",
            "U0BOB approved approved",
            "bot held held",
            "U0ALICE cancelled cancelled"
        ]
    );
    let commands = ckan(&world).commands().await;
    assert!(!commands.iter().any(|run| run.argv.iter().any(|word| word == "rebuild")), "{commands:?}");
    assert_eq!(audit_verify(&world).await.0, Some(0));
}
