//! Files: the list that somebody attaches, and the file of results that comes back.

use std::sync::Arc;

use ckan_chatops::ids::{FileId, InboundId, MessageId, RequestId};
use ckan_chatops::operations::list;
use ckan_chatops::sentences::text::Text;
use ckan_chatops::slack::files::{FileError, ResultFile, SlackFiles};
use ckan_chatops::slack::forms;
use ckan_chatops::slack::web::SlackWeb;
use ckan_chatops::store::sqlite::SqliteStore;
use ckan_chatops::store::{Commit, Delivery, Outgoing, Store as _};
use jiff::Timestamp;
use sandbox::slack::{Message, SlackConfig, SlackSandbox};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::world::{ALICE, BOB, World, button_value};

const ROADS: &str = "road-accidents-2019";

fn files(slack: &SlackSandbox) -> SlackFiles {
    let token = SecretString::from(SlackConfig::small_team().bot_token);
    let web = Arc::new(SlackWeb::new(&slack.api_url(), &token).unwrap());
    SlackFiles::new(web, &slack.api_url().parse().unwrap(), token).unwrap()
}

/// A form for a list, open on Alice's screen; returns its view's id.
async fn list_form(world: &World) -> String {
    world.types(ALICE, &format!("/ckan withdraw {ROADS}")).await;
    let open = world.control.wait_modal(ALICE).await.unwrap();
    let about = InboundId::new(open.view["private_metadata"].as_str().unwrap());
    let view = forms::ask_for_list(&about, Text::from("Withdraw datasets"), forms::FilledIn::default());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let update = json!({"view_id": open.view_id, "view": view});
    let answer: Value = http
        .post(format!("{}/views.update", world.slack.api_url()))
        .bearer_auth(SlackConfig::small_team().bot_token)
        .header("content-type", "application/json; charset=utf-8")
        .body(update.to_string())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
    open.view_id
}

/// What the bot says under each field of the list form.
async fn errors(world: &World, view: &str, pasted: &str, attached: &[&str]) -> Value {
    let values = json!({
        "list": {"list": pasted}, "file": {"file": attached}, "reason": {"reason": "Publisher asked"},
    });
    json!(world.control.submit(ALICE, view, &values).await.unwrap().errors)
}

/// An id of a file that the bot may read.
async fn attached(world: &World, name: &str, content: &[u8]) -> FileId {
    let view = list_form(world).await;
    let id = world.control.upload_file(ALICE, name, content).await.unwrap();
    assert_eq!(errors(world, &view, "", &[&id]).await, Value::Null);
    FileId::new(id)
}

#[tokio::test]
async fn a_list_form_without_a_list_or_with_two_stays_open_and_says_so() {
    let world = World::start().await;
    let view = list_form(&world).await;
    let id = world.control.upload_file(ALICE, "list.csv", b"roads").await.unwrap();
    let said = [
        errors(&world, &view, " \n", &[]).await,
        errors(&world, &view, ROADS, &[&id]).await,
        errors(&world, &view, "name\n\n", &[]).await,
    ];
    let said = said.map(|errors| errors.to_string()).join("\n");
    insta::assert_snapshot!(said, @r#"
    {"list":"Say which datasets: paste one per line, or attach a file with the list."}
    {"file":"There is a pasted list as well. Give one of the two: clear the list above, or take the file out."}
    {"list":"The list is empty. Put one dataset on each line: its slug, its UUID, or the address of its page."}
    "#);
    assert_eq!(errors(&world, &view, ROADS, &[]).await, Value::Null, "a good list is taken");
}

#[tokio::test]
async fn an_attached_list_is_read_byte_for_byte() {
    let world = World::start().await;
    let content = b"\xEF\xBB\xBFname,title\r\nroad-accidents-2019,\"=1+1\"\r\nRoads,x\r\n";
    let id = attached(&world, "list.csv", content).await;
    let bytes = files(&world.slack).read(&id).await.unwrap();
    assert_eq!(bytes, content);
    let list = list::read(&bytes).unwrap();
    assert_eq!((list.targets[0].1.key(), list.bad[0].0), (ROADS, 3));
}

#[tokio::test]
async fn a_file_that_is_too_large_gone_or_not_ours_to_read_is_refused_in_words() {
    let world = World::start().await;
    let reader = files(&world.slack);
    let most = attached(&world, "most.txt", &vec![b'x'; list::LARGEST]).await;
    assert_eq!(reader.read(&most).await.unwrap().len(), list::LARGEST);
    let large = attached(&world, "large.txt", &vec![b'x'; list::LARGEST + 1]).await;
    assert_eq!(reader.read(&large).await, Err(FileError::TooLarge));
    assert_eq!(reader.read(&FileId::new("F0NOTHING")).await, Err(FileError::Gone));
    for fault in ["http_500", "lose_response", "ratelimited"] {
        world.control.fault("download", fault, 1).await.unwrap();
        assert_eq!(reader.read(&most).await, Err(FileError::Unavailable), "{fault}");
    }
    world.control.fault("files.info", "error:missing_scope", 1).await.unwrap();
    assert_eq!(reader.read(&most).await, Err(FileError::NotPermitted));

    let mut poor = SlackConfig::small_team();
    poor.scopes.retain(|scope| scope != "files:read");
    let elsewhere = SlackSandbox::start(poor, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    assert_eq!(files(&elsewhere).read(&most).await, Err(FileError::NotPermitted));
}

#[tokio::test]
async fn s22_the_token_goes_to_slacks_own_file_hosts_only() {
    let world = World::start().await;
    let id = attached(&world, "list.txt", b"roads").await;
    // The same API behind another name: to this bot the address that Slack gives is then a stranger's.
    let token = SecretString::from(SlackConfig::small_team().bot_token);
    let web = Arc::new(SlackWeb::new(&world.slack.api_url(), &token).unwrap());
    let wary = SlackFiles::new(web, &"https://slack.com/api".parse().unwrap(), token).unwrap();
    assert_eq!(wary.read(&id).await, Err(FileError::Elsewhere));
    let calls = world.control.calls().await.unwrap();
    assert!(calls.iter().all(|call| call.method != "download"), "nothing was asked of it");
}

/// Leaves a file in the outbox of a bot that is not running, as a commit of the worker's would.
async fn leave_a_file(world: &World, card: &Message, content: &str) {
    let store = SqliteStore::open(&format!("sqlite://{}", world.database().display()), world.clock.clone())
        .await
        .unwrap();
    let request = RequestId::new(button_value(card));
    let file =
        ResultFile::new("results.csv", "All results", &Text::from("3 lines <!channel>"), content.to_owned());
    let message = |id: &str, delivery: Delivery, body: Value| Outgoing {
        id: MessageId::new(format!("01J00000000000000000000{id}")),
        lane: request.to_string(),
        request: Some(request.clone()),
        delivery,
        body,
        created_at: Timestamp::UNIX_EPOCH,
        tries: 0,
    };
    let messages = vec![
        message("001", Delivery::File, file.body()),
        message("002", Delivery::Thread, json!({"text": "After the file."})),
    ];
    store.commit(Commit { messages, ..Commit::default() }).await.unwrap();
    store.close().await.unwrap();
}

async fn replies(world: &World, card: &Message) -> Vec<Message> {
    let state = world.control.state(BOB).await.unwrap();
    state.messages.into_iter().filter(|message| message.thread_ts.as_deref() == Some(&card.ts)).collect()
}

#[tokio::test]
async fn a_file_of_results_comes_in_its_turn_and_survives_a_restart_and_a_bad_line() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, ROADS).await;
    world.thread(&card, "asks").await;
    world.stop_bot().await;
    let lines: Vec<String> =
        (0..10_000).map(|n| format!("dataset-{n},withdrawn,2026-11-21T05:00:00Z\r\n")).collect();
    let content = lines.concat();
    leave_a_file(&world, &card, &content).await;
    for (method, fault) in [
        ("files.getUploadURLExternal", "ratelimited"),
        ("upload", "http_500"),
        ("upload", "lose_response"),
        ("files.completeUploadExternal", "http_500"),
    ] {
        world.control.fault(method, fault, 1).await.unwrap();
    }
    world.start_bot().await;
    world.thread(&card, "After the file.").await;
    let replies = replies(&world, &card).await;
    let [.., file, after] = replies.as_slice() else { panic!("{replies:?}") };
    assert_eq!(after.text, "After the file.");
    assert_eq!((file.text.as_str(), file.files.len()), ("3 lines &lt;!channel&gt;", 1));
    assert_eq!(file.files[0]["title"], "All results");
    let id = file.files[0]["id"].as_str().unwrap();
    assert_eq!(world.control.open_file(BOB, id).await.unwrap(), content.as_bytes());
    assert_eq!(replies.iter().filter(|message| !message.files.is_empty()).count(), 1);
}

#[tokio::test]
async fn where_slack_takes_no_files_the_thread_says_so_and_goes_on() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, ROADS).await;
    world.thread(&card, "asks").await;
    world.stop_bot().await;
    leave_a_file(&world, &card, "x\r\n").await;
    world.control.fault("files.getUploadURLExternal", "error:file_uploads_disabled", 1).await.unwrap();
    world.start_bot().await;
    world.thread(&card, "After the file.").await;
    let replies = replies(&world, &card).await;
    let said = replies.get(replies.len() - 2).unwrap();
    insta::assert_snapshot!(said.text, @"Slack did not take the file results.csv, so it is missing here. Whoever looks after the bot finds the reason in its log.");
}
