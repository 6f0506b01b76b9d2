//! kill -9 between a vote and the last word: CKAN is asked for the change once at most, and what is told is what
//! CKAN shows.

use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, in_channel, sent, slack_agrees};
use crate::process::{Process, audit_verify, world_of_a_process};
use crate::world::{ALICE, BOB, World};

impl World {
    async fn asked(&self) -> Message {
        let card = self.asks_to_withdraw(ALICE, SLUG).await;
        self.told(ALICE, "is posted").await;
        card
    }

    /// A new process finds a claim of a dead one, asks CKAN, and tells what it sees.
    async fn is_found_out(&self, card: &Message, end: &str, committed: usize) {
        self.thread(card, "I was interrupted").await;
        slack_agrees(self, card, end).await;
        ckan_was_changed(self, SLUG, committed).await;
        let acts = self.audit().await;
        let result = if committed > 0 { "bot probed succeeded" } else { "bot probed not_applied" };
        assert_eq!(
            acts,
            [
                "U0ALICE requested pending",
                "U0BOB approved approved",
                "bot claimed running",
                "bot lost unknown",
                result
            ]
        );
        let (code, said) = audit_verify(self).await;
        assert_eq!(code, Some(0), "{said}");
    }

    /// Dies while CKAN has this one request in hand.
    async fn dies_at(&self, bot: Process, card: &Message, action: &str, kind: FaultKind) -> Process {
        let before = sent(ckan(self), action).await;
        ckan(self).fault(Fault::once(action, kind)).await;
        self.presses(BOB, card, "approve").await;
        self.ckan_is_asked(action, before + 1).await;
        self.has_noted_what_it_said(card, "Being carried out").await;
        self.kills_and_starts(bot).await
    }

    /// What Slack has and the bot has not noted yet is said again after a crash. The card is brought up to date
    /// after everything before it is noted.
    async fn has_noted_what_it_said(&self, card: &Message, status: &str) {
        self.card_says(card, status).await;
    }

    async fn ckan_is_asked(&self, action: &str, times: usize) {
        eventually(action, async || sent(ckan(self), action).await >= times).await;
    }
}

const NEVER: u64 = 600_000;

#[tokio::test]
async fn invariant_5_killed_under_the_claim_before_anything_was_sent() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    let hangs = FaultKind::SlowAnswer { ms: NEVER };
    let _bot = world.dies_at(bot, &card, "package_show", hangs).await;
    world.is_found_out(&card, "Not carried out", 0).await;
    assert_eq!(sent(ckan(&world), "package_delete").await, 0);
}

#[tokio::test]
async fn invariant_5_killed_before_ckan_acts_and_ckan_never_does() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    let _bot = world.dies_at(bot, &card, "package_delete", FaultKind::Slow { ms: NEVER }).await;
    world.is_found_out(&card, "Not carried out", 0).await;
}

#[tokio::test]
async fn invariant_5_killed_before_ckan_acts_and_ckan_does_it_all_the_same() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    let _bot = world.dies_at(bot, &card, "package_delete", FaultKind::SlowAndSure { ms: 2_000 }).await;
    world.is_found_out(&card, "Done and verified", 1).await;
}

#[tokio::test]
async fn invariant_5_killed_after_ckan_acted_and_before_it_answered() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    let _bot = world.dies_at(bot, &card, "package_delete", FaultKind::SlowAnswer { ms: NEVER }).await;
    world.is_found_out(&card, "Done and verified", 1).await;
}

#[tokio::test]
async fn invariant_5_killed_during_the_probe() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    let before = sent(ckan(&world), "package_show").await;
    // The look under the claim passes, the probe does not.
    ckan(&world).fault(Fault::once("package_show", FaultKind::Slow { ms: 1 })).await;
    ckan(&world).fault(Fault::once("package_show", FaultKind::SlowAnswer { ms: NEVER })).await;
    world.presses(BOB, &card, "approve").await;
    world.ckan_is_asked("package_show", before + 2).await;
    world.has_noted_what_it_said(&card, "Being carried out").await;
    let _bot = world.kills_and_starts(bot).await;
    world.is_found_out(&card, "Done and verified", 1).await;
}

#[tokio::test]
async fn invariant_5_killed_again_while_finding_out() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::SlowAnswer { ms: NEVER })).await;
    world.presses(BOB, &card, "approve").await;
    world.ckan_is_asked("package_delete", 1).await;
    world.has_noted_what_it_said(&card, "Being carried out").await;
    let before = sent(ckan(&world), "package_show").await;
    ckan(&world).fault(Fault::once("package_show", FaultKind::SlowAnswer { ms: NEVER })).await;
    let second = world.kills_and_starts(bot).await;
    world.ckan_is_asked("package_show", before + 1).await;
    world.has_noted_what_it_said(&card, "Outcome unknown").await;
    let _third = world.kills_and_starts(second).await;
    world.is_found_out(&card, "Done and verified", 1).await;
}

#[tokio::test]
async fn killed_before_the_approval_is_told() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    world.slack_hangs_at("chat.postMessage").await;
    world.presses(BOB, &card, "approve").await;
    world.bot_hangs_at("chat.postMessage").await;
    // Slack's silence does not hold CKAN up.
    eventually("it is settled", async || world.audit().await.len() == 4).await;
    let _bot = world.kills_and_starts(bot).await;
    world.ends_as_done_once(&card).await;
}

#[tokio::test]
async fn killed_while_the_card_is_brought_up_to_date() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    world.slack_hangs_at("chat.update").await;
    world.presses(BOB, &card, "approve").await;
    world.bot_hangs_at("chat.update").await;
    eventually("it is settled", async || world.audit().await.len() == 4).await;
    let _bot = world.kills_and_starts(bot).await;
    world.ends_as_done_once(&card).await;
}

#[tokio::test]
async fn killed_before_the_outcome_is_told() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    world.control.fault("chat.postMessage", "pass", 1).await.unwrap();
    world.slack_hangs_at("chat.postMessage").await;
    world.presses(BOB, &card, "approve").await;
    world.bot_hangs_at("chat.postMessage").await;
    let _bot = world.kills_and_starts(bot).await;
    world.ends_as_done_once(&card).await;
}

/// Told twice in the same words, never in others.
#[tokio::test]
async fn killed_after_slack_took_the_outcome_and_before_that_is_noted() {
    let (world, bot) = world_of_a_process().await;
    let card = world.asked().await;
    world.control.fault("chat.postMessage", "pass", 1).await.unwrap();
    world.control.fault("chat.postMessage", "lose_response", 1).await.unwrap();
    world.slack_hangs_at("chat.postMessage").await;
    world.presses(BOB, &card, "approve").await;
    world.bot_hangs_at("chat.postMessage").await;
    let _bot = world.kills_and_starts(bot).await;
    world.card_says(&card, "Done and verified").await;
    let told: Vec<String> = in_channel(&world)
        .await
        .into_iter()
        .filter(|message| message.thread_ts.is_some() && message.text.contains("Done and verified"))
        .map(|message| message.text)
        .collect();
    assert!(told.len() == 2 && told[0] == told[1], "{told:?}");
    ckan_was_changed(&world, SLUG, 1).await;
    assert_eq!(audit_verify(&world).await.0, Some(0));
}

/// Wherever the process stands when it is killed: here only the end is known.
#[tokio::test]
async fn killed_at_any_moment_after_the_click() {
    let rounds = [0, 15, 30, 60, 120, 250].map(async |after_ms| {
        let (world, bot) = world_of_a_process().await;
        let card = world.asked().await;
        world.presses(BOB, &card, "approve").await;
        tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
        let _bot = world.kills_and_starts(bot).await;
        eventually("it comes to an end", async || {
            let acts = world.audit().await;
            acts.iter().any(|act| act.ends_with("succeeded") || act.ends_with("not_applied"))
        })
        .await;
        let committed = ckan(&world).writes().await.iter().filter(|write| write.committed).count();
        let status = if committed > 0 { "Done and verified" } else { "Not carried out" };
        world.card_says(&card, status).await;
        world.thread(&card, status).await;
        ckan_was_changed(&world, SLUG, committed).await;
        assert_eq!(audit_verify(&world).await.0, Some(0));
    });
    futures_util::future::join_all(rounds).await;
}
