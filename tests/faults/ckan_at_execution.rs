//! CKAN fails after a second person has said yes: what is told is what CKAN shows, and the change is sent once.

use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, slack_agrees};
use crate::gate::Gate;
use crate::world::{ALICE, BOB, Wanted, World, said};

impl World {
    /// Asked for by one person, approved by another, and then this goes wrong with the one write.
    async fn approved_under(&self, kind: FaultKind) -> Message {
        let card = self.asks_to_withdraw(ALICE, SLUG).await;
        ckan(self).fault(Fault::once("package_delete", kind)).await;
        self.presses(BOB, &card, "approve").await;
        card
    }

    /// The thread, without the first message and without what differs from run to run.
    async fn story(&self, card: &Message) -> String {
        let ts = Some(card.ts.as_str());
        let mut texts: Vec<String> = crate::evidence::in_channel(self)
            .await
            .iter()
            .filter(|message| message.thread_ts.as_deref() == ts)
            .map(|message| said(&message.text))
            .collect();
        texts.remove(0);
        texts.join("\n--\n")
    }

    /// It is done, told so once, and sent once.
    async fn ends_as_done_under(&self, kind: FaultKind) -> String {
        let card = self.approved_under(kind).await;
        slack_agrees(self, &card, "Done and verified").await;
        ckan_was_changed(self, SLUG, 1).await;
        assert_eq!(self.audit().await.last().unwrap(), "bot settled succeeded");
        self.story(&card).await
    }

    async fn ends_as_not_done_under(&self, kind: FaultKind) -> String {
        let card = self.approved_under(kind).await;
        slack_agrees(self, &card, "Not carried out").await;
        ckan_was_changed(self, SLUG, 0).await;
        assert_eq!(self.audit().await.last().unwrap(), "bot settled not_applied");
        self.story(&card).await
    }
}

#[tokio::test]
async fn the_answer_is_lost_and_the_change_is_seen() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_done_under(FaultKind::LoseResponse).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
}

#[tokio::test]
async fn invariant_9_an_error_after_the_commit_is_no_failure() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_done_under(FaultKind::ErrorAfterCommit).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
}

#[tokio::test]
async fn invariant_9_a_proxy_that_gave_up_after_the_commit_is_no_failure() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_done_under(FaultKind::Html504AfterCommit).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
}

#[tokio::test]
async fn ckan_acts_after_the_bot_stopped_waiting_for_its_answer() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_done_under(FaultKind::SlowAndSure { ms: 3_000 }).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to 3s. I will not run it again.
    --
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
}

#[tokio::test]
async fn the_request_is_lost_and_nothing_is_said_until_ckan_had_time_enough() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_not_done_under(FaultKind::LoseRequest).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to 3s. I will not run it again.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - The connection to CKAN on production broke before it had answered.
    - CKAN shows no trace of the change, and it had time enough to finish. Ask again if it is still wanted.
    - CKAN still has it as “active”.
    ");
}

#[tokio::test]
async fn the_search_index_fails_and_ckan_takes_it_back() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_not_done_under(FaultKind::SearchIndexError).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to 3s. I will not run it again.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - The search index of CKAN on production failed or does not follow.
    - CKAN shows no trace of the change, and it had time enough to finish. Ask again if it is still wanted.
    - CKAN still has it as “active”.
    ");
}

#[tokio::test]
async fn a_proxy_does_not_let_the_change_through() {
    let world = World::start().await;
    insta::assert_snapshot!(world.ends_as_not_done_under(FaultKind::Html403).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - A proxy in front of CKAN on production does not let this through. Nothing was changed. Whoever runs the bot has to give it an address that leads to CKAN itself, past the public proxy.
    ");
}

#[tokio::test]
async fn the_token_is_taken_back_between_the_last_look_and_the_change() {
    let world = World::start().await;
    // The first of these is the look under the claim, the second the question whose fault the refusal is.
    ckan(&world).fault(Fault::once("package_show", FaultKind::Slow { ms: 1 })).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    ckan(&world).fault(Fault::once("user_show", FaultKind::Slow { ms: 1 })).await;
    ckan(&world).fault(Fault::once("user_show", FaultKind::WrongToken)).await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::WrongToken)).await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Not carried out").await;
    ckan_was_changed(&world, SLUG, 0).await;
    insta::assert_snapshot!(world.story(&card).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - CKAN on production does not take the bot's token for a sysadmin's. Nothing was changed. Whoever runs the bot has to give it a valid API token of a sysadmin; then ask again.
    ");
}

#[tokio::test]
async fn ckan_is_gone_between_the_approval_and_the_claim() {
    let mut gate = Gate::new();
    let world = World::with(Wanted { ckan_url: Some(gate.url()), ..Wanted::default() }).await;
    gate.open(&world.ckan.url).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    gate.shut().await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Not carried out").await;
    ckan_was_changed(&world, SLUG, 0).await;
    insta::assert_snapshot!(world.story(&card).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - CKAN on production cannot be reached: nothing answers at its address. Nothing was changed. Check that it is up, then ask again.
    ");
}

/// With less patience than usual.
fn behind(gate: &Gate) -> Wanted {
    Wanted {
        ckan_url: Some(gate.url()),
        environment: "request_timeout = \"1s\"\nwrite_deadline = \"1s\"".to_owned(),
        ..Wanted::default()
    }
}

#[tokio::test]
async fn ckan_acts_and_is_gone_then_comes_back_and_the_outcome_is_settled() {
    let mut gate = Gate::new();
    let world = World::with(behind(&gate)).await;
    gate.open(&world.ckan.url).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::SlowAnswer { ms: 60_000 })).await;
    world.presses(BOB, &card, "approve").await;
    eventually("CKAN acts", async || !ckan(&world).writes().await.is_empty()).await;
    gate.shut().await;
    world.thread(&card, "Outcome unknown").await;
    world.card_says(&card, "Outcome unknown").await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason again")).await;
    world.told(ALICE, "cannot be reached").await;
    gate.open(&world.ckan.url).await;
    slack_agrees(&world, &card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
    insta::assert_snapshot!(world.story(&card).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to 1s. I will not run it again.
    --
    Outcome unknown. I cannot tell whether CKAN did it. I will keep asking CKAN and tell it here; I will not run it again. If you need to know now, look at it on CKAN.
    What I saw
    - CKAN on production cannot be reached: nothing answers at its address. So the bot cannot see whether it happened. Look at it on CKAN before you ask again.
    --
    Done and verified: Withdraw “Road Safety Data 2019” from production.
    What I saw
    - CKAN has it as withdrawn.
    - The search does not find it any more.
    - A visitor who is not signed in cannot read it any more.
    ");
    assert_eq!(world.audit().await.last().unwrap(), "bot probed succeeded");
}

#[tokio::test]
async fn ckan_is_gone_before_it_acts_then_comes_back_and_the_outcome_is_settled() {
    let mut gate = Gate::new();
    let world = World::with(behind(&gate)).await;
    gate.open(&world.ckan.url).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::Slow { ms: 60_000 })).await;
    world.presses(BOB, &card, "approve").await;
    eventually("CKAN has the request", async || {
        crate::evidence::sent(ckan(&world), "package_delete").await > 0
    })
    .await;
    gate.shut().await;
    world.thread(&card, "Outcome unknown").await;
    gate.open(&world.ckan.url).await;
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason again")).await;
    world.told(ALICE, "open request for the same thing").await;
    slack_agrees(&world, &card, "Not carried out").await;
    ckan_was_changed(&world, SLUG, 0).await;
    insta::assert_snapshot!(world.story(&card).await, @"
    <@U0BOB> approved. Carrying it out now.
    --
    CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to 1s. I will not run it again.
    --
    Outcome unknown. I cannot tell whether CKAN did it. I will keep asking CKAN and tell it here; I will not run it again. If you need to know now, look at it on CKAN.
    What I saw
    - CKAN on production cannot be reached: nothing answers at its address. So the bot cannot see whether it happened. Look at it on CKAN before you ask again.
    --
    Not carried out. Nothing of what was approved was done.
    What I saw
    - CKAN shows no trace of the change, and it had time enough to finish. Ask again if it is still wanted.
    - CKAN still has it as “active”.
    ");
}
