//! The Web API's doors: tokens, scopes, encodings, views, people, faults.

mod slack_app;

use std::time::{Duration, Instant};

use sandbox::slack::SlackConfig;
use serde_json::{Value, json};
use slack_app::{ALICE, BOB, CHANNEL, Scene, TOKEN, reason_modal};

#[tokio::test]
async fn the_token_comes_first() {
    let scene = Scene::start().await;
    let url = format!("{}/auth.test", scene.slack.api_url());
    let none: Value = scene.http.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(none, json!({ "ok": false, "error": "not_authed" }));
    let in_query = scene.http.get(&url).query(&[("token", TOKEN)]).send().await.unwrap();
    assert_eq!(in_query.json::<Value>().await.unwrap()["error"], "not_authed");
    let wrong = scene.http.get(&url).bearer_auth("xoxb-wrong").send().await.unwrap();
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"], "invalid_auth");
    let in_form = scene.http.post(&url).form(&[("token", TOKEN)]).send().await.unwrap();
    assert_eq!(in_form.json::<Value>().await.unwrap()["user_id"], "U0BOT");
    let right = scene.get("auth.test", &[]).await;
    assert_eq!(
        (&right["ok"], &right["team_id"], &right["bot_id"]),
        (&json!(true), &json!("T0001"), &json!("B0BOT"))
    );
    assert_eq!(scene.get("auth.tset", &[]).await["error"], "unknown_method");
    let calls = serde_json::to_string(&scene.control.calls().await.unwrap()).unwrap();
    assert!(!calls.contains(TOKEN) && !calls.contains("xoxb-wrong"), "{calls}");
}

#[tokio::test]
async fn every_method_needs_its_scope() {
    let mut config = SlackConfig::small_team();
    config.scopes = vec!["commands".into(), "users:read".into()];
    let scene = Scene::with(config).await;
    let refused = [
        ("chat.postMessage", "chat:write"),
        ("chat.update", "chat:write"),
        ("chat.delete", "chat:write"),
        ("chat.postEphemeral", "chat:write"),
        ("usergroups.list", "usergroups:read"),
        ("usergroups.users.list", "usergroups:read"),
        ("conversations.info", "channels:read,groups:read,im:read,mpim:read"),
        ("conversations.history", "channels:history,groups:history,im:history,mpim:history"),
    ];
    for (method, needed) in refused {
        let answer = scene.get(method, &[("channel", CHANNEL)]).await;
        let wanted = json!({ "ok": false, "error": "missing_scope", "needed": needed, "provided": "commands,users:read" });
        assert_eq!(answer, wanted, "{method}");
    }
    assert_eq!(scene.get("users.info", &[("user", ALICE)]).await["ok"], true);
    // One scope of the family is not enough for a channel of another kind.
    let mut config = SlackConfig::small_team();
    config.scopes = vec!["groups:read".into()];
    let scene = Scene::with(config).await;
    assert_eq!(scene.get("conversations.info", &[("channel", CHANNEL)]).await["needed"], "channels:read");
}

#[tokio::test]
async fn arguments_come_in_the_query_in_a_form_or_as_json() {
    let scene = Scene::start().await;
    let url = format!("{}/chat.postMessage", scene.slack.api_url());
    let blocks = json!([{ "type": "divider" }]).to_string();
    let form = [("channel", CHANNEL), ("text", "form"), ("blocks", blocks.as_str())];
    let by_form = scene.http.post(&url).bearer_auth(TOKEN).form(&form).send().await.unwrap();
    assert_eq!(by_form.json::<Value>().await.unwrap()["message"]["blocks"][0]["type"], "divider");
    let by_query = scene.http.post(&url).query(&form).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(by_query.json::<Value>().await.unwrap()["ok"], true);
    let no_charset =
        scene.http.post(&url).bearer_auth(TOKEN).json(&json!({ "channel": CHANNEL, "text": "x" }));
    let answer: Value = no_charset.send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["ok"], &answer["warning"]), (&json!(true), &json!("missing_charset")));
    // Reading methods do not look into JSON.
    assert_eq!(scene.api("users.info", &json!({ "user": ALICE })).await["error"], "invalid_arguments");
    assert_eq!(scene.get("users.info", &[("user", ALICE)]).await["user"]["name"], "alice");
    assert_eq!(scene.get("users.info", &[("user", "U0404")]).await["error"], "user_not_found");
}

#[tokio::test]
async fn people_groups_and_channels_tell_who_is_who() {
    let scene = Scene::start().await;
    let user = async |id: &str| scene.get("users.info", &[("user", id)]).await["user"].clone();
    assert_eq!(user("U0GUEST").await["is_restricted"], true);
    assert_eq!(user(ALICE).await["is_restricted"], false);
    assert_eq!(user("U0BOT").await["is_bot"], true);
    let outsider = user("U0OUT").await;
    assert_eq!(outsider["team_id"], "T0009");
    assert!(outsider.get("is_stranger").is_none(), "people in a shared channel are no strangers");
    scene.control.person("U0OUT", &json!({ "is_stranger": true })).await.unwrap();
    assert_eq!(user("U0OUT").await["is_stranger"], true);

    let groups = scene.get("usergroups.list", &[("include_users", "true")]).await;
    assert_eq!(groups["usergroups"][0]["users"], json!([ALICE, BOB]));
    assert!(groups["usergroups"][0].get("user_count").is_none());
    let members = scene.get("usergroups.users.list", &[("usergroup", "S0ENG")]).await;
    assert_eq!(members["users"], json!([ALICE, BOB]));
    assert_eq!(
        scene.get("usergroups.users.list", &[("usergroup", "S0404")]).await["error"],
        "no_such_subteam"
    );
    scene.control.post::<Value>("usergroup", &json!({ "id": "S0ENG", "disabled": true })).await.unwrap();
    assert_eq!(
        scene.get("usergroups.users.list", &[("usergroup", "S0ENG")]).await["error"],
        "no_such_subteam"
    );
    assert_eq!(scene.get("usergroups.list", &[]).await["usergroups"], json!([]));

    let channel = scene.get("conversations.info", &[("channel", CHANNEL)]).await["channel"].clone();
    assert_eq!((&channel["is_ext_shared"], &channel["is_member"]), (&json!(false), &json!(true)));
    assert_eq!((&channel["shared_team_ids"], &channel["pending_shared"]), (&json!(["T0001"]), &json!([])));
    scene.control.channel(CHANNEL, &json!({ "is_pending_ext_shared": true })).await.unwrap();
    let channel = scene.get("conversations.info", &[("channel", CHANNEL)]).await["channel"].clone();
    assert_eq!((&channel["is_pending_ext_shared"], &channel["is_shared"]), (&json!(true), &json!(false)));
    assert_eq!(channel["pending_shared"], json!(["T0009"]));
    let shared = json!({ "is_pending_ext_shared": false, "is_ext_shared": true });
    scene.control.channel(CHANNEL, &shared).await.unwrap();
    let channel = scene.get("conversations.info", &[("channel", CHANNEL)]).await["channel"].clone();
    assert_eq!((&channel["is_ext_shared"], &channel["is_shared"]), (&json!(true), &json!(true)));
    assert_eq!(channel["connected_team_ids"], json!(["T0009"]));
    assert_eq!(scene.get("conversations.info", &[("channel", "C0404")]).await["error"], "channel_not_found");
    let page = scene.get("conversations.members", &[("channel", CHANNEL), ("limit", "4")]).await;
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    let rest = scene.get("conversations.members", &[("channel", CHANNEL), ("cursor", cursor)]).await;
    assert_eq!(rest["members"], json!(["U0OUT", "U0BOT"]));
}

#[tokio::test]
async fn a_trigger_id_opens_one_view_within_three_seconds() {
    let mut scene = Scene::start().await;
    let open = async |scene: &Scene, trigger: &str, view: Value| {
        scene.api("views.open", &json!({ "trigger_id": trigger, "view": view })).await["error"].clone()
    };
    let trigger = scene.command(ALICE, "/ckan").await["trigger_id"].clone();
    // A broken view does not use it up.
    assert_eq!(open(&scene, &trigger, json!({ "type": "modal", "blocks": [] })).await, "invalid_arguments");
    assert_eq!(open(&scene, &trigger, json!({ "type": "home", "blocks": [] })).await, "invalid_arguments");
    let mut large = reason_modal();
    large["blocks"][0]["label"]["text"] = "x".repeat(250_000).into();
    assert_eq!(open(&scene, &trigger, large).await, "view_too_large");
    assert_eq!(open(&scene, &trigger, reason_modal()).await, Value::Null);
    assert_eq!(open(&scene, &trigger, reason_modal()).await, "exchanged_trigger_id");
    assert_eq!(open(&scene, "1.2.3", reason_modal()).await, "invalid_trigger_id");
    let late = scene.command(ALICE, "/ckan").await["trigger_id"].clone();
    scene.control.advance_clock(3).await.unwrap();
    assert_eq!(open(&scene, &late, reason_modal()).await, "expired_trigger_id");
    let missing = scene.api("views.open", &json!({ "view": reason_modal() })).await;
    assert_eq!(
        missing["response_metadata"]["messages"],
        json!(["[ERROR] missing required field: trigger_id"])
    );
}

#[tokio::test]
async fn views_are_updated_by_hash_pushed_three_deep_and_published() {
    let mut scene = Scene::start().await;
    let opened = scene.open_modal(ALICE, &reason_modal()).await;
    let (id, hash) = (&opened["view"]["id"], &opened["view"]["hash"]);
    let update = json!({ "view_id": id, "hash": hash, "view": reason_modal() });
    let updated = scene.api("views.update", &update).await;
    assert_eq!(updated["ok"], true);
    assert_ne!(&updated["view"]["hash"], hash);
    assert_eq!(scene.api("views.update", &update).await["error"], "hash_conflict");
    let gone = json!({ "view_id": "V0404", "view": reason_modal() });
    assert_eq!(scene.api("views.update", &gone).await["error"], "not_found");

    // A command's trigger id opens, it does not push.
    let outside = scene.command(ALICE, "/ckan").await["trigger_id"].clone();
    let push = async |scene: &Scene, trigger: &str| {
        scene.api("views.push", &json!({ "trigger_id": trigger, "view": reason_modal() })).await["error"]
            .clone()
    };
    assert_eq!(push(&scene, &outside).await, "not_found");
    for wanted in [Value::Null, Value::Null, json!("push_limit_reached")] {
        let top = scene.control.wait_modal(ALICE).await.unwrap();
        scene.answer(slack_app::Answer::Status(500));
        scene.control.submit(ALICE, &top.view_id, &json!({ "reason": { "text": "x" } })).await.unwrap();
        let trigger = scene.received().await.payload()["trigger_id"].as_str().unwrap().to_owned();
        assert_eq!(push(&scene, &trigger).await, wanted);
    }
    let home = json!({ "type": "home", "external_id": "home-alice", "blocks": [{ "type": "divider" }] });
    let published = scene.api("views.publish", &json!({ "user_id": ALICE, "view": home })).await;
    assert_eq!(published["view"]["type"], "home");
    assert_eq!(scene.control.state(ALICE).await.unwrap().home.unwrap().view["blocks"][0]["type"], "divider");
    let stale = json!({ "user_id": ALICE, "view": home, "hash": "1.1" });
    assert_eq!(scene.api("views.publish", &stale).await["error"], "hash_conflict");
    let twice = json!({ "user_id": BOB, "view": home });
    assert_eq!(scene.api("views.publish", &twice).await["error"], "duplicate_external_id");
}

#[tokio::test]
async fn faults_hit_the_calls_they_were_asked_for() {
    let scene = Scene::start().await;
    let post = json!({ "channel": CHANNEL, "text": "hello" });
    scene
        .control
        .post::<Value>(
            "fault",
            &json!({ "method": "chat.postMessage", "fault": "ratelimited", "retry_after": 7 }),
        )
        .await
        .unwrap();
    let limited = scene.raw_api("chat.postMessage", &post).await;
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(limited.json::<Value>().await.unwrap(), json!({ "ok": false, "error": "ratelimited" }));
    scene.control.fault("*", "http_500", 1).await.unwrap();
    assert_eq!(scene.raw_api("auth.test", &json!({})).await.status().as_u16(), 500);
    scene.control.fault("chat.postMessage", "error:is_archived", 2).await.unwrap();
    assert_eq!(scene.api("auth.test", &json!({})).await["ok"], true);
    assert_eq!(scene.api("chat.postMessage", &post).await["error"], "is_archived");
    assert_eq!(scene.api("chat.postMessage", &post).await["error"], "is_archived");
    assert!(scene.control.state(ALICE).await.unwrap().messages.is_empty());
    assert_eq!(scene.api("chat.postMessage", &post).await["ok"], true);
    assert_eq!(slack_app::code(scene.control.fault("*", "explode", 1).await), "no_such_fault");
}

#[tokio::test]
async fn a_lost_answer_and_a_call_never_answered_look_alike_to_the_app() {
    let scene = Scene::start().await;
    let impatient =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(300)).build().unwrap();
    let post = async |text: &str| {
        let url = format!("{}/chat.postMessage", scene.slack.api_url());
        let body = json!({ "channel": CHANNEL, "text": text });
        impatient.post(url).bearer_auth(TOKEN).json(&body).send().await
    };
    scene.control.fault("chat.postMessage", "lose_response", 1).await.unwrap();
    let lost = post("carried out").await.unwrap_err();
    assert!(!lost.is_timeout(), "the connection ends, it does not hang: {lost:?}");
    scene.control.wait_text(ALICE, "carried out").await.unwrap();
    scene.control.fault("chat.postMessage", "timeout", 1).await.unwrap();
    assert!(post("never").await.unwrap_err().is_timeout());
    assert!(post("afterwards").await.unwrap().status().is_success());
    let calls = scene.control.calls().await.unwrap();
    let seen: Vec<_> = calls.iter().map(|call| (call.http, call.fault.as_deref())).collect();
    assert_eq!(seen, [(0, Some("lose_response")), (0, Some("timeout")), (200, None)]);
    assert_eq!(scene.control.state(ALICE).await.unwrap().messages.len(), 2);
    let started = Instant::now();
    scene.slack.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_channel_takes_one_message_a_second_where_pace_is_kept() {
    let mut config = SlackConfig::small_team();
    config.pace = true;
    let scene = Scene::with(config).await;
    let to = |channel: &str| json!({ "channel": channel, "text": "x" });
    assert_eq!(scene.api("chat.postMessage", &to(CHANNEL)).await["ok"], true);
    let fast = scene.raw_api("chat.postMessage", &to(CHANNEL)).await;
    assert_eq!((fast.status().as_u16(), fast.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(scene.api("chat.postMessage", &to(ALICE)).await["ok"], true, "each channel has its own pace");
    scene.control.advance_clock(1).await.unwrap();
    assert_eq!(scene.api("chat.postMessage", &to(CHANNEL)).await["ok"], true);
}

#[tokio::test]
async fn the_page_is_served_and_other_sites_cannot_drive_it() {
    let scene = Scene::start().await;
    let get = async |path: &str| {
        let response = scene.http.get(format!("{}{path}", scene.slack.url())).send().await.unwrap();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (response.status().as_u16(), kind.unwrap_or_default())
    };
    assert_eq!(get("/").await, (200, "text/html; charset=utf-8".into()));
    assert_eq!(get("/page/app.js").await, (200, "text/javascript; charset=utf-8".into()));
    assert_eq!(get("/page/style.css").await, (200, "text/css; charset=utf-8".into()));
    assert_eq!(get("/page/secrets.txt").await.0, 404);
    let url = format!("{}/control/command", scene.slack.url());
    let body = json!({ "user": ALICE, "channel": CHANNEL, "text": "hello" });
    let foreign =
        scene.http.post(&url).header("origin", "https://evil.example").json(&body).send().await.unwrap();
    assert_eq!(foreign.status().as_u16(), 403);
    let plain = scene.http.post(&url).body(body.to_string()).send().await.unwrap();
    assert_eq!(plain.status().as_u16(), 400);
    assert!(scene.control.state(ALICE).await.unwrap().messages.is_empty());
}
