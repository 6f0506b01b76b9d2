//! `chat.*` and response addresses: who sees what, and what is refused.

mod slack_app;

use sandbox::slack::SlackConfig;
use serde_json::{Value, json};
use slack_app::{ALICE, Answer, BOB, CHANNEL, Scene, card};

#[expect(clippy::unwrap_used, reason = "test support")]
async fn post(scene: &Scene, more: Value) -> Value {
    let mut arguments = json!({ "channel": CHANNEL });
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    scene.api("chat.postMessage", &arguments).await
}

#[tokio::test]
async fn a_message_is_answered_as_stored_with_the_ids_that_slack_adds() {
    let scene = Scene::start().await;
    let blocks = json!([{ "type": "actions", "elements": [
        { "type": "button", "text": { "type": "plain_text", "text": "Go" } }] }]);
    let metadata = json!({ "event_type": "card", "event_payload": { "id": "01J0", "n": 1 } });
    let posted = post(&scene, json!({ "text": "hello", "blocks": blocks, "metadata": metadata })).await;
    assert_eq!((&posted["ok"], &posted["channel"]), (&json!(true), &json!(CHANNEL)));
    let message = &posted["message"];
    assert_eq!(
        (&message["user"], &message["bot_id"], &message["app_id"]),
        (&json!("U0BOT"), &json!("B0BOT"), &json!("A0001"))
    );
    assert_eq!(message["metadata"], metadata);
    assert!(message["blocks"][0]["block_id"].is_string());
    assert!(message["blocks"][0]["elements"][0]["action_id"].is_string());
    let seen = scene.control.wait_text("U0OUT", "hello").await.unwrap();
    assert_eq!((seen.ts.as_str(), seen.bot, seen.edited), (posted["ts"].as_str().unwrap(), true, false));
    assert_eq!(json!(seen.blocks), message["blocks"]);
    assert_eq!(seen.metadata, Some(metadata));
}

#[tokio::test]
async fn what_says_nothing_or_too_much_is_refused() {
    let scene = Scene::start().await;
    let divider = json!({ "type": "divider" });
    let text = json!({ "type": "plain_text", "text": "x".repeat(3000) });
    let cases = [
        (json!({}), "no_text"),
        (json!({ "text": " " }), "no_text"),
        (json!({ "blocks": [] }), "no_text"),
        (json!({ "text": "x".repeat(40_001) }), "msg_too_long"),
        (json!({ "text": "x", "blocks": "[" }), "invalid_blocks_format"),
        (json!({ "text": "x", "blocks": { "type": "divider" } }), "invalid_blocks_format"),
        (json!({ "text": "x", "blocks": [{ "type": "sektion" }] }), "invalid_blocks"),
        (json!({ "blocks": vec![json!({ "type": "section", "text": text }); 5] }), "msg_blocks_too_long"),
        (json!({ "markdown_text": "x", "text": "y" }), "markdown_text_conflict"),
        (json!({ "text": "x", "metadata": { "event_type": "a" } }), "invalid_metadata_format"),
        (
            json!({ "text": "x", "metadata": { "event_type": "a", "event_payload": { "x": "y".repeat(17_000) } } }),
            "metadata_too_large",
        ),
        (json!({ "text": "x", "attachments": vec![json!({}); 101] }), "too_many_attachments"),
        (json!({ "text": "x", "unfurl_links": "perhaps" }), "invalid_arguments"),
        (json!({ "text": "x", "thread_ts": "1.000001" }), "thread_not_found"),
        (json!({ "text": "x", "channel": "C0404" }), "channel_not_found"),
        (json!({ "text": "x", "channel": "#govuk-platform-health" }), "channel_not_found"),
        (json!({ "text": "x", "channel": null }), "invalid_arguments"),
    ];
    for (arguments, error) in cases {
        let answer = post(&scene, arguments.clone()).await;
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &json!(error)), "{arguments:.200}");
    }
    assert!(scene.control.state(ALICE).await.unwrap().messages.is_empty());
    let broken = post(&scene, json!({ "blocks": [divider, { "type": "section" }] })).await;
    let sentence = "[ERROR] must have text or fields [json-pointer:/blocks/1]";
    assert_eq!(broken["response_metadata"]["messages"], json!([sentence]));
    assert_eq!(post(&scene, json!({ "text": "x".repeat(40_000) })).await["ok"], true);
}

#[tokio::test]
async fn the_bot_posts_only_where_it_is_a_member() {
    let mut config = SlackConfig::small_team();
    let mut elsewhere = config.workspace.channels[0].clone();
    elsewhere.id = "C0002".into();
    elsewhere.members = vec![ALICE.into()];
    let mut private = elsewhere.clone();
    (private.id, private.is_private) = ("C0003".into(), true);
    let mut old = config.workspace.channels[0].clone();
    (old.id, old.is_archived) = ("C0004".into(), true);
    config.workspace.channels.extend([elsewhere, private, old]);
    let scene = Scene::with(config).await;
    for (channel, error) in
        [("C0002", "not_in_channel"), ("C0003", "channel_not_found"), ("C0004", "is_archived")]
    {
        assert_eq!(post(&scene, json!({ "text": "x", "channel": channel })).await["error"], error);
    }
    let direct = post(&scene, json!({ "text": "for Bob", "channel": BOB })).await;
    assert_eq!(direct["channel"], "D0BOB");
    assert_eq!(scene.control.wait_text(BOB, "for Bob").await.unwrap().channel, "D0BOB");
    assert!(scene.control.state(ALICE).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn an_ephemeral_message_is_seen_by_one_person_and_by_no_method() {
    let scene = Scene::start().await;
    let arguments = json!({ "channel": CHANNEL, "user": ALICE, "text": "psst" });
    let answer = scene.api("chat.postEphemeral", &arguments).await;
    let ts = answer["message_ts"].as_str().unwrap();
    assert_eq!(scene.control.wait_text(ALICE, "psst").await.unwrap().ts, ts);
    assert!(scene.control.state(BOB).await.unwrap().messages.is_empty());
    let same = json!({ "channel": CHANNEL, "ts": ts, "text": "louder" });
    assert_eq!(scene.api("chat.update", &same).await["error"], "message_not_found");
    assert_eq!(scene.api("chat.delete", &same).await["error"], "message_not_found");
    let reply = post(&scene, json!({ "text": "x", "thread_ts": ts })).await;
    assert_eq!(reply["error"], "cannot_reply_to_message");
    let stranger = json!({ "channel": CHANNEL, "user": "U0404", "text": "psst" });
    assert_eq!(scene.api("chat.postEphemeral", &stranger).await["error"], "user_not_in_channel");
}

#[tokio::test]
async fn an_update_changes_the_apps_own_message_only() {
    let scene = Scene::start().await;
    let ts = scene.post_card().await;
    scene.control.command(BOB, CHANNEL, "hello").await.unwrap();
    let bobs = scene.control.wait_text(BOB, "hello").await.unwrap().ts;
    let update = async |ts: &str, more: Value| {
        let mut arguments = json!({ "channel": CHANNEL, "ts": ts });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        scene.api("chat.update", &arguments).await
    };
    assert_eq!(update(&bobs, json!({ "text": "x" })).await["error"], "cant_update_message");
    assert_eq!(update("1.000001", json!({ "text": "x" })).await["error"], "message_not_found");
    assert_eq!(update(&ts, json!({})).await["error"], "no_text");
    // 4,000 bytes once escaped, not 4,000 characters.
    assert_eq!(update(&ts, json!({ "text": "&".repeat(801) })).await["error"], "msg_too_long");
    assert_eq!(update(&ts, json!({ "text": "é".repeat(2_001) })).await["error"], "msg_too_long");
    let of_channel = json!({ "channel": "C0404", "ts": ts, "text": "x" });
    assert_eq!(scene.api("chat.update", &of_channel).await["error"], "channel_not_found");

    let answer = update(&ts, json!({ "text": "Approved", "blocks": card() })).await;
    assert_eq!(
        (&answer["ok"], &answer["ts"], &answer["text"]),
        (&json!(true), &json!(ts), &json!("Approved"))
    );
    let with_blocks = scene.control.wait_text(ALICE, "Approved").await.unwrap();
    assert_eq!((with_blocks.edited, with_blocks.blocks.len()), (false, 2));
    update(&ts, json!({ "text": "Done" })).await;
    let text_only = scene.control.wait_text(ALICE, "Done").await.unwrap();
    assert_eq!((text_only.edited, text_only.blocks.len()), (true, 0));
    assert_eq!(
        scene.api("chat.delete", &json!({ "channel": CHANNEL, "ts": bobs })).await["error"],
        "cant_delete_message"
    );
    assert_eq!(scene.api("chat.delete", &json!({ "channel": CHANNEL, "ts": ts })).await["ok"], true);
    assert_eq!(scene.control.state(ALICE).await.unwrap().messages.len(), 1);
}

#[tokio::test]
async fn threads_history_and_permalinks_find_what_was_posted() {
    let mut config = SlackConfig::small_team();
    config.scopes.push("channels:history".into());
    let scene = Scene::with(config).await;
    let ts = scene.post_card().await;
    let metadata = json!({ "event_type": "step", "event_payload": { "id": "7" } });
    let reply = post(&scene, json!({ "text": "step", "thread_ts": ts, "metadata": metadata })).await;
    let reply_ts = reply["ts"].as_str().unwrap();
    assert_eq!(
        post(&scene, json!({ "text": "x", "thread_ts": reply_ts })).await["error"],
        "cannot_reply_to_message"
    );
    post(&scene, json!({ "text": "second" })).await;

    let history = scene.get("conversations.history", &[("channel", CHANNEL), ("limit", "1")]).await;
    assert_eq!(history["messages"][0]["text"], "second", "newest first");
    let cursor = history["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest = scene.get("conversations.history", &[("channel", CHANNEL), ("cursor", cursor)]).await;
    assert_eq!((&rest["messages"][0]["ts"], &rest["messages"][0]["reply_count"]), (&json!(ts), &json!(1)));
    assert_eq!(rest["messages"].as_array().unwrap().len(), 1);
    let thread = [("channel", CHANNEL), ("ts", ts.as_str()), ("oldest", ts.as_str())];
    let replies = scene.get("conversations.replies", &thread).await;
    assert_eq!(
        (&replies["messages"][0]["text"], &replies["messages"][0]["metadata"]),
        (&json!("step"), &Value::Null)
    );
    let with_metadata = [&thread[..], &[("include_all_metadata", "true"), ("inclusive", "1")]].concat();
    let replies = scene.get("conversations.replies", &with_metadata).await;
    assert_eq!((&replies["messages"][0]["ts"], &replies["messages"][1]["metadata"]), (&json!(ts), &metadata));

    let link = [("channel", CHANNEL), ("message_ts", reply_ts)];
    let link = scene.get("chat.getPermalink", &link).await;
    let digits = reply_ts.replace('.', "");
    let wanted = format!("https://platform-team.slack.com/archives/C0001/p{digits}?thread_ts={ts}&cid=C0001");
    assert_eq!(link["permalink"], wanted);
}

#[tokio::test]
async fn a_response_address_takes_five_posts_for_one_person() {
    let mut scene = Scene::start().await;
    let form = scene.command("U0GUEST", "/ckan help").await;
    let url = &form["response_url"];
    let no_text = scene.respond(url, &json!({})).await;
    assert_eq!(no_text, (400, json!({ "ok": false, "error": "no_text" })));
    for n in 0..4 {
        let body = json!({ "text": format!("answer {n}") });
        assert_eq!(scene.respond(url, &body).await, (200, json!({ "ok": true })));
    }
    assert_eq!(
        scene.respond(url, &json!({ "text": "x" })).await,
        (404, json!({ "ok": false, "error": "used_url" }))
    );
    assert_eq!(scene.control.state("U0GUEST").await.unwrap().messages.len(), 4);
    assert!(scene.control.state(ALICE).await.unwrap().messages.is_empty());

    let late = scene.command(ALICE, "/ckan help").await["response_url"].clone();
    scene.control.advance_clock(30 * 60).await.unwrap();
    assert_eq!(scene.respond(&late, &json!({ "text": "x" })).await.1["error"], "expired_url");
    let calls = scene.control.calls().await.unwrap();
    assert!(calls.iter().all(|call| call.method == "respond"));
    assert_eq!(calls.iter().filter(|call| call.ok).count(), 4);
}

#[tokio::test]
async fn a_response_can_be_public_replace_or_delete_its_original() {
    let mut scene = Scene::start().await;
    let form = scene.command(ALICE, "/ckan show roads").await;
    scene.respond(&form["response_url"], &json!({ "text": "here", "response_type": "in_channel" })).await;
    let public = scene.control.wait_text(BOB, "here").await.unwrap();
    assert_eq!((public.command.as_deref(), public.ephemeral_for), (Some("/ckan show roads"), None));

    scene.answer(Answer::Json(json!({ "text": "Looking …" })));
    let form = scene.command(ALICE, "/ckan show rail").await;
    scene.control.wait_text(ALICE, "Looking …").await.unwrap();
    scene
        .respond(
            &form["response_url"],
            &json!({ "text": "Found", "replace_original": true, "response_type": "in_channel" }),
        )
        .await;
    scene.control.wait_text(ALICE, "Found").await.unwrap();
    let bob_sees = scene.control.state(BOB).await.unwrap().messages;
    assert_eq!(bob_sees.len(), 1, "what one person saw never becomes public");
    assert_eq!(scene.control.state(ALICE).await.unwrap().messages.len(), 2);
    scene.respond(&form["response_url"], &json!({ "delete_original": true })).await;
    assert_eq!(scene.control.state(ALICE).await.unwrap().messages.len(), 1);

    let ts = scene.post_card().await;
    let message = scene.control.wait_text(BOB, "Withdraw").await.unwrap();
    scene.control.click(BOB, &message, "approve").await.unwrap();
    let url = scene.received().await.payload()["response_url"].as_str().unwrap().to_owned();
    scene.respond(&url, &json!({ "text": "only you" })).await;
    assert_eq!(scene.control.wait_text(BOB, "only you").await.unwrap().ephemeral_for.as_deref(), Some(BOB));
    scene.respond(&url, &json!({ "text": "Closed", "replace_original": true })).await;
    assert_eq!(scene.control.wait_text(ALICE, "Closed").await.unwrap().ts, ts);
}

#[tokio::test]
async fn mentions_of_everyone_are_recorded() {
    let mut scene = Scene::start().await;
    post(&scene, json!({ "text": "&lt;!channel&gt; is fine" })).await;
    post(&scene, json!({ "text": "<!channel> is not" })).await;
    let url = scene.command(ALICE, "/ckan").await["response_url"].clone();
    scene.respond(&url, &json!({ "text": "<!here>" })).await;
    let mentions: Vec<bool> = scene.control.calls().await.unwrap().iter().map(|call| call.mention).collect();
    assert_eq!(mentions, [false, true, true]);
}
