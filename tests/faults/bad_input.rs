//! What people type and press that should not be: answered in words, nothing done.

use sandbox::slack::Message;
use serde_json::json;

use crate::evidence::{SLUG, ckan_was_changed, in_channel, nothing_in_channel, slack_agrees};
use crate::world::{ALICE, BOB, CHANNEL, World, blocks, button_value};

impl World {
    async fn presses_what_is_gone(&self, user: &str, card: &Message, button: &str) {
        let value = button_value(card);
        let reply = self.control.forge_click(user, CHANNEL, &card.ts, button, &value).await.unwrap();
        assert_eq!(reply.status, 200);
    }

    /// No message and no acknowledgement of the bot's would call the whole channel.
    async fn nobody_was_called(&self) {
        let calls = self.control.calls().await.unwrap();
        assert!(calls.iter().all(|call| !call.mention), "{calls:?}");
        assert!(self.control.deliveries().await.unwrap().iter().all(|delivery| !delivery.mention));
    }
}

#[tokio::test]
async fn each_mistake_has_its_own_sentence_and_the_channel_sees_none() {
    let world = World::start().await;
    let mut said = vec![];
    for text in [
        format!("withdraw {SLUG} --reason {}", "why ".repeat(750)),
        format!("withdraw {SLUG} --reason \"{}\"", "w".repeat(501)),
        format!("withdraw {} --reason x", "a".repeat(2_900)),
        format!("withdraw {SLUG} --reason \"bell \u{7}\""),
        format!("withdraw {SLUG}\u{0} --reason x"),
        "withdraw road\u{200b}-accidents-2019 --reason x".to_owned(),
        "withdraw road-accidents\u{202e}-2019 --reason x".to_owned(),
        "withdraw rоad-accidents-2019 --reason \"a Cyrillic o\"".to_owned(),
        "withdraw <!channel> --reason x".to_owned(),
        "withdraw <@U0BOB> --reason x".to_owned(),
        "restore road-accidents-2019 leeds-car-parks --reason x".to_owned(),
        "withdraw road-accidents-2019,leeds-car-parks --reason x".to_owned(),
        "withdraw road-accidents-2019, --reason x".to_owned(),
        "withdraw road-accidents-2019 --reason wrong leeds-car-parks --ticket 51234".to_owned(),
        "withdraw Road-Accidents-2019 --reason x".to_owned(),
        "withdraw --reason x".to_owned(),
        "withdraw road-accidents-2019 --list --reason x".to_owned(),
        "withdraw --list --list".to_owned(),
        "withdraw \"\" --reason x".to_owned(),
        "withdraw * --reason x".to_owned(),
        format!("withdraw {SLUG} --reason \"  \""),
        format!("withdraw {SLUG} --reason \"open"),
        format!("withdraw {SLUG} --reason x --ticket abc"),
        format!("withdraw {SLUG} --reason x --env moon"),
        "purge everything --reason x".to_owned(),
        "obliterate everything".to_owned(),
        "\u{200b}".to_owned(),
    ] {
        let shown: String = text.chars().take(60).collect();
        said.push(format!("{shown:?}: {}", world.is_told(ALICE, &format!("/ckan {text}")).await));
    }
    insta::assert_snapshot!("each_mistake", said.join("\n"));
    nothing_in_channel(&world).await;
    ckan_was_changed(&world, SLUG, 0).await;
    world.nobody_was_called().await;
}

#[tokio::test]
async fn s17_what_people_write_stays_letters_on_its_whole_way() {
    let world = World::start().await;
    let reason = "<!channel> <!here|here> @channel *bold* <@U0BOB> <https://evil.example|data.gov.uk> &lt;!everyone&gt; `x`";
    world.types(ALICE, &format!("/ckan withdraw {SLUG} --reason \"{reason}\"")).await;
    let card = world.card(SLUG).await;
    world.thread(&card, "asks: Withdraw").await;
    world.told(ALICE, "is posted").await;
    assert!(card.text.contains("&lt;!channel&gt;"), "{}", card.text);
    assert!(!card.text.contains("<!channel>") && !card.text.contains("<!here"), "{}", card.text);
    let reason = card.text.lines().find(|line| line.starts_with("Reason")).unwrap();
    assert!(!reason.contains("<@U0BOB>") && !card.text.contains("<https"), "{}", card.text);
    assert!(!blocks(&card).contains("\"url\":\"https://evil.example"), "{}", blocks(&card));
    world.types(ALICE, "/ckan withdraw leeds-car-parks").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let values = json!({"reason": {"reason": "<!channel> \u{202e}gnp.exe\u{202c}\u{200b}"}});
    world.control.submit(ALICE, &form.view_id, &values).await.unwrap();
    let second = world.card("leeds-car-parks").await;
    for invisible in ['\u{202e}', '\u{202c}', '\u{200b}'] {
        assert!(!second.text.contains(invisible) && !blocks(&second).contains(invisible));
    }
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let bell = json!({"reason": {"reason": "no \u{7}"}});
    let sent = world.control.submit(BOB, &form.view_id, &bell).await.unwrap();
    assert!(sent.errors.unwrap()["reason"].as_str().unwrap().contains("control character"));
    let reason = json!({"reason": {"reason": "no <!everyone> `<!here>`"}});
    world.control.submit(BOB, &form.view_id, &reason).await.unwrap();
    world.thread(&card, "denied it").await;
    world.card_says(&card, "Denied").await;
    world.nobody_was_called().await;
}

#[tokio::test]
async fn approving_after_it_has_run_out() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.clock.advance_ms(3_600_000);
    slack_agrees(&world, &card, "has run out").await;
    // Slack's clock stayed where it was, and the signatures with it.
    world.clock.advance_ms(-3_600_000);
    world.presses_what_is_gone(BOB, &card, "approve").await;
    insta::assert_snapshot!(world.told(BOB, "run out").await, @"This request has run out of time. That was on ‹moment›. Your click changed nothing.");
    world.presses_what_is_gone(ALICE, &card, "cancel").await;
    world.told(ALICE, "run out").await;
    ckan_was_changed(&world, SLUG, 0).await;
    slack_agrees(&world, &card, "has run out").await;
}

#[tokio::test]
async fn approving_after_it_was_cancelled() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    slack_agrees(&world, &card, "cancelled the request").await;
    world.presses_what_is_gone(BOB, &card, "approve").await;
    insta::assert_snapshot!(world.told(BOB, "cancelled").await, @"This request was cancelled by the person who asked. That was on ‹moment›. Your click changed nothing.");
    world.presses_what_is_gone(BOB, &card, "deny").await;
    world.told(BOB, "cancelled").await;
    ckan_was_changed(&world, SLUG, 0).await;
    slack_agrees(&world, &card, "cancelled the request").await;
}

#[tokio::test]
async fn cancelling_what_is_done() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    slack_agrees(&world, &card, "Done and verified").await;
    world.presses_what_is_gone(ALICE, &card, "cancel").await;
    insta::assert_snapshot!(world.told(ALICE, "changed nothing").await, @"This request is done already. Decided by <@U0BOB> on ‹moment›. Your click changed nothing.");
    ckan_was_changed(&world, SLUG, 1).await;
    assert_eq!(in_channel(&world).await.len(), 4);
}
