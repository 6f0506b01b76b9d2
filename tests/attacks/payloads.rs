//! Edited values, copied buttons and look-alike cards.

use serde_json::{Value, json};

use crate::attacker::{SLUG, click, elsewhere};
use crate::file::File;
use crate::world::{ALICE, BOB, CHANNEL, World, button_value};

#[tokio::test]
async fn s6_whatever_stands_in_a_button_only_an_open_requests_own_id_counts() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let other = world.asks_to_withdraw(ALICE, "house-price-index").await;
    let (value, others) = (button_value(&card), button_value(&other));
    world.goes_on(&other).await;
    for edited in [
        others.clone(),
        String::new(),
        "*".to_owned(),
        SLUG.to_owned(),
        value.to_lowercase(),
        format!("{value}\0"),
        format!(" {value}"),
        value[20..].to_owned(),
        json!({"id": value, "approve": true}).to_string(),
        json!([value]).to_string(),
        format!("{value}' OR '1'='1"),
        "'; UPDATE request SET state = 'approved'; --".to_owned(),
        "../../../etc/passwd".to_owned(),
        "{{7*7}}".to_owned(),
        "x".repeat(4_000),
        "𝟘𝟙ＡＲ\u{202e}".to_owned(),
    ] {
        let payload = click(BOB, &card, "approve", &edited);
        assert_eq!(world.sends(&payload).await, 200, "{edited}");
        let words =
            if edited == others { "not on a message that I posted" } else { "no request that I know of" };
        world.told(BOB, words).await;
    }
    // What is no text is no button of ours.
    for edited in [json!(null), json!(7), json!({"id": value}), json!([value])] {
        let mut payload = click(BOB, &card, "approve", "");
        payload["actions"][0]["value"] = edited;
        assert_eq!(world.sends(&payload).await, 200);
    }
    world.is_quiet().await;
    // On a finished request's own card, its id is too late.
    assert_eq!(world.sends(&click(BOB, &other, "approve", &others)).await, 200);
    world.told(BOB, "is done already").await;
    world.ckan_saw(1).await;
    world.goes_on(&card).await;
    world.ckan_saw(2).await;
}

#[tokio::test]
async fn s6_another_button_is_not_taken_for_one_that_there_is() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    let long = "approve".repeat(600);
    for button in ["", "Approve", "approve ", "execute", "claim", "hold", "release", "tick", "settle", &long]
    {
        assert_eq!(world.sends(&click(BOB, &card, button, &value)).await, 200, "{button}");
        world.told(BOB, "do not know what to do with that").await;
    }
    // Of several at once, the first is what was pressed.
    let mut payload = click(BOB, &card, "execute", &value);
    let second = json!({"type": "button", "action_id": "approve", "value": value});
    payload["actions"].as_array_mut().unwrap().push(second);
    assert_eq!(world.sends(&payload).await, 200);
    world.told(BOB, "do not know what to do with that").await;
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
}

#[tokio::test]
async fn s6_s19_a_button_in_another_channel_thread_or_message_is_a_copy() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let other = world.asks_to_withdraw(ALICE, "house-price-index").await;
    let (value, opened) = (button_value(&card), world.thread(&card, "").await);
    for copy in [
        elsewhere(&card, Some("C0002"), None),
        elsewhere(&card, Some("D0001"), None),
        elsewhere(&card, Some(""), Some("")),
        elsewhere(&card, None, Some("1700000000.000001")),
        elsewhere(&card, None, Some(&other.ts)),
    ] {
        assert_eq!(world.sends(&click(BOB, &copy, "approve", &value)).await, 200);
        world.told(BOB, "not on a message that I posted for this request").await;
        assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused copied_button by -");
    }
    world.ckan_saw(0).await;
    // The request's own thread is the bot's own word for the same request: no copy.
    assert_eq!(world.sends(&click(BOB, &opened, "approve", &value)).await, 200);
    world.thread(&card, "Done and verified").await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s19_a_card_that_looks_like_ours_and_what_it_says_are_not_read() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    // Another app's message with the very same blocks, and another app's name on ours.
    let theirs = elsewhere(&card, None, Some("1700000000.000002"));
    let mut payload = click(BOB, &theirs, "approve", &value);
    payload["message"]["bot_id"] = json!("B0EVIL");
    payload["message"]["app_id"] = json!("A0002");
    assert_eq!(world.sends(&payload).await, 200);
    world.told(BOB, "not on a message that I posted").await;
    world.ckan_saw(0).await;
    // On our own message, whatever the payload claims that it says: only the id and the place count.
    let mut payload = click(BOB, &card, "approve", &value);
    payload["message"]["text"] = json!("Withdraw “House Price Index”");
    payload["message"]["blocks"] =
        json!([{"type": "section", "text": {"type": "mrkdwn", "text": "harmless"}}]);
    payload["message"]["metadata"] =
        json!({"event_type": "approve", "event_payload": {"slug": "house-price-index"}});
    payload["state"] = json!({"values": {"dataset": {"dataset": {"value": "house-price-index"}}}});
    payload["channel"] = json!({"id": "C0002", "name": CHANNEL});
    assert_eq!(world.sends(&payload).await, 200);
    world.thread(&card, "Done and verified: Withdraw “Road Safety Data 2019”").await;
    world.ckan_saw(1).await;
    assert_eq!(world.ckan.state("house-price-index").await, "active");
}

#[tokio::test]
async fn s3_what_is_deep_wide_or_no_text_at_all_neither_crashes_nor_hangs_the_door() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let mut wide = click(BOB, &card, "approve", "x");
    wide["actions"] = Value::Array(vec![json!({}); 20_000]);
    let body = |text: &str| serde_urlencoded::to_string([("payload", text)]).unwrap();
    for text in [
        body(&deep),
        body("null"),
        body("[]"),
        body("\"approve\""),
        body("{\"user\":"),
        "payload=%ff%fe".to_owned(),
        "payload=%00".to_owned(),
        "payload".to_owned(),
        String::new(),
        "=&=&=&".repeat(20_000),
    ] {
        let reply = world.control.deliver("interactions", &text).await.unwrap();
        assert_eq!((reply.status, reply.timed_out), (401, false));
    }
    assert_eq!(world.sends(&wide).await, 200);
    world.is_quiet().await;
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
}

#[tokio::test]
async fn s26_nothing_that_is_sent_makes_an_entry_of_the_audit_large() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    let long = "U".repeat(20_000);
    for (field, status) in [
        ("/user/id", 401),
        ("/team/id", 401),
        ("/actions/0/value", 200),
        ("/actions/0/action_id", 200),
        ("/container/channel_id", 200),
    ] {
        let mut payload = click(BOB, &card, "approve", &value);
        *payload.pointer_mut(field).unwrap() = json!(long);
        assert_eq!(world.sends(&payload).await, status, "{field}");
    }
    world.counts("SELECT count(*) FROM inbound WHERE state = 'received'", 0).await;
    assert_eq!(world.judged().await.len(), 4, "each refused press has its entry");
    assert!(File::of(&world).await.number("SELECT max(length(entry)) FROM audit").await < 2_000);
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}
