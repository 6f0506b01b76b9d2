//! What approvers see: who else could decide, the whole plan, and a reminder.

use sandbox::slack::Message;
use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CARA, CHANNEL, GUEST, Restores, Wanted, World, button_value, said};

/// The lines of the card from the one on its approvals on, without the last one, which has the digests.
fn waits(card: &Message) -> String {
    let text = said(&card.text);
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Waiting")).collect();
    lines[..lines.len() - 1].join("\n")
}

/// What a form shows, as people read it.
fn shown(view: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let blocks = view["blocks"].as_array().unwrap().iter().map(read);
    let title = format!("[{}]", text(&view["title"]["text"]));
    let submit = format!("[{}]", text(&view["submit"]["text"]));
    said(&std::iter::once(title).chain(blocks).chain([submit]).collect::<Vec<_>>().join("\n"))
}

/// The letters of a block or of something in it.
fn read(value: &Value) -> String {
    match (value["type"].as_str(), value) {
        (Some("user"), _) => format!("<@{}>", value["user_id"].as_str().unwrap()),
        (Some("date"), _) => "‹moment›".to_owned(),
        (Some("link"), _) => format!("{} ({})", value["text"], value["url"]),
        (Some("plain_text_input"), _) => " ____".to_owned(),
        (_, Value::Object(fields)) => {
            let own = fields.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            let inner = ["label", "element", "elements"].into_iter().filter_map(|name| fields.get(name));
            own + &inner.map(read).collect::<String>()
        }
        (_, Value::Array(items)) => items.iter().map(read).collect(),
        _ => String::new(),
    }
}

impl World {
    async fn has_three_engineers(&self) {
        self.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    }

    /// For the bot and for Slack, which signs with its own clock.
    async fn minutes_pass(&self, minutes: i64) {
        self.control.advance_clock(minutes * 60).await.unwrap();
        self.clock.advance_ms(minutes * 60_000);
    }

    async fn reminders(&self, card: &Message) -> Vec<String> {
        let seen = self.control.state(BOB).await.unwrap().messages;
        seen.iter()
            .filter(|message| message.thread_ts.as_ref() == Some(&card.ts))
            .filter(|message| message.text.contains("waits for your approval"))
            .map(|message| said(&message.text))
            .collect()
    }

    /// Waits for this many reminders in the thread of the card.
    async fn reminds(&self, card: &Message, times: usize) -> Vec<String> {
        loop {
            let before = self.control.state(BOB).await.unwrap().version;
            let found = self.reminders(card).await;
            if found.len() >= times {
                return found;
            }
            self.control.wait_state(BOB, before, 10_000).await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_card_says_who_can_approve_and_how_far_it_is() {
    let world = World::with(Wanted { approvals: 2, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA, GUEST, "U0GONE"]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    insta::assert_snapshot!(waits(&card), @"
    Waiting for approval: 0 of 2 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Two approvals, as for every change here.
    ");
    world.reviews(BOB, &card, None).await;
    let card = world.card_says(&card, "1 of 2").await;
    insta::assert_snapshot!(waits(&card), @"
    Waiting for approval: 1 of 2, approved by <@U0BOB> · can approve: <@U0CARA> · runs out ‹moment›
    Two approvals, as for every change here.
    ");
    // Who is named is one thing and who may is another: she left the group since.
    world.control.usergroup("S0ENG", &[ALICE, BOB]).await.unwrap();
    world.presses(CARA, &card, "approve").await;
    world.told(CARA, "not on the list of people who may approve").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
}

#[tokio::test]
async fn where_nobody_else_could_approve_it_is_refused_and_nothing_is_posted() {
    let world = World::with(Wanted { approvals: 2, ..Wanted::default() }).await;
    let command = "/ckan withdraw road-accidents-2019 --reason \"Publisher asked\"";
    insta::assert_snapshot!(world.is_told(ALICE, command).await, @"This needs the approval of 2 other people, and only one could give it, so it could never be done and I did not post it. Nothing was done. Whoever looks after the bot has to add people to approvers in its configuration, or to the user group in Slack that stands there.");
    world.control.usergroup("S0ENG", &[ALICE]).await.unwrap();
    insta::assert_snapshot!(world.is_told(ALICE, command).await, @"Nobody but you could approve this, so it could never be done and I did not post it. Nothing was done. Whoever looks after the bot has to add people to approvers in its configuration, or to the user group in Slack that stands there.");
    // A guest and an account that Slack does not know are nobody either.
    world.control.usergroup("S0ENG", &[ALICE, GUEST, "U0GONE"]).await.unwrap();
    world.is_told(ALICE, command).await;
    assert!(world.control.state(BOB).await.unwrap().messages.iter().all(|message| !message.bot));
    assert_eq!(world.audit().await, ["U0ALICE request_refused nobody_else"; 3]);
}

#[tokio::test]
async fn s13_where_slack_cannot_say_who_could_approve_nothing_is_posted() {
    let world = World::start().await;
    // The first question is who asks.
    world.control.fault("users.info", "pass", 1).await.unwrap();
    world.control.fault("users.info", "http_500", 1).await.unwrap();
    let command = "/ckan withdraw road-accidents-2019 --reason \"Publisher asked\"";
    insta::assert_snapshot!(world.is_told(ALICE, command).await, @"Slack could not tell me just now who could approve this, so the answer is no. Nothing was done. Try again in a minute.");
    assert_eq!(world.audit().await, ["U0ALICE request_refused cannot_identify"]);
    assert!(world.control.state(BOB).await.unwrap().messages.iter().all(|message| !message.bot));
}

#[tokio::test]
async fn s27_what_cannot_be_undone_is_looked_at_whole_before_it_is_approved() {
    let archive = tempfile::tempdir().unwrap();
    let top = format!(
        "archive_dir = \"{}\"\nticket_url = \"https://tickets.example.org/{{ticket}}\"",
        archive.path().display()
    );
    let world = World::with(Wanted { top, ..Wanted::default() }).await;
    world.has_three_engineers().await;
    let slug = "school-census-2023";
    world.ckan.action("package_delete", json!({ "id": slug })).await;
    world.types(ALICE, &format!("/ckan purge {slug} --reason \"Never to be kept\" --ticket 51237")).await;
    let card = world.card(slug).await;
    world.reviews(CARA, &card, Some(slug)).await;
    let card = world.card_says(&card, "1 of 2").await;
    world.presses(BOB, &card, "approve").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    if world.ckan.lab.is_none() {
        insta::assert_snapshot!(shown(&form.view), @r#"
        [Approve this?]
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Never to be kept
        Ticket: "51237" ("https://tickets.example.org/51237")
        Now: Waiting for approval: 1 of 2, approved by <@U0CARA> · can approve: <@U0BOB> · runs out ‹moment›
        Two approvals, because it cannot be undone.
        Purge “School Census 2023” from production
        Title: School Census 2023
        Slug: school-census-2023
        UUID: 2ff3e9ea-c83a-57eb-a7ef-2cce746d9406
        Publisher: Department for Education
        State: withdrawn
        Resources: 2
        Last change: 11 March 2025, 16:44 UTC
        Harvested by: nobody, published by hand
        Copy: production-2ff3e9ea-c83a-57eb-a7ef-2cce746d9406-20250311164402970508.json
        What will happen
        • A copy of what CKAN says of it is kept beside the bot first; without the copy nothing is purged.
        • CKAN removes it, with its resources and its places in groups, from its database.
        • Files that were uploaded to it stay where they are, with nothing that leads to them.
        Mind
        • Nobody said who asked for this (--requested-by). The runbook wants the publisher's own request.
        Cannot be undone
        • CKAN forgets the dataset with its resources, its groups and its UUID. Nobody can restore it but from a backup of the whole database.
        Safer: Leave it withdrawn: nobody but sysadmins sees it, and it can be restored at any time.
        Type school-census-2023 to approve ____
        [Approve]
        "#);
    }
    // Neither her yes nor the open form is enough.
    assert_eq!(world.ckan.state(slug).await, "deleted");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn s27_a_list_is_looked_at_whole_before_it_is_approved() {
    let world = World::start().await;
    world.types(ALICE, "/ckan withdraw --list").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let list = "road-accidents-2019\nroad-accidents-2018\nhouse-price-index";
    let filled = json!({"list": {"list": list}, "reason": {"reason": "Publisher asked"}});
    world.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
    let card = world.card("Withdraw 3 datasets").await;
    world.presses(BOB, &card, "approve").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    if world.ckan.lab.is_none() {
        // What a restore would lose is said where it would.
        let lossy = "• On this CKAN, older than 2.12, a restore over the API erases resources that were removed from a dataset earlier, so no button offers it for all of them: each has to be restored by itself.\n";
        let shown = shown(&form.view);
        assert_eq!(shown.contains(lossy), world.ckan.restores() == Restores::WithALoss, "{shown}");
        insta::assert_snapshot!(shown.replace(lossy, ""), @"
        [Approve this?]
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Now: Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Withdraw 3 datasets from production
        Datasets: 3
        The first of them: road-accidents-2019, road-accidents-2018, house-price-index
        Harvested: 0; published by hand: 3
        What will happen
        • They disappear from the site, the search and the API for everybody but sysadmins.
        • CKAN keeps them with their resources and files.
        • First one is withdrawn and verified, then five, then the rest; too many failures stop it.
        Mind
        • Nobody said who asked for this (--requested-by). The runbook wants the publisher's own request.
        The list
        • road-accidents-2019 (Road Safety Data 2019)
        • road-accidents-2018 (Road Safety Data 2018)
        • house-price-index (House Price Index)
        These are all 3. The file ‹ref›-list.csv in the thread has the whole list.
        [Approve]
        ");
    }
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
    world.control.submit(BOB, &form.view_id, &json!({})).await.unwrap();
    world.thread(&card, "Done and verified").await;
}

#[tokio::test]
async fn s17_the_whole_plan_is_a_press_away_for_whoever_may_read_and_decides_nothing() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "details").await;
    let view = world.control.wait_modal(BOB).await.unwrap();
    if world.ckan.restores() == Restores::OverTheApi {
        insta::assert_snapshot!(shown(&view.view), @"
        [The whole plan]
        Environment: production
        Asked by: <@U0ALICE>
        Reason: Publisher asked
        Ticket: 51234
        Now: Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
        Withdraw “Road Safety Data 2019” from production
        Title: Road Safety Data 2019
        Slug: road-accidents-2019
        UUID: 98b48282-0a09-5590-954a-9818be2884bc
        Publisher: Department for Transport
        State: active
        Resources: 3
        Last change: 12 June 2025, 14:03 UTC
        Harvested by: nobody, published by hand
        What will happen
        • It disappears from the site, the search and the API for everybody but sysadmins.
        • CKAN keeps it with its resources and files.
        Mind
        • Nobody said who asked for this (--requested-by). The runbook wants the publisher's own request.
        []
        ");
    }
    assert!(view.view["submit"].is_null(), "there is nothing to send");
    world.presses(GUEST, &card, "details").await;
    world.told(GUEST, "guests cannot ask or decide here").await;
    world.presses(CARA, &card, "details").await;
    world.told(CARA, "not on the list of people who may approve").await;
    world.card_says(&card, "0 of 1").await;
    assert_eq!(
        world.audit().await[1..],
        ["U0BOB read -", "U0GUEST decision_refused guest", "U0CARA decision_refused not_an_approver"]
    );
}

#[tokio::test]
async fn s17_a_card_that_had_to_be_cut_says_so() {
    let world = World::start().await;
    let Some(ckan) = world.ckan.control.as_ref() else { return };
    let title = format!("Roads {}", "and more roads ".repeat(300));
    ckan.change("road-accidents-2019", json!({ "title": title })).await;
    world.types(ALICE, "/ckan withdraw road-accidents-2019 --reason \"Publisher asked\"").await;
    let says = "Some of this is too long for a card and is cut. “See the whole plan” shows all of it.";
    let card = world.card(says).await;
    world.presses(BOB, &card, "details").await;
    let view = world.control.wait_modal(BOB).await.unwrap();
    assert!(shown(&view.view).replace('\n', "").contains(title.trim()), "the whole title is there");
}

#[tokio::test]
async fn s19_a_look_alike_is_no_copy_of_the_card() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.told(ALICE, "is posted").await;
    world.control.command(CARA, CHANNEL, "Withdraw the house price index").await.unwrap();
    let by_hand = world.control.wait_text(BOB, "Withdraw the house price index").await.unwrap();
    for ts in [by_hand.ts.as_str(), "1000000000.000001"] {
        let value = button_value(&card);
        world.control.forge_click(BOB, CHANNEL, ts, "approve", &value).await.unwrap();
        world.told(BOB, "not on a message that I posted for this request").await;
    }
    assert_eq!(world.ckan.state("road-accidents-2019").await, "active");
    let seen = world.control.wait_text(BOB, "Withdraw the house price index").await.unwrap();
    assert_eq!((seen.text, seen.blocks), (by_hand.text, by_hand.blocks), "and it stays as it was");
}

#[tokio::test]
async fn those_who_could_approve_are_reminded_and_nobody_else() {
    let mut world = World::with(Wanted { approvals: 2, ..Wanted::default() }).await;
    world.has_three_engineers().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.thread(&card, "asks:").await;
    world.minutes_pass(10).await;
    insta::assert_snapshot!(world.reminds(&card, 1).await.join("\n"), @"<@U0BOB>, <@U0CARA>: this waits for your approval: Withdraw “Road Safety Data 2019” from production. So far 0 of 2; it runs out ‹moment›. Press Approve or Deny on the card above.");
    world.reviews(BOB, &card, None).await;
    world.card_says(&card, "1 of 2").await;
    // A restart loses none and repeats none.
    world.stop_bot().await;
    world.start_bot().await;
    world.minutes_pass(19).await;
    world.stop_bot().await;
    world.minutes_pass(2).await;
    world.start_bot().await;
    let reminded = world.reminds(&card, 2).await;
    insta::assert_snapshot!(reminded[1], @"<@U0CARA>: this waits for your approval: Withdraw “Road Safety Data 2019” from production. So far 1 of 2, approved by <@U0BOB>; it runs out ‹moment›. Press Approve or Deny on the card above.");
    // What is decided is reminded of no more; what waits beside it is.
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    let other = world.asks_to_withdraw(ALICE, "road-accidents-2018").await;
    world.thread(&other, "asks:").await;
    world.minutes_pass(45).await;
    world.reminds(&other, 1).await;
    assert_eq!(world.reminders(&card).await.len(), 2);
}

#[tokio::test]
async fn nobody_is_reminded_where_nobody_else_is_left_nor_shortly_before_the_end() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let other = world.asks_to_withdraw(BOB, "road-accidents-2018").await;
    world.thread(&other, "asks:").await;
    world.control.usergroup("S0ENG", &[ALICE]).await.unwrap();
    world.minutes_pass(10).await;
    insta::assert_snapshot!(world.reminds(&other, 1).await.join("\n"), @"<@U0ALICE>: this waits for your approval: Withdraw “Road Safety Data 2018” from production. So far 0 of 1; it runs out ‹moment›. Press Approve or Deny on the card above.");
    world.minutes_pass(49).await;
    world.minutes_pass(1).await;
    world.card_says(&card, "Ran out of time").await;
    world.card_says(&other, "Ran out of time").await;
    assert_eq!(world.reminders(&card).await, Vec::<String>::new());
    assert_eq!(world.reminders(&other).await.len(), 1);
}
