//! Invariant 8 and its threats: Slack shows, and the store decides.

use serde_json::{Value, json};

use crate::file::File;
use crate::world::{ALICE, BOB, CARA, World, button_value};

/// Every value of this key, wherever it stands.
fn values_of<'v>(key: &str, value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| values_of(key, item, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == key {
                    found.push(field);
                }
                values_of(key, field, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_opaque(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == 26 && text.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
    })
}

#[tokio::test]
async fn invariant_8_buttons_and_forms_carry_an_opaque_id_and_nothing_else() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "deny").await;
    world.control.wait_modal(BOB).await.unwrap();
    world.types(ALICE, "/ckan withdraw road-accidents-2018").await;
    world.control.wait_modal(ALICE).await.unwrap();
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    world.presses(BOB, &done, "undo").await;
    world.types(BOB, "/ckan request list --all").await;
    world.told(BOB, "Road Safety Data 2019").await;

    let (mut buttons, mut forms) = (0, 0);
    for call in world.control.calls().await.unwrap() {
        let (mut values, mut carried, mut links, mut metadata) = (vec![], vec![], vec![], vec![]);
        values_of("value", &call.args, &mut values);
        values_of("private_metadata", &call.args, &mut carried);
        values_of("url", &call.args, &mut links);
        values_of("metadata", &call.args, &mut metadata);
        assert!(values.iter().all(|value| is_opaque(value)), "{values:?}");
        assert!(carried.iter().all(|value| is_opaque(value)), "{carried:?}");
        assert!(links.is_empty() && metadata.is_empty(), "{links:?} {metadata:?}");
        buttons += values.len();
        forms += carried.len();
    }
    assert!(buttons >= 3 && forms >= 3, "{buttons} buttons, {forms} forms");
}

#[tokio::test]
async fn invariant_8_what_a_message_says_decides_nothing() {
    let world = World::start().await;
    let one = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let other = world.asks_to_withdraw(ALICE, "house-price-index").await;
    // Somebody who has the bot's token writes on the first card what stands on the second, and the other way round.
    edit(&world, &one.ts, &other.text, &json!(other.blocks)).await;
    world.presses(BOB, &one, "approve").await;
    world.told(BOB, "not on a message that I posted for this request").await;
    // Or only other words above the right buttons.
    let mut blocks = other.blocks.clone();
    *blocks.iter_mut().find(|block| block["type"] == "actions").unwrap() =
        one.blocks.iter().find(|block| block["type"] == "actions").unwrap().clone();
    edit(&world, &one.ts, &other.text, &json!(blocks)).await;
    world.presses(BOB, &one, "approve").await;
    world.thread(&one, "Done and verified: Withdraw “Road Safety Data 2019”").await;
    assert_eq!(world.ckan.state("road-accidents-2019").await, "deleted");
    assert_eq!(world.ckan.state("house-price-index").await, "active");
}

async fn edit(world: &World, ts: &str, text: &str, blocks: &Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer: Value = http
        .post(format!("{}/chat.update", world.slack.api_url()))
        .bearer_auth(world.secret("SLACK_BOT_TOKEN").unwrap())
        .json(&json!({"channel": crate::world::CHANNEL, "ts": ts, "text": text, "blocks": blocks}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
}

#[tokio::test]
async fn s23_a_form_that_somebody_else_opened_is_refused() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let payload = json!({
        "type": "view_submission", "team": {"id": "T0001"}, "user": {"id": CARA, "team_id": "T0001"},
        "api_app_id": "A0001", "trigger_id": "1.2.3",
        "view": {
            "id": "V0COPY", "hash": "1.x", "callback_id": "deny",
            "private_metadata": form.view["private_metadata"],
            "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": "No"}}}},
        },
    });
    let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
    assert_eq!(world.control.deliver("interactions", &body).await.unwrap().status, 200);
    world.told(CARA, "too old to be used").await;
    world.card_says(&card, "Waiting for approval").await;
    assert_eq!(world.audit().await.last().unwrap(), "U0CARA decision_refused form_too_old");
}

#[tokio::test]
async fn s23_who_may_is_asked_again_when_the_form_is_sent() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.usergroup("S0ENG", &[ALICE]).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "No"}})).await.unwrap();
    world.told(BOB, "not on the list of people who may approve").await;
    world.card_says(&card, "Waiting for approval").await;
}

#[tokio::test]
async fn s17_s18_no_title_and_no_reason_becomes_more_than_letters() {
    let world = World::start().await;
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    let title = "*Safe* <!channel> <@U0BOB> <https://evil.example|here> \u{202e}evil\u{200b} `x` @here";
    ckan.change("road-accidents-2019", json!({"title": title})).await;
    world
        .types(
            ALICE,
            "/ckan withdraw road-accidents-2019 --reason \"<!here> *done* <https://evil.example|ok>\"",
        )
        .await;
    let card = world.card("Withdraw").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    for call in world.control.calls().await.unwrap() {
        assert!(!call.mention, "{}", call.args);
        let sent = call.args.to_string();
        assert!(!sent.contains(['\u{202e}', '\u{200b}']), "{sent}");
        let (mut links, mut kinds) = (vec![], vec![]);
        values_of("url", &call.args, &mut links);
        values_of("type", &call.args, &mut kinds);
        assert!(links.is_empty(), "{links:?}");
        let mrkdwn = kinds.iter().filter(|kind| **kind == "mrkdwn").count();
        assert!(mrkdwn <= 1, "only the line with the digests: {sent}");
        for switch in ["unfurl_links", "unfurl_media", "link_names"] {
            assert!(call.args[switch].is_null() || call.args[switch] == false, "{sent}");
        }
    }
    for delivery in world.control.deliveries().await.unwrap() {
        assert!(!delivery.mention, "{}", delivery.response);
    }
}

#[tokio::test]
async fn an_old_copy_of_the_file_does_nothing_twice() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.told(ALICE, "is posted").await;
    let copy = world.folder.path().join("an-hour-ago.db");
    File::of(&world).await.back_up(&copy).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    world.card_says(&card, "Done and verified").await;

    world.stop_bot().await;
    crate::file::is_put_away(&world.database()).await;
    std::fs::rename(&copy, world.database()).unwrap();
    world.start_bot().await;
    // The copy believes that it still waits for its approval, and shows it again.
    let value = button_value(&card);
    world.control.forge_click(BOB, &card.channel, &card.ts, "approve", &value).await.unwrap();
    world.thread(&card, "already withdrawn").await;
    assert_eq!(world.ckan.writes("road-accidents-2019").await, Some(1));
}
