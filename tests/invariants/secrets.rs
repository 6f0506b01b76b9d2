//! Invariant 10: what nobody may read is nowhere to be read.

use sandbox::ckan::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::file::File;
use crate::process::Process;
use crate::world::{ALICE, BOB, CARA, World};

/// As loud as it can be made.
const EVERYTHING: &str = "trace,slack_morphism::hyper_tokio::connector=trace,hyper::proto=trace,\
                          hyper_util::client=trace,sqlx::query=trace,sqlx::sqlite=trace";

/// A story with everything that makes programs talkative: failures of Slack and CKAN, refusals, odd words.
async fn an_eventful_story(world: &World) {
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    ckan.fault(Fault::once("package_show", FaultKind::Error500)).await;
    world.types(ALICE, "/ckan show road-accidents-2018").await;
    world.told(ALICE, "CKAN").await;
    world.types(ALICE, "/ckan withdrwa road-accidents-2018").await;
    world.told(ALICE, "Did you mean").await;
    world.types(CARA, "/ckan withdraw road-accidents-2018 --reason x").await;
    world.told(CARA, "not on the list").await;
    for fault in ["http_500", "ratelimited", "error:internal_error", "lose_response"] {
        world.control.fault("respond", fault, 1).await.unwrap();
    }
    world.control.fault("users.info", "http_500", 1).await.unwrap();
    world.types(ALICE, "/ckan help").await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.control.fault("chat.postMessage", "error:internal_error", 1).await.unwrap();
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.control.fault("views.open", "error:expired_trigger_id", 1).await.unwrap();
    world.presses(BOB, &card, "deny").await;
    world.told(BOB, "form is open").await;
    ckan.fault(Fault::once("package_delete", FaultKind::ErrorAfterCommit)).await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    world.presses(BOB, &done, "undo").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world.control.submit(BOB, &form.view_id, &json!({"reason": {"reason": "Wrong one"}})).await.unwrap();
    world.card("Restore").await;
    world.control.deliver_signed("commands", "token=x", None, None, Some("wrong")).await.unwrap();
    world.types(BOB, "/ckan request list --all").await;
    world.told(BOB, "Road Safety Data 2019").await;
}

/// What nobody may read, by what it is.
async fn secrets(world: &World) -> Vec<(&'static str, String)> {
    let mut secrets = vec![
        ("the signing secret", world.secret("SLACK_SIGNING_SECRET").unwrap()),
        ("the bot token", world.secret("SLACK_BOT_TOKEN").unwrap()),
        ("the CKAN token", world.secret("CKAN_TOKEN_PRODUCTION").unwrap()),
    ];
    for delivery in world.control.deliveries().await.unwrap() {
        let form: Vec<(String, String)> = serde_urlencoded::from_str(&delivery.request).unwrap();
        for (name, value) in form {
            let payload: Value =
                if name == "payload" { serde_json::from_str(&value).unwrap() } else { json!({name: value}) };
            let response_url = payload["response_url"].as_str().map(str::to_owned);
            // The token behind the last slash is what lets one answer.
            let token = response_url.and_then(|url| Some(url.rsplit_once('/')?.1.to_owned()));
            secrets.extend(token.map(|token| ("a response address", token)));
        }
    }
    secrets
}

/// E-mail addresses that CKAN knows of the datasets of the story.
async fn addresses(world: &World) -> Vec<String> {
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    let mut addresses = vec![];
    for slug in ["road-accidents-2018", "road-accidents-2019"] {
        let row = ckan.dataset(slug).await.unwrap();
        addresses.extend([row.author_email, row.maintainer_email]);
    }
    addresses.retain(|address| !address.is_empty());
    addresses
}

#[tokio::test]
async fn invariant_10_no_secret_is_in_slack_in_the_log_or_in_the_audit() {
    let mut world = World::start().await;
    world.stop_bot().await;
    let bot = Process::start_with(&world, &[("RUST_LOG", EVERYTHING)]).await;
    an_eventful_story(&world).await;

    let slack: Vec<String> =
        world.control.calls().await.unwrap().iter().map(|call| call.args.to_string()).collect();
    let answered: Vec<String> =
        world.control.deliveries().await.unwrap().into_iter().map(|delivery| delivery.response).collect();
    let mut file = File::of(&world).await;
    let audit = file.texts("SELECT entry FROM audit").await.join("\n");
    let requests = file.texts("SELECT body FROM request").await.join("\n");
    let settled = file.texts("SELECT delivery || body FROM outbox WHERE state <> 'waiting'").await.join("\n");
    let inbox = file.texts("SELECT body FROM inbound").await.join("\n");
    let log = bot.log();
    for event in ["called CKAN", "a message waits for another try", "a request was turned away at the door"] {
        assert!(log.contains(event), "it was talkative: {log}");
    }
    assert!(
        !log.contains("\"target\":\"slack_morphism"),
        "slack-morphism is silent whatever the filter says"
    );

    let places = [
        ("what Slack got", slack.join("\n")),
        ("what Slack was answered", answered.join("\n")),
        ("the audit", audit),
        ("the requests", requests),
        ("the settled messages", settled),
        ("the log", log),
    ];
    let secrets = secrets(&world).await;
    assert!(secrets.len() >= 12, "{secrets:?}");
    for (place, text) in &places {
        for (what, secret) in &secrets {
            assert!(secret.len() >= 8, "{what} is long enough to be found: {secret}");
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{what} is in {place}: {line:?}");
        }
    }
    // The one place where they have to be, for an hour; so they can be found at all.
    let found = secrets.iter().filter(|(what, _)| *what == "a response address");
    assert!(found.filter(|(_, token)| inbox.contains(token)).count() >= 6, "{inbox}");
    let addresses = addresses(&world).await;
    assert!(!addresses.is_empty());
    for (place, text) in &places {
        for address in &addresses {
            let line = text.lines().find(|line| line.contains(address));
            assert!(line.is_none(), "{address} is in {place}: {line:?}");
        }
    }
}

#[tokio::test]
async fn invariant_10_no_whole_address_reaches_the_channel_the_log_or_the_audit() {
    let (old, new) = ("dora.transport@example.org", "dora.moved@example.org");
    let mut world = World::start().await;
    world.stop_bot().await;
    let bot = Process::start_with(&world, &[("RUST_LOG", EVERYTHING)]).await;
    world.types(ALICE, &format!("/ckan user find {old}")).await;
    world.told(ALICE, "dft-admin").await;
    world.types(ALICE, &format!("/ckan email dft-admin {old}x! --reason Asked")).await;
    world.told(ALICE, "punctuation mark").await;
    let reason = format!("{old} says it is <mailto:{new}|{new}> now");
    let source = "dora.source@example.org";
    let options = format!("--reason \"{reason}\" --ticket 51234 --requested-by <mailto:{source}|{source}>");
    world.types(ALICE, &format!("/ckan email dft-admin {new} {options}")).await;
    let card = world.card("e-mail address").await;
    let told = world.told(ALICE, "is posted").await;
    assert!([old, new, source].iter().all(|one| told.contains(one)), "the requester sees them: {told}");
    world.presses(BOB, &card, "approve").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let shown = form.view.to_string();
    assert!([old, new, source].iter().all(|one| shown.contains(one)), "and so does the approver: {shown}");
    world.control.submit(BOB, &form.view_id, &json!({})).await.unwrap();
    let done = world.thread(&card, "Done and verified").await;
    world.told(ALICE, "Send this to the user").await;
    world.presses(BOB, &done, "undo").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let values = json!({"reason": {"reason": format!("{old} was right")}});
    world.control.submit(BOB, &form.view_id, &values).await.unwrap();
    let back = world
        .control
        .wait_message(BOB, |message| message.thread_ts.is_none() && message.text.contains("was right"))
        .await
        .unwrap();
    // Somebody changes it meanwhile: what moved is told without it, too.
    world.ckan.action("user_patch", json!({"id": "dft-admin", "email": "dora.meanwhile@example.org"})).await;
    world.presses(ALICE, &back, "approve").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    world.control.submit(ALICE, &form.view_id, &json!({})).await.unwrap();
    let stale = world.thread(&back, "CKAN has changed").await;
    // Whoever asks for it again sees the addresses as the first requester did.
    world.presses(ALICE, &stale, "again").await;
    let told = world.told(ALICE, "is posted").await;
    assert!(told.contains(old) && told.contains("dora.meanwhile@example.org"), "{told}");

    let calls = world.control.calls().await.unwrap();
    let in_channel =
        calls.iter().filter(|call| call.method.starts_with("chat.") && call.method != "chat.postEphemeral");
    let in_channel: Vec<String> = in_channel.map(|call| call.args.to_string()).collect();
    assert!(in_channel.len() > 4, "{in_channel:?}");
    let mut file = File::of(&world).await;
    let places = [
        ("the channel", in_channel.join("\n")),
        ("the audit", file.texts("SELECT entry FROM audit").await.join("\n")),
        ("the log", bot.log()),
    ];
    for (place, text) in &places {
        for local in ["dora.transport@", "dora.moved@", "dora.meanwhile@", "dora.source@"] {
            let line = text.lines().find(|line| line.contains(local));
            assert!(line.is_none(), "{local} is in {place}: {line:?}");
        }
    }
}
