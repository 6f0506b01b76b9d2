//! Whoever asked the team is named, and CKAN is asked whether they may.

use sandbox::ckan::{Fault, FaultKind};
use sandbox::slack::Message;
use serde_json::json;

use crate::world::{ALICE, BOB, CARA, Wanted, World, said};

/// What a card says of whoever asked: its line, and what it warns of.
fn of_source(card: &Message) -> String {
    let text = said(&card.text);
    let is_of_it = |line: &&str| {
        line.starts_with("Requested by")
            || line.contains("check that they may")
            || line.contains("heck who asked")
            || line.contains("Nobody said who asked")
            || line.contains("account's present address")
    };
    text.lines().filter(is_of_it).collect::<Vec<_>>().join("\n")
}

impl World {
    /// Types `command`, reads what its card says of whoever asked, and takes it back.
    async fn card_of(&self, command: &str, nth: u32) -> String {
        self.types(ALICE, &format!("/ckan {command} --reason \"Wish {nth}\" --ticket 51234")).await;
        let card = self.card(&format!("Wish {nth}")).await;
        self.presses(ALICE, &card, "cancel").await;
        self.thread(&card, "cancelled").await;
        of_source(&card)
    }

    async fn cards_of(&self, commands: &[&str]) -> String {
        let mut told = vec![];
        for (nth, command) in (10..).zip(commands) {
            told.push(format!("{command}\n{}", self.card_of(command, nth).await));
        }
        told.join("\n")
    }
}

#[tokio::test]
async fn s25_an_editor_of_the_owning_publisher_is_told_as_one_and_seen_whole_by_two_people_only() {
    const WHOLE: &str = "edwin.transport@example.org";
    let world = World::start().await;
    world
        .types(
            ALICE,
            "/ckan withdraw road-accidents-2019 --reason \"Wish 1\" --requested-by Edwin Transport \
             &lt;<mailto:Edwin.Transport@Example.org|Edwin.Transport@Example.org>&gt; --ticket 51234",
        )
        .await;
    let card = world.card("Wish 1").await;
    insta::assert_snapshot!(of_source(&card), @"Requested by: e…@example.org, who is an editor of the owning publisher Department for Transport");
    let told = world.told(ALICE, "is posted").await;
    insta::assert_snapshot!(told, @"
    Your request ‹ref› is posted in the channel. Nothing happens until a second engineer approves it. You can cancel it there or with /ckan request cancel ‹ref›.
    Requested by, whole: edwin.transport@example.org
    ");
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "deleted");

    for user in [BOB, CARA] {
        for message in world.control.state(user).await.unwrap().messages {
            let shown = format!("{} {}", message.text, serde_json::to_string(&message.blocks).unwrap());
            assert!(!shown.to_lowercase().contains(WHOLE), "{shown}");
        }
    }
    let asked = world.details().await.into_iter().find(|detail| detail.contains("Wish 1")).unwrap();
    assert!(asked.starts_with("Wish 1 (source mark "), "{asked}");
    assert!(!asked.contains('@'), "{asked}");
}

#[tokio::test]
async fn what_ckan_says_of_whoever_asked_is_on_the_card_and_an_approver_judges_it() {
    let world = World::start().await;
    let told = world
        .cards_of(&[
            "withdraw leeds-car-parks --requested-by edwin.transport@example.org",
            "withdraw leeds-car-parks --requested-by dora.transport@example.org",
            "withdraw leeds-car-parks --requested-by \"Ada Analyst <analyst@example.org>\"",
            "withdraw leeds-car-parks --requested-by site.admin@example.org",
            "withdraw leeds-car-parks --requested-by penny.pending@example.org",
            "withdraw leeds-car-parks --requested-by nobody@example.org",
            "withdraw leeds-car-parks",
            "reharvest slow-source --requested-by edwin.transport@example.org",
            "reharvest slow-source",
        ])
        .await;
    insta::assert_snapshot!(told, @r#"
    withdraw leeds-car-parks --requested-by edwin.transport@example.org
    Requested by: e…@example.org, who is a member, who may only read, of the owning publisher Leeds City Council
    withdraw leeds-car-parks --requested-by dora.transport@example.org
    Requested by: d…@example.org
    - d…@example.org is not a member of Leeds City Council, which owns this: check that they may ask. A successor's member may.
    withdraw leeds-car-parks --requested-by "Ada Analyst <analyst@example.org>"
    Requested by: a…@example.org
    - a…@example.org is not a member of Leeds City Council, which owns this: check that they may ask. A successor's member may.
    withdraw leeds-car-parks --requested-by site.admin@example.org
    Requested by: s…@example.org, who is a sysadmin
    withdraw leeds-car-parks --requested-by penny.pending@example.org
    Requested by: p…@example.org
    - The account with the address p…@example.org is pending: invited, and has not yet come. Check who asked, and that they may.
    withdraw leeds-car-parks --requested-by nobody@example.org
    Requested by: n…@example.org
    - No active account on production has the address n…@example.org: check who asked, and that they may.
    withdraw leeds-car-parks
    - Nobody said who asked for this (--requested-by). The runbook wants the publisher's own request.
    reharvest slow-source --requested-by edwin.transport@example.org
    Requested by: e…@example.org, who is a member, who may only read, of the owning publisher Leeds City Council
    reharvest slow-source
    "#);
    // Only the database tells of accounts that are switched off.
    let deactivated =
        world.card_of("withdraw leeds-car-parks --requested-by dell.deleted@example.org", 30).await;
    if world.ckan.lab.is_some() {
        insta::assert_snapshot!(deactivated, @"
        Requested by: d…@example.org
        - The account with the address d…@example.org is deactivated: check who asked, and that they may.
        ");
    } else {
        insta::assert_snapshot!(deactivated, @"
        Requested by: d…@example.org
        - No active account on production has the address d…@example.org: check who asked, and that they may.
        ");
    }
    if let Some(control) = &world.ckan.control {
        for _ in 0..3 {
            control.fault(Fault::once("user_list", FaultKind::Html502)).await;
        }
        let silent =
            world.card_of("withdraw leeds-car-parks --requested-by dora.transport@example.org", 31).await;
        insta::assert_snapshot!(silent, @"
        Requested by: d…@example.org
        - CKAN could not say whose address d…@example.org is: check that they may ask.
        ");
    }
    assert_eq!(world.ckan.state("leeds-car-parks").await, "active");
}

#[tokio::test]
async fn of_datasets_of_two_publishers_each_publisher_counts() {
    let world = World::start().await;
    let told = world
        .cards_of(&[
            "withdraw road-accidents-2019 leeds-car-parks --requested-by edwin.transport@example.org",
            "withdraw road-accidents-2019 leeds-car-parks --requested-by dora.transport@example.org",
            "withdraw road-accidents-2019 leeds-car-parks --requested-by analyst@example.org",
            "withdraw road-accidents-2019 leeds-car-parks",
        ])
        .await;
    insta::assert_snapshot!(told, @"
    withdraw road-accidents-2019 leeds-car-parks --requested-by edwin.transport@example.org
    Requested by: e…@example.org, who is an editor of the owning publisher Department for Transport, and a member, who may only read, of the owning publisher Leeds City Council
    withdraw road-accidents-2019 leeds-car-parks --requested-by dora.transport@example.org
    Requested by: d…@example.org, who is an admin of the owning publisher Department for Transport
    - d…@example.org is not a member of Leeds City Council, which owns some of this: check that they may ask. A successor's member may.
    withdraw road-accidents-2019 leeds-car-parks --requested-by analyst@example.org
    Requested by: a…@example.org
    - a…@example.org is not a member of Department for Transport and Leeds City Council, which own this: check that they may ask. A successor's member may.
    withdraw road-accidents-2019 leeds-car-parks
    - Nobody said who asked for this (--requested-by). The runbook wants the publisher's own request.
    ");
}

#[tokio::test]
async fn of_an_account_it_is_told_whether_its_own_address_asks() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    let told = world
        .cards_of(&[
            "email dft-admin dora.moved@example.org --requested-by dora.transport@example.org",
            "email dft-admin dora.moved@example.org --requested-by dora.moved@example.org",
            "email dft-admin dora.moved@example.org --requested-by edwin.transport@example.org",
            "email dft-admin dora.moved@example.org",
        ])
        .await;
    insta::assert_snapshot!(told, @"
    email dft-admin dora.moved@example.org --requested-by dora.transport@example.org
    Requested by: d…@example.org, which is the account's own address
    email dft-admin dora.moved@example.org --requested-by dora.moved@example.org
    Requested by: d…@example.org
    - d…@example.org is not the account's present address: make sure that its owner asks, and not somebody who wants to take it over.
    email dft-admin dora.moved@example.org --requested-by edwin.transport@example.org
    Requested by: e…@example.org
    - e…@example.org is not the account's present address: make sure that its owner asks, and not somebody who wants to take it over.
    email dft-admin dora.moved@example.org
    - Nobody said who asked for this (--requested-by). The runbook wants the account owner's own request.
    ");
}

#[tokio::test]
async fn s21_an_address_that_only_looks_like_one_is_refused_in_words() {
    let world = World::start().await;
    let mut told = vec![];
    for address in [
        "edwin.trаnsport@example.org",
        "edwin.transport\u{200b}@example.org",
        "edwin.transport@xn--xample-9ua.org",
        "edwin.transport",
        "\"\"",
        "\"edwin.transport@example.org, dora.transport@example.org\"",
    ] {
        let said = world
            .is_told(ALICE, &format!("/ckan withdraw leeds-car-parks --reason x --requested-by {address}"))
            .await;
        told.push(format!("{address:?}: {said}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    "edwin.trаnsport@example.org": --requested-by takes the e-mail address of whoever asked for the change. The address has a character that is not on a plain keyboard: “а” (U+0430). It may only look like the letter that is meant. Type the whole address by hand.
    "edwin.transport\u{200b}@example.org": There are invisible characters in the address behind --requested-by, so it may not be what it seems. Type it by hand.
    "edwin.transport@xn--xample-9ua.org": --requested-by takes the e-mail address of whoever asked for the change. The address's domain begins with xn--, which stands for letters of another alphabet: it is shown otherwise than it is written. The bot takes no such address.
    "edwin.transport": --requested-by takes the e-mail address of whoever asked for the change. An e-mail address has an @ in it. Type it in full, like jo.bloggs@example.gov.uk.
    "\"\"": --requested-by takes the e-mail address of whoever asked for the change. Say the address, for example jo.bloggs@example.gov.uk.
    "\"edwin.transport@example.org, dora.transport@example.org\"": --requested-by takes the e-mail address of whoever asked for the change. One address, please: there is more than one, or a blank, comma or second @ in it.
    "#);
    assert_eq!(world.ckan.state("leeds-car-parks").await, "active");
}

#[tokio::test]
async fn forms_ask_for_whoever_asked() {
    let world = World::start().await;
    world.types(ALICE, "/ckan withdraw road-accidents-2019 --requested-by edwin.transport@example.org").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let shown = form.view.to_string();
    assert!(shown.contains("\"initial_value\":\"edwin.transport@example.org\""), "{shown}");
    let fill = |address: &str| json!({"reason": {"reason": "Wish 1"}, "source": {"source": address}});
    let wrong =
        world.control.submit(ALICE, &form.view_id, &fill("edwin.trаnsport@example.org")).await.unwrap();
    let errors = wrong.errors.unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    insta::assert_snapshot!(errors["source"].as_str().unwrap(), @"--requested-by takes the e-mail address of whoever asked for the change. The address has a character that is not on a plain keyboard: “а” (U+0430). It may only look like the letter that is meant. Type the whole address by hand.");
    let filled = fill("Dora Transport <dora.transport@example.org>");
    world.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
    let card = world.card("Wish 1").await;
    insta::assert_snapshot!(of_source(&card), @"Requested by: d…@example.org, who is an admin of the owning publisher Department for Transport");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}
