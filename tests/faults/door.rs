//! Who is let in, what comes twice, and what is not Slack's at all.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use sandbox::slack::SlackConfig;
use sandbox::slack::sign::signature;

use crate::evidence::{SLUG, ckan, ckan_was_changed, eventually, in_channel, nothing_in_channel, sent};
use crate::process::{Process, page};
use crate::world::{ALICE, BOB, CHANNEL, OUTSIDER, Wanted, World, button_value};

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl World {
    /// A command as Slack sends it, typed by this person; it was delivered once already.
    async fn a_command(&self, user: &str, text: &str) -> String {
        self.types(user, text).await;
        self.control.deliveries().await.unwrap().last().unwrap().request.clone()
    }

    /// The same body again with a fresh signature, in another second than the first one's.
    async fn again(&self, path: &str, body: &str) -> u16 {
        self.control.deliver_signed(path, body, Some(now() - 7), None, None).await.unwrap().status
    }

    async fn refuses(&self, path: &str, body: &str, timestamp: i64, secret: Option<&str>) {
        let reply = self.control.deliver_signed(path, body, Some(timestamp), None, secret).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{path} {timestamp} {secret:?}");
    }
}

/// With another trigger, and so another act.
fn anew(body: &str) -> String {
    let mut fields: Vec<(String, String)> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    for (name, value) in &mut fields {
        if name == "trigger_id" {
            value.push('7');
        } else if name == "payload" {
            let mut payload: Value = serde_json::from_str(value).unwrap();
            payload["trigger_id"] = format!("{}7", payload["trigger_id"].as_str().unwrap()).into();
            *value = payload.to_string();
        }
    }
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
async fn s4_the_same_command_twice_makes_one_request() {
    let world = World::start().await;
    let body = world.a_command(ALICE, &format!("/ckan withdraw {SLUG} --reason x")).await;
    assert_eq!(world.again("commands", &body).await, 200);
    world.card(SLUG).await;
    world.told(ALICE, "is posted").await;
    assert_eq!(world.audit().await, ["U0ALICE requested pending"]);
    assert_eq!(in_channel(&world).await.len(), 2, "one card, one thread");
}

#[tokio::test]
async fn s4_the_same_click_twice_is_one_vote() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    let click = world.control.deliveries().await.unwrap().last().unwrap().request.clone();
    assert_eq!(world.again("interactions", &click).await, 200);
    world.thread(&card, "Done and verified").await;
    ckan_was_changed(&world, SLUG, 1).await;
    assert_eq!(world.audit().await.len(), 4);
}

#[tokio::test]
async fn s4_a_replay_byte_for_byte_is_turned_away() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    for delivery in world.control.deliveries().await.unwrap() {
        assert_eq!(world.control.replay(delivery.n).await.unwrap().status, 401, "{}", delivery.path);
    }
    assert_eq!(world.audit().await, ["U0ALICE requested pending"]);
}

#[tokio::test]
async fn s1_what_is_forged_or_stale_or_for_others_is_turned_away_and_leaves_no_trace() {
    let world = World::start().await;
    let command = world.a_command(BOB, "/ckan withdraw no-such-dataset --reason x").await;
    world.told(BOB, "no-such-dataset").await;
    let command = anew(&command).replace("no-such-dataset", SLUG);
    let card = world.asks_to_withdraw(ALICE, "leeds-car-parks").await;
    world.presses(ALICE, &card, "approve").await;
    let click = world.control.deliveries().await.unwrap().last().unwrap().request.clone();
    let click = anew(&click).replace(ALICE, BOB);
    world.told(ALICE, "asked for this yourself").await;
    let before = world.audit().await;

    for (path, body) in [("commands", &command), ("interactions", &click)] {
        world.refuses(path, body, now(), Some("not-the-secret")).await;
        world.refuses(path, body, now() - 302, None).await;
        world.refuses(path, body, now() + 302, None).await;
        world.refuses(path, &body.replace("A0001", "A0002"), now(), None).await;
        world.refuses(path, "nonsense", now(), None).await;
    }
    world.refuses("commands", &command.replace("T0001", "T0002"), now(), None).await;
    world.refuses("events", "{}", now(), Some("not-the-secret")).await;
    let unsigned = reqwest::Client::builder().no_proxy().build().unwrap();
    let unsigned = unsigned.post(format!("{}/slack/interactions", world.bot_url())).body(click.clone());
    assert_eq!(unsigned.send().await.unwrap().status(), 401);

    assert_eq!(world.audit().await, before);
    assert_eq!(world.again("interactions", &click).await, 200, "signed, it would have been taken");
    world.thread(&card, "Done and verified").await;
}

#[tokio::test]
async fn s14_a_click_from_another_workspace_is_kept_and_refused_in_words() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(OUTSIDER, &card, "approve").await;
    world.told(OUTSIDER, "another workspace").await;
    ckan_was_changed(&world, SLUG, 0).await;
}

#[tokio::test]
async fn an_interaction_that_nobody_knows_is_answered_in_words() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    world.control.forge_click(BOB, CHANNEL, &card.ts, "explode", &value).await.unwrap();
    insta::assert_snapshot!(world.next_private(BOB).await, @"I do not know what to do with that. Nothing was done. Type /ckan help to see what I can do.");
    world.presses(BOB, &card, "deny").await;
    let click = world.control.deliveries().await.unwrap().last().unwrap().request.clone();
    for kind in ["message_action", "shortcut", "block_suggestion", "", "🙈"] {
        let unknown = click.replace("block_actions", kind);
        assert_eq!(world.again("interactions", &anew(&unknown)).await, 200, "{kind}");
        let told = world.next_private(BOB).await;
        assert!(told.starts_with("I do not know what to do with that. Nothing was done."), "{kind}: {told}");
    }
    ckan_was_changed(&world, SLUG, 0).await;
}

/// Sends these bytes as they are, and returns what comes back until the other side is done.
async fn raw(url: &str, bytes: &[u8]) -> String {
    let mut line = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    line.write_all(bytes).await.unwrap();
    let mut answer = vec![];
    // A reset is an answer too.
    let _ = line.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A genuine signature over this body, and a header of one's own choice.
fn signed(header: &str, body: &[u8]) -> Vec<u8> {
    let stamp = now();
    let signature = signature(&SlackConfig::small_team().signing_secret, stamp, body);
    let head = format!(
        "POST /slack/commands HTTP/1.1\r\nHost: x\r\n{header}\r\nX-Slack-Request-Timestamp: {stamp}\r\n\
         X-Slack-Signature: {signature}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_body_is_bounded_and_its_length_is_believed_by_nobody() {
    let world = World::start().await;
    let url = world.bot_url();
    let body = world.a_command(BOB, "/ckan withdraw no-such-dataset --reason x").await;
    world.told(BOB, "no-such-dataset").await;
    let body = anew(&body).replace("no-such-dataset", SLUG);
    let (body, length) = (body.as_bytes(), body.len());

    let large = vec![b'x'; 256 * 1024 + 1];
    let declared = raw(&url, &signed(&format!("Content-Length: {}", large.len()), b"")).await;
    assert!(declared.starts_with("HTTP/1.1 413"), "{declared}");
    let mut chunked = signed("Transfer-Encoding: chunked", b"");
    chunked.extend(format!("{:x}\r\n", large.len()).bytes());
    chunked.extend(&large);
    chunked.extend(b"\r\n0\r\n\r\n");
    let chunked = raw(&url, &chunked).await;
    assert!(chunked.starts_with("HTTP/1.1 413") || chunked.is_empty(), "{chunked}");

    let less = raw(&url, &signed(&format!("Content-Length: {}", length - 1), body)).await;
    assert!(less.starts_with("HTTP/1.1 401"), "cut short, it is not what was signed: {less}");
    let more = raw(&url, &signed(&format!("Content-Length: {}", length + 1), body)).await;
    assert!(more.starts_with("HTTP/1.1 401"), "what does not come is not waited for: {more}");
    for nonsense in ["99999999999999999999999", "-1", "1, 2", ""] {
        let answer = raw(&url, &signed(&format!("Content-Length: {nonsense}"), body)).await;
        assert!(!answer.contains("HTTP/1.1 200"), "{nonsense}: {answer}");
    }
    nothing_in_channel(&world).await;
    assert_eq!(world.audit().await.len(), 1, "only the first, genuine one");
    let right = raw(&url, &signed(&format!("Content-Length: {length}"), body)).await;
    assert!(right.starts_with("HTTP/1.1 200"), "{right}");
    world.card(SLUG).await;
}

#[tokio::test]
async fn s2_what_is_turned_away_leaves_a_metric_and_a_line_without_its_body() {
    let top = "admin_listen = \"127.0.0.1:0\"".to_owned();
    let mut world = World::with(Wanted { top, ..Wanted::default() }).await;
    world.stop_bot().await;
    // As talkative as somebody can make it.
    let talkative = "trace,slack_morphism=trace,slack_morphism::hyper_tokio=trace,hyper=trace,sqlx=trace";
    let bot = Process::start_with(&world, &[("RUST_LOG", talkative)]).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    world.control.fault("users.info", "error:internal_error", 1).await.unwrap();
    world.presses(BOB, &card, "approve").await;
    world.told(BOB, "who you are").await;

    let secret = "text=TELLTALE-BODY&user_id=U0BOB";
    world.refuses("commands", secret, now(), Some("not-the-secret")).await;
    world.refuses("commands", secret, now() - 400, None).await;
    world.refuses("interactions", secret, now(), None).await;
    world.presses(BOB, &card, "deny").await;
    let last = world.control.deliveries().await.unwrap().last().unwrap().n;
    assert_eq!(world.control.replay(last).await.unwrap().status, 401);
    let large = "x".repeat(300_000);
    assert_eq!(world.control.deliver("events", &large).await.unwrap().status, 413);

    let (status, metrics) = page(&format!("{}/metrics", bot.admin_url())).await;
    assert_eq!(status, 200);
    let mut rejections: Vec<&str> =
        metrics.lines().filter_map(|line| line.strip_prefix("ckan_chatops_slack_rejections_total")).collect();
    rejections.sort_unstable();
    insta::assert_snapshot!(rejections.join("\n"), @r#"
    {endpoint="commands",reason="mismatch"} 1
    {endpoint="commands",reason="stale"} 1
    {endpoint="events",reason="too_large"} 1
    {endpoint="interactions",reason="malformed"} 1
    {endpoint="interactions",reason="replay"} 1
    "#);
    assert_eq!(bot.page("/metrics").await.0, 404, "not where Slack comes in");

    eventually("the log has come through", async || bot.log().contains("too_large")).await;
    let log = bot.log();
    let turned_away: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["fields"]["message"] == "a request was turned away at the door")
        .collect();
    assert_eq!(turned_away.len(), 5);
    let slack = SlackConfig::small_team();
    for private in [
        "slack_morphism",
        "TELLTALE-BODY",
        "Publisher asked",
        "/respond/",
        slack.signing_secret.as_str(),
        slack.bot_token.as_str(),
        world.ckan.token.as_str(),
        "v0=",
    ] {
        let line = log.lines().find(|line| line.contains(private));
        assert!(line.is_none(), "“{private}” is in the log: {}", line.unwrap_or_default());
    }
    assert_eq!(sent(ckan(&world), "package_delete").await, 0);
}
