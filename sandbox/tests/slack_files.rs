//! Files as Slack takes and gives them: attached in a modal, read with the app's token, uploaded in three steps.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod slack_app;

use sandbox::slack::SlackConfig;
use serde_json::{Value, json};
use slack_app::{ALICE, BOB, CHANNEL, Scene, TOKEN, code};

fn list_modal() -> Value {
    json!({
        "type": "modal",
        "callback_id": "ask_list",
        "title": { "type": "plain_text", "text": "Which?" },
        "submit": { "type": "plain_text", "text": "Ask" },
        "blocks": [{
            "type": "input", "block_id": "file", "optional": true,
            "label": { "type": "plain_text", "text": "A list" },
            "element": { "type": "file_input", "action_id": "pick", "filetypes": ["txt", "csv"], "max_files": 1 },
        }],
    })
}

fn without(scope: &str) -> SlackConfig {
    let mut config = SlackConfig::small_team();
    config.scopes.retain(|granted| granted != scope);
    config
}

/// Announces an upload and sends these bytes; returns the file's id and the upload's address.
async fn uploaded(scene: &Scene, announced: usize, bytes: &'static str) -> (String, String, u16) {
    let length = announced.to_string();
    let begun = scene.get("files.getUploadURLExternal", &[("filename", "r.csv"), ("length", &length)]).await;
    assert_eq!(begun["ok"], true, "{begun}");
    let url = begun["upload_url"].as_str().unwrap().to_owned();
    let sent = scene.http.post(&url).body(bytes).send().await.unwrap().status().as_u16();
    (begun["file_id"].as_str().unwrap().to_owned(), url, sent)
}

#[tokio::test]
async fn an_attached_file_arrives_as_slack_sends_it_and_is_read_with_the_token() {
    let mut scene = Scene::start().await;
    let opened = scene.open_modal(ALICE, &list_modal()).await;
    let view = opened["view"]["id"].as_str().unwrap();
    let id = scene.control.upload_file(ALICE, "list.csv", b"roads\r\n\xFF").await.unwrap();
    assert_eq!(scene.api("files.info", &json!({})).await["error"], "invalid_arguments");
    assert_eq!(
        scene.get("files.info", &[("file", &id)]).await["error"],
        "file_not_found",
        "not the app's yet"
    );

    scene.control.submit(ALICE, view, &json!({ "file": { "pick": [id] } })).await.unwrap();
    let payload = scene.received().await.payload();
    let action = &payload["view"]["state"]["values"]["file"]["pick"];
    assert_eq!(
        (action["type"].as_str(), action["files"][0]["id"].as_str()),
        (Some("file_input"), Some(id.as_str()))
    );
    assert_eq!((&action["files"][0]["size"], &action["files"][0]["user"]), (&json!(8), &json!(ALICE)));

    let info = scene.get("files.info", &[("file", &id)]).await;
    let address = info["file"]["url_private_download"].as_str().unwrap();
    let read = scene.http.get(address).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(read.bytes().await.unwrap().as_ref(), b"roads\r\n\xFF");
    let no_redirects = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let stranger = no_redirects.build().unwrap().get(address).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 302, "to the log-in page");
}

#[tokio::test]
async fn the_client_refuses_what_the_file_input_does_not_take() {
    let mut scene = Scene::start().await;
    let opened = scene.open_modal(ALICE, &list_modal()).await;
    let view = opened["view"]["id"].as_str().unwrap();
    let mut chosen = vec![];
    for (user, name) in [(ALICE, "a.csv"), (ALICE, "b.CSV"), (ALICE, "c.xlsx"), (BOB, "d.csv")] {
        chosen.push(scene.control.upload_file(user, name, b"x").await.unwrap());
    }
    let submit = |ids: Value| {
        let control = scene.control.clone();
        let values = json!({ "file": { "pick": ids } });
        async move { control.submit(ALICE, view, &values).await }
    };
    assert_eq!(code(submit(json!([chosen[0], chosen[1]])).await), "incomplete_form");
    assert_eq!(code(submit(json!([chosen[2]])).await), "incomplete_form");
    assert_eq!(code(submit(json!([chosen[3]])).await), "no_such_file", "another person's");
    assert_eq!(code(submit(json!(["F1"])).await), "no_such_file");
    assert_eq!(
        code(scene.control.upload_file(ALICE, "big.csv", &vec![b'x'; 10 * 1024 * 1024 + 1]).await),
        "file_too_large"
    );
    assert!(submit(json!([])).await.unwrap().ok, "it is optional");
    let payload = scene.received().await.payload();
    assert_eq!(
        payload["view"]["state"]["values"]["file"]["pick"],
        json!({ "type": "file_input", "files": [] })
    );
}

#[tokio::test]
async fn without_its_scope_the_app_shows_no_file_input_and_reads_a_log_in_page() {
    let mut scene = Scene::with(without("files:read")).await;
    assert_eq!(scene.open_modal(ALICE, &list_modal()).await["error"], "missing_scope");
    let id = scene.control.upload_file(ALICE, "list.csv", b"roads").await.unwrap();
    assert_eq!(scene.get("files.info", &[("file", &id)]).await["error"], "missing_scope");
    let address = format!("{}/files-pri/T0001-{id}/download/list.csv", scene.slack.url());
    let page = scene.http.get(address).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn a_file_is_uploaded_in_three_steps_and_stands_in_its_thread() {
    let scene = Scene::start().await;
    let card = scene.post_card().await;
    let (id, url, sent) = uploaded(&scene, 5, "a,b\r\n").await;
    assert_eq!(sent, 200);
    assert_eq!(
        scene.http.post(&url).body("a,b\r\n").send().await.unwrap().status().as_u16(),
        400,
        "once only"
    );
    let complete = json!({
        "files": [{ "id": id, "title": "Results" }], "channel_id": CHANNEL, "thread_ts": card,
        "initial_comment": "All results",
    });
    assert_eq!(scene.api("files.completeUploadExternal", &complete).await["files"][0]["id"], id);
    assert_eq!(
        scene.api("files.completeUploadExternal", &complete).await["error"],
        "file_not_found",
        "once only"
    );

    let state = scene.control.state(BOB).await.unwrap();
    let message = state.messages.iter().find(|message| !message.files.is_empty()).unwrap();
    assert_eq!((message.thread_ts.as_deref(), message.text.as_str()), (Some(card.as_str()), "All results"));
    assert_eq!((&message.files[0]["title"], &message.files[0]["name"]), (&json!("Results"), &json!("r.csv")));
    assert_eq!(scene.control.open_file(BOB, &id).await.unwrap(), b"a,b\r\n");
}

#[tokio::test]
async fn an_upload_that_breaks_a_rule_is_never_shown() {
    let scene = Scene::start().await;
    let nothing = scene.get("files.getUploadURLExternal", &[("filename", "r.csv"), ("length", "0")]).await;
    assert_eq!(nothing["error"], "missing_argument");
    let complete = |id: &str, channel: &str| json!({ "files": [{ "id": id }], "channel_id": channel });

    let (short, _, sent) = uploaded(&scene, 6, "a,b\r\n").await;
    assert_eq!(sent, 400, "not the announced length");
    assert_eq!(
        scene.api("files.completeUploadExternal", &complete(&short, CHANNEL)).await["error"],
        "file_not_found"
    );
    let (id, ..) = uploaded(&scene, 5, "a,b\r\n").await;
    assert_eq!(
        scene.api("files.completeUploadExternal", &complete(&id, "C9")).await["error"],
        "channel_not_found"
    );
    let lost = json!({ "files": [{ "id": id }], "channel_id": CHANNEL, "thread_ts": "1.1" });
    assert_eq!(scene.api("files.completeUploadExternal", &lost).await["error"], "thread_not_found");
    assert!(scene.control.state(BOB).await.unwrap().messages.is_empty());
    assert_eq!(code(scene.control.open_file(BOB, &id).await), "no_such_file");

    let unscoped = Scene::with(without("files:write")).await;
    let refused = unscoped.get("files.getUploadURLExternal", &[("filename", "r.csv"), ("length", "5")]).await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("files:write")));
}

#[test]
fn a_file_inputs_rules_are_slacks() {
    let problems = |change: fn(&mut Value)| {
        let mut view = list_modal();
        change(&mut view["blocks"][0]["element"]);
        sandbox::slack::blocks::view_problems(&view).len()
    };
    assert_eq!(problems(|_| ()), 0);
    assert_eq!(problems(|input| input["max_files"] = 11.into()), 1);
    assert_eq!(problems(|input| input["filetypes"] = json!([".csv"])), 1);
    assert_eq!(problems(|input| input["filetypes"] = json!([])), 1);
    assert_eq!(problems(|input| input["placeholder"] = json!({ "type": "plain_text", "text": "x" })), 1);
    let home = json!({ "type": "home", "blocks": list_modal()["blocks"] });
    assert_eq!(sandbox::slack::blocks::view_problems(&home).len(), 1);
    assert_ne!(sandbox::slack::blocks::message_problems(list_modal()["blocks"].as_array().unwrap()), []);
}
