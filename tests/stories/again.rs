//! What could not be done is asked for again, in the same words.

use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;
use serde_json::json;

use crate::world::{ALICE, BOB, CARA, Restores, World, blocks, button_value, said};

/// The lines of a card that tell how it was asked for.
fn words(card: &Message) -> String {
    let text = said(&card.text);
    let labels = ["Title", "Datasets", "The first", "Requested by", "Asked", "Reason", "Ticket"];
    let is_one = |line: &&str| labels.iter().any(|label| line.starts_with(label));
    text.lines().filter(is_one).collect::<Vec<_>>().join("\n")
}

impl World {
    /// Waits for a card other than these with this in it.
    async fn another_card(&self, known: &[&Message], words: &str) -> Message {
        self.control
            .wait_message(BOB, |message| {
                message.bot
                    && message.thread_ts.is_none()
                    && message.ephemeral_for.is_none()
                    && message.text.contains(words)
                    && known.iter().all(|card| card.ts != message.ts)
            })
            .await
            .expect("another card")
    }

    /// Nobody decides on it for an hour; the message that says so. Afterwards the bot's clock agrees with Slack's again.
    async fn runs_out(&self, card: &Message) -> Message {
        self.clock.advance_ms(3_600_000);
        let expired = self.thread(card, "run out").await;
        self.card_says(card, "Ran out of time").await;
        self.clock.advance_ms(-3_600_000);
        expired
    }

    async fn requested(&self) -> usize {
        self.audit().await.iter().filter(|line| line.contains(" requested ")).count()
    }
}

#[tokio::test]
async fn what_ckan_moved_away_from_is_asked_for_again_with_the_same_words_and_done() {
    let world = World::start().await;
    world
        .types(
            ALICE,
            "/ckan withdraw road-accidents-2018 --reason \"Publisher asked\" --ticket 51234 \
             --requested-by edwin.transport@example.org",
        )
        .await;
    let card = world.card("road-accidents-2018").await;
    world
        .ckan
        .action("package_patch", json!({"id": "road-accidents-2018", "title": "Road Safety Data, 2018"}))
        .await;
    world.presses(BOB, &card, "approve").await;
    let stale = world.thread(&card, "CKAN has changed").await;
    assert!(
        stale.text.contains("Title: was “Road Safety Data 2018”, is now “Road Safety Data, 2018”"),
        "{}",
        stale.text
    );
    // Whoever presses it asks: the first requester may approve now.
    world.presses(BOB, &stale, "again").await;
    let fresh = world.another_card(&[&card], "road-accidents-2018").await;
    insta::assert_snapshot!(words(&fresh), @"
    Title: Road Safety Data, 2018
    Requested by: e…@example.org, who is an editor of the owning publisher Department for Transport
    Asked by: <@U0BOB>
    Asked again after: ‹ref›
    Reason: Publisher asked
    Ticket: 51234
    ");
    insta::assert_snapshot!(world.told(BOB, "is posted").await, @"
    Your request ‹ref› is posted in the channel. Nothing happens until a second engineer approves it. You can cancel it there or with /ckan request cancel ‹ref›.
    Requested by, whole: edwin.transport@example.org
    ");
    let opened = world.thread(&fresh, "asks:").await;
    insta::assert_snapshot!(said(&opened.text), @"<@U0BOB> asks: Withdraw “Road Safety Data, 2018” from production. Asked again after request ‹ref›. Reason: Publisher asked");
    assert_eq!(world.ckan.state("road-accidents-2018").await, "active");
    world.presses(BOB, &fresh, "approve").await;
    world.told(BOB, "asked for this yourself").await;
    world.presses(ALICE, &fresh, "approve").await;
    world.thread(&fresh, "Done and verified").await;
    assert_eq!(world.ckan.state("road-accidents-2018").await, "deleted");

    let id = button_value(&card);
    let mut asked = world.details().await.into_iter().filter(|detail| detail.starts_with("Publisher asked"));
    let again = asked.next_back().unwrap();
    assert!(again.starts_with(&format!("Publisher asked (asked again after {id}) (source mark ")), "{again}");
    // There is nothing left to ask for: the plan says so.
    world.presses(BOB, &stale, "again").await;
    world.told(BOB, "already withdrawn").await;
    assert_eq!(world.requested().await, 2);
}

#[tokio::test]
async fn what_ran_out_is_asked_for_again_by_whoever_may_ask_and_by_nobody_else() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "leeds-spend-over-500").await;
    let expired = world.runs_out(&card).await;
    world.presses(CARA, &expired, "again").await;
    insta::assert_snapshot!(world.next_private(CARA).await, @"You are not on the list of people who may ask for this. Nothing was done. Ask an engineer on the list, or have yourself added to its requesters in the bot's configuration.");
    assert_eq!(world.requested().await, 1);
    world.presses(ALICE, &expired, "again").await;
    let fresh = world.another_card(&[&card], "leeds-spend-over-500").await;
    insta::assert_snapshot!(words(&fresh), @"
    Title: Leeds Council Spend over £500
    Asked by: <@U0ALICE>
    Asked again after: ‹ref›
    Reason: Publisher asked
    Ticket: 51234
    ");
    world.presses(BOB, &fresh, "approve").await;
    world.thread(&fresh, "Done and verified").await;
    assert_eq!(world.ckan.state("leeds-spend-over-500").await, "deleted");
    insta::assert_snapshot!(world.audit().await.join("\n"), @"
    U0ALICE requested pending
    bot expired expired
    U0CARA request_refused not_a_requester
    U0ALICE requested pending
    U0BOB approved approved
    bot claimed running
    bot settled succeeded
    ");
}

#[tokio::test]
async fn s5_a_double_press_asks_again_once() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "leeds-bin-collections").await;
    let expired = world.runs_out(&card).await;
    let presses = tokio::join!(
        world.control.click(BOB, &expired, "again"),
        world.control.click(BOB, &expired, "again"),
        world.control.click(BOB, &expired, "again"),
    );
    for press in [presses.0, presses.1, presses.2] {
        assert_eq!(press.unwrap().status, 200);
    }
    world.another_card(&[&card], "leeds-bin-collections").await;
    // Of the three, two found it asked for already.
    for _ in 0..2 {
        world.told(BOB, "an open request for the same thing").await;
    }
    assert_eq!(world.requested().await, 2);
}

#[tokio::test]
async fn s6_what_is_open_or_done_is_not_asked_for_again() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "consumer-price-index").await;
    let value = button_value(&card);
    let forged = world.control.forge_click(BOB, &card.channel, &card.ts, "again", &value).await;
    assert_eq!(forged.unwrap().status, 200);
    insta::assert_snapshot!(world.next_private(BOB).await, @"This request still waits for a decision. Only what ran out of time or was not carried out is requested again. Your click changed nothing.");
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    assert!(!blocks(&done).contains("\"again\""), "nothing is asked for again that is done");
    world.control.forge_click(BOB, &done.channel, &done.ts, "again", &value).await.unwrap();
    insta::assert_snapshot!(world.told(BOB, "done already").await, @"This request is done already. Only what ran out of time or was not carried out is requested again. Your click changed nothing.");
    assert_eq!(world.requested().await, 1);
}

#[tokio::test]
async fn what_was_not_carried_out_is_asked_for_again() {
    let world = World::start().await;
    // A real CKAN refuses nothing at will.
    let Some(control) = &world.ckan.control else { return };
    let card = world.asks_to_withdraw(ALICE, "ambulance-response-times").await;
    for _ in 0..3 {
        control.fault(Fault::once("package_show", FaultKind::Html502)).await;
    }
    world.presses(BOB, &card, "approve").await;
    let failed = world.thread(&card, "Not carried out").await;
    world.presses(BOB, &failed, "again").await;
    let fresh = world.another_card(&[&card], "ambulance-response-times").await;
    insta::assert_snapshot!(words(&fresh), @"
    Title: Ambulance Response Times (&lt;8 minutes)
    Asked by: <@U0BOB>
    Asked again after: ‹ref›
    Reason: Publisher asked
    Ticket: 51234
    ");
    world.presses(ALICE, &fresh, "approve").await;
    world.thread(&fresh, "Done and verified").await;
}

#[tokio::test]
async fn a_list_is_asked_for_again_by_the_same_uuids_and_so_is_its_way_back() {
    const MANY: [&str; 3] = ["road-accidents-2019", "leeds-car-parks", "house-price-index"];
    let world = World::start().await;
    world
        .types(
            ALICE,
            &format!(
                "/ckan withdraw {} --reason \"Publisher asked\" --ticket 51234 \
                 --requested-by edwin.transport@example.org",
                MANY.join(" ")
            ),
        )
        .await;
    let card = world.card("Withdraw 3 datasets").await;
    // Renamed meanwhile: its slug names nothing any more, its UUID the same.
    world.ckan.action("package_patch", json!({"id": MANY[1], "name": "leeds-parking"})).await;
    world.reviews(BOB, &card, None).await;
    let stale = world.thread(&card, "CKAN has changed").await;
    world.presses(ALICE, &stale, "again").await;
    let fresh = world.another_card(&[&card], "Withdraw 3 datasets").await;
    insta::assert_snapshot!(words(&fresh), @"
    Datasets: 3
    The first of them: road-accidents-2019, leeds-parking, house-price-index
    Requested by: e…@example.org, who is an editor of the owning publisher Department for Transport, and a member, who may only read, of the owning publisher Leeds City Council
    Asked by: <@U0ALICE>
    Asked again after: ‹ref›
    Reason: Publisher asked
    Ticket: 51234
    ");
    world.reviews(BOB, &fresh, None).await;
    let done = world.thread(&fresh, "Done and verified").await;
    for slug in [MANY[0], "leeds-parking", MANY[2]] {
        assert_eq!(world.ckan.state(slug).await, "deleted", "{slug}");
    }
    if world.ckan.restores() == Restores::WithALoss {
        return;
    }
    world.presses(ALICE, &done, "undo").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let why = json!({"reason": {"reason": "They were the wrong ones"}});
    world.control.submit(ALICE, &form.view_id, &why).await.unwrap();
    let back = world.card("Restore 3 datasets").await;
    let expired = world.runs_out(&back).await;
    world.presses(BOB, &expired, "again").await;
    let back_again = world.another_card(&[&back], "Restore 3 datasets").await;
    insta::assert_snapshot!(words(&back_again), @"
    Datasets: 3
    The first of them: road-accidents-2019, leeds-parking, house-price-index
    Asked by: <@U0BOB>
    Asked again after: ‹ref›
    Reason: They were the wrong ones
    Ticket: 51234
    ");
    let opened = world.thread(&back_again, "asks:").await;
    insta::assert_snapshot!(said(&opened.text), @"<@U0BOB> asks: Restore 3 datasets on production. This undoes request ‹ref›. Asked again after request ‹ref›. Reason: They were the wrong ones");
    world.reviews(ALICE, &back_again, None).await;
    world.thread(&back_again, "Done and verified").await;
    for slug in [MANY[0], "leeds-parking", MANY[2]] {
        assert_eq!(world.ckan.state(slug).await, "active", "{slug}");
    }
}
