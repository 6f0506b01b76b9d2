//! What people do in the sandbox Slack, and what the app gets of it.

mod slack_app;

use sandbox::slack::sign;
use serde_json::{Value, json};
use slack_app::{ALICE, Answer, BOB, CHANNEL, SECRET, Scene, code, reason_modal};

#[tokio::test]
async fn a_command_arrives_signed_and_its_answer_is_seen_by_the_asker_only() {
    let mut scene = Scene::start().await;
    scene.answer(Answer::Text("Looking up roads …"));
    let reply = scene.control.command(ALICE, CHANNEL, "/ckan  withdraw roads ").await.unwrap();
    assert_eq!((reply.ok, reply.status, reply.timed_out), (true, 200, false));

    let received = scene.received().await;
    assert_eq!(received.path, "commands");
    let timestamp = received.header("x-slack-request-timestamp").parse().unwrap();
    let right = sign::signature(SECRET, timestamp, &received.body);
    assert_eq!(received.header("x-slack-signature"), right);
    let form = received.form();
    assert_eq!((form["command"].as_str(), form["text"].as_str()), ("/ckan", "withdraw roads"));
    assert_eq!((form["user_id"].as_str(), form["team_id"].as_str()), (ALICE, "T0001"));
    assert_eq!((form["api_app_id"].as_str(), form["is_enterprise_install"].as_str()), ("A0001", "false"));
    assert!(form["response_url"].starts_with(&format!("{}/respond/", scene.slack.url())));

    let seen = scene.control.wait_text(ALICE, "Looking up roads").await.unwrap();
    assert_eq!(seen.ephemeral_for.as_deref(), Some(ALICE));
    assert_eq!(seen.command.as_deref(), Some("/ckan  withdraw roads"));
    assert!(scene.control.state(BOB).await.unwrap().messages.is_empty());
    scene.slack.stop().await;
}

#[tokio::test]
async fn an_app_that_hangs_costs_three_seconds_and_the_person_is_told() {
    let scene = Scene::start().await;
    scene.answer(Answer::Hang);
    let reply = scene.control.command(ALICE, CHANNEL, "/ckan").await.unwrap();
    assert!(reply.timed_out && (3_000..10_000).contains(&reply.ack_ms), "{reply:?}");
    scene.answer(Answer::Status(500));
    scene.control.command(ALICE, CHANNEL, "/ckan").await.unwrap();
    scene.answer(Answer::Json(json!({ "response_type": "everybody", "text": "x" })));
    scene.control.command(ALICE, CHANNEL, "/ckan").await.unwrap();
    let notices = scene.control.state(ALICE).await.unwrap().notices;
    let codes: Vec<&str> = notices.iter().map(|notice| notice.code.as_str()).collect();
    assert_eq!(codes, ["operation_timeout", "dispatch_failed", "invalid_command_response"]);
    assert!(scene.control.state(BOB).await.unwrap().notices.is_empty());
}

#[tokio::test]
async fn commands_of_other_companies_in_threads_and_unknown_ones_never_reach_the_app() {
    let scene = Scene::start().await;
    assert_eq!(code(scene.control.command("U0OUT", CHANNEL, "/ckan help").await), "no_such_command");
    assert_eq!(code(scene.control.command(ALICE, CHANNEL, "/kcan help").await), "no_such_command");
    assert_eq!(code(scene.control.command(ALICE, "C0002", "/ckan help").await), "no_such_channel");
    assert_eq!(code(scene.control.command("U0NOBODY", CHANNEL, "/ckan").await), "no_such_person");
    let ts = scene.post_card().await;
    let threaded = json!({ "user": ALICE, "channel": CHANNEL, "text": "/ckan help", "thread_ts": ts });
    assert_eq!(code(scene.control.post::<Value>("command", &threaded).await), "command_in_thread");
    assert!(scene.control.deliveries().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_click_carries_the_message_and_who_clicked() {
    let mut scene = Scene::start().await;
    scene.post_card().await;
    let card = scene.control.wait_text("U0OUT", "Withdraw *roads*?").await.unwrap();
    let reply = scene.control.click("U0OUT", &card, "approve").await.unwrap();
    assert_eq!(reply.status, 200);
    let payload = scene.received().await.payload();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(
        payload["user"],
        json!({ "id": "U0OUT", "username": "olga", "name": "olga", "team_id": "T0009" })
    );
    assert_eq!(payload["team"]["id"], "T0001");
    assert_eq!(payload["enterprise"], Value::Null);
    assert_eq!(payload["api_app_id"], "A0001");
    assert_eq!(payload["channel"]["id"], CHANNEL);
    assert_eq!(payload["container"]["message_ts"], card.ts.as_str());
    assert_eq!(payload["message"]["ts"], card.ts.as_str());
    assert_eq!(payload["message"]["bot_id"], "B0BOT");
    let action = &payload["actions"][0];
    assert_eq!((&action["action_id"], &action["block_id"]), (&json!("approve"), &json!("vote")));
    assert_eq!((&action["value"], &action["type"]), (&json!("01J0"), &json!("button")));
    assert!(action["action_ts"].is_string() && payload["trigger_id"].is_string());
}

#[tokio::test]
async fn only_shown_buttons_can_be_pressed_but_any_can_be_forged() {
    let mut scene = Scene::start().await;
    let ts = scene.post_card().await;
    let card = scene.control.wait_text(ALICE, "Withdraw").await.unwrap();
    assert_eq!(code(scene.control.click(ALICE, &card, "deny").await), "no_such_button");
    let mut elsewhere = card.clone();
    elsewhere.ts = "1.000001".into();
    assert_eq!(code(scene.control.click(ALICE, &elsewhere, "approve").await), "no_such_button");
    let whisper = scene
        .api(
            "chat.postEphemeral",
            &json!({ "channel": CHANNEL, "user": ALICE, "text": "x", "blocks": slack_app::card() }),
        )
        .await;
    elsewhere.ts = whisper["message_ts"].as_str().unwrap().to_owned();
    assert_eq!(code(scene.control.click(BOB, &elsewhere, "approve").await), "no_such_button");
    assert!(scene.control.deliveries().await.unwrap().is_empty());

    scene.control.forge_click(BOB, CHANNEL, &ts, "approve", "01FORGED").await.unwrap();
    let payload = scene.received().await.payload();
    assert_eq!(payload["actions"][0]["value"], "01FORGED");
    assert_eq!(payload["message"]["ts"], ts.as_str());

    scene.control.click(ALICE, &elsewhere, "approve").await.unwrap();
    let payload = scene.received().await.payload();
    assert_eq!(payload["container"]["is_ephemeral"], true);
    assert!(payload.get("message").is_none(), "Slack does not send ephemeral messages back");
}

#[tokio::test]
async fn a_modal_is_opened_filled_in_refused_and_closed() {
    let mut scene = Scene::start().await;
    let opened = scene.open_modal(ALICE, &reason_modal()).await;
    assert_eq!(opened["ok"], true, "{opened}");
    assert_eq!(opened["view"]["state"]["values"]["reason"]["text"]["value"], Value::Null);
    let modal = scene.control.wait_modal(ALICE).await.unwrap();
    assert_eq!(modal.callback_id, "reason");
    assert!(scene.control.state(BOB).await.unwrap().modals.is_empty());
    assert_eq!(code(scene.control.submit(ALICE, &modal.view_id, &json!({})).await), "incomplete_form");
    assert_eq!(code(scene.control.submit(BOB, &modal.view_id, &json!({})).await), "no_such_view");

    let values = json!({ "reason": { "text": "wrong licence" } });
    scene.answer(Answer::Json(json!({ "response_action": "errors", "errors": { "reason": "Say more." } })));
    let reply = scene.control.submit(ALICE, &modal.view_id, &values).await.unwrap();
    assert_eq!(reply.response_action.as_deref(), Some("errors"));
    let payload = scene.received().await.payload();
    assert_eq!(
        (&payload["type"], &payload["view"]["private_metadata"]),
        (&json!("view_submission"), &json!("01J0"))
    );
    assert_eq!(payload["view"]["state"]["values"]["reason"]["text"]["value"], "wrong licence");
    assert_eq!(payload["view"]["hash"], modal.hash.as_str());
    assert_eq!(scene.control.wait_modal(ALICE).await.unwrap().errors["reason"], "Say more.");

    // A body that is not one of Slack's answers leaves the modal open.
    scene.answer(Answer::Text("ok"));
    scene.control.submit(ALICE, &modal.view_id, &values).await.unwrap();
    scene.answer(Answer::Json(json!({ "response_action": "errors", "errors": { "nowhere": "x" } })));
    scene.control.submit(ALICE, &modal.view_id, &values).await.unwrap();
    let state = scene.control.state(ALICE).await.unwrap();
    assert_eq!(state.modals.len(), 1);
    assert!(state.notices.iter().all(|notice| notice.code == "invalid_view_response"));
    assert_eq!(state.notices.len(), 2);

    let reply = scene.control.submit(ALICE, &modal.view_id, &values).await.unwrap();
    assert_eq!((reply.status, reply.response_action), (200, None));
    assert!(scene.control.state(ALICE).await.unwrap().modals.is_empty());
}

#[tokio::test]
async fn a_submission_can_update_push_and_clear_and_closing_is_told() {
    let mut scene = Scene::start().await;
    scene.open_modal(ALICE, &reason_modal()).await;
    let first = scene.control.wait_modal(ALICE).await.unwrap();
    let values = json!({ "reason": { "text": "x" } });
    for action in ["update", "push"] {
        scene.answer(Answer::Json(json!({ "response_action": action, "view": reason_modal() })));
        let reply = scene.control.submit(ALICE, &first.view_id, &values).await.unwrap();
        assert_eq!(reply.response_action.as_deref(), Some(action));
        scene.received().await;
    }
    let stack = scene.control.state(ALICE).await.unwrap().modals;
    assert_eq!(stack.len(), 2);
    assert_ne!(stack[0].hash, first.hash, "an update changes the hash");
    assert_eq!(stack[1].previous_view_id.as_deref(), Some(first.view_id.as_str()));

    scene.control.close(ALICE, &stack[1].view_id).await.unwrap();
    let payload = scene.received().await.payload();
    assert_eq!((&payload["type"], &payload["is_cleared"]), (&json!("view_closed"), &json!(false)));
    scene.answer(Answer::Json(json!({ "response_action": "clear" })));
    scene.control.submit(ALICE, &first.view_id, &values).await.unwrap();
    assert!(scene.control.state(ALICE).await.unwrap().modals.is_empty());
}

#[tokio::test]
async fn a_delivery_can_be_repeated_byte_for_byte_and_forged() {
    let mut scene = Scene::start().await;
    scene.control.command(ALICE, CHANNEL, "/ckan help").await.unwrap();
    let first = scene.received().await;
    scene.control.replay(1).await.unwrap();
    let again = scene.received().await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("x-slack-signature"), first.header("x-slack-signature"));
    assert_eq!(again.header("x-slack-request-timestamp"), first.header("x-slack-request-timestamp"));

    scene.answer(Answer::Status(401));
    let reply = scene.control.deliver_signed("events", "{}", Some(1), None, Some("guess")).await.unwrap();
    assert_eq!(reply.status, 401);
    let forged = scene.received().await;
    assert_eq!(forged.path, "events");
    assert_eq!(forged.header("x-slack-signature"), sign::signature("guess", 1, b"{}"));
    let log = scene.control.deliveries().await.unwrap();
    let paths: Vec<_> =
        log.iter().map(|delivery| (delivery.n, delivery.path.as_str(), delivery.status)).collect();
    assert_eq!(paths, [(1, "commands", 200), (2, "commands", 200), (3, "events", 401)]);
}

#[tokio::test]
async fn people_can_type_and_be_changed() {
    let scene = Scene::start().await;
    scene.control.command(BOB, CHANNEL, "a < b").await.unwrap();
    assert_eq!(scene.control.wait_text(ALICE, "a &lt; b").await.unwrap().user, BOB);
    scene.control.person(BOB, &json!({ "deleted": true })).await.unwrap();
    assert_eq!(scene.get("users.info", &[("user", BOB)]).await["user"]["deleted"], true);
    assert_eq!(code(scene.control.person(BOB, &json!({ "delted": true })).await), "no_such_field");
    scene.control.usergroup("S0ENG", &[ALICE]).await.unwrap();
    let members = scene.get("usergroups.users.list", &[("usergroup", "S0ENG")]).await;
    assert_eq!(members["users"], json!([ALICE]));
}

#[tokio::test]
async fn waiting_in_vain_says_what_was_there() {
    let scene = Scene::start().await;
    scene.post_card().await;
    let impatient = scene.control.clone().with_patience(std::time::Duration::from_millis(30));
    let error = impatient.wait_text(ALICE, "nothing like this").await.unwrap_err().to_string();
    assert!(error.contains("Withdraw *roads*?"), "{error}");
    assert_eq!(scene.control.wait_call(|call| call.ok).await.unwrap().method, "chat.postMessage");
    let error = impatient.wait_call(|call| !call.ok).await.unwrap_err().to_string();
    assert!(error.contains("1 chat.postMessage 200"), "{error}");
}
