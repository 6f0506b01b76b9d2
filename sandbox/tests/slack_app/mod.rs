//! A tiny app for the sandbox Slack's own tests: it records what Slack sends and answers as the test told it.

#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses its own part")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test support")]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sandbox::slack::{Control, ControlError, SlackConfig, SlackSandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(crate) const ALICE: &str = "U0ALICE";
pub(crate) const BOB: &str = "U0BOB";
pub(crate) const CHANNEL: &str = "C0001";
pub(crate) const TOKEN: &str = "xoxb-sandbox-0001";
pub(crate) const SECRET: &str = "sandbox-signing-secret";

/// What the app answers next on a path.
pub(crate) enum Answer {
    Text(&'static str),
    Json(Value),
    Status(u16),
    Hang,
}

/// A request of Slack's, as the app got it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn form(&self) -> HashMap<String, String> {
        serde_urlencoded::from_bytes(&self.body).unwrap()
    }

    pub(crate) fn payload(&self) -> Value {
        serde_json::from_str(&self.form()["payload"]).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct App {
    answers: Mutex<VecDeque<Answer>>,
    received: mpsc::UnboundedSender<Received>,
}

/// A sandbox with an app.
pub(crate) struct Scene {
    pub(crate) slack: SlackSandbox,
    pub(crate) control: Control,
    pub(crate) http: reqwest::Client,
    app: Arc<App>,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(SlackConfig::small_team()).await
    }

    pub(crate) async fn with(config: SlackConfig) -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let slack = SlackSandbox::start(config, any_port).await.unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let app = Arc::new(App { answers: Mutex::default(), received: sender });
        let listener = TcpListener::bind(any_port).await.unwrap();
        slack.set_app_url(&format!("http://{}", listener.local_addr().unwrap()));
        let router = Router::new().route("/slack/{path}", post(take)).with_state(Arc::clone(&app));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { control: slack.control(), slack, http, app, received }
    }

    /// What the app answers next, in order.
    pub(crate) fn answer(&self, answer: Answer) {
        self.app.answers.lock().unwrap().push_back(answer);
    }

    /// The next request that the app got.
    pub(crate) async fn received(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    /// Types `/ckan` as this person and returns what the app got.
    pub(crate) async fn command(&mut self, user: &str, text: &str) -> HashMap<String, String> {
        self.control.command(user, CHANNEL, text).await.unwrap();
        self.received().await.form()
    }

    /// A Web API call with a JSON body.
    pub(crate) async fn api(&self, method: &str, arguments: &Value) -> Value {
        self.raw_api(method, arguments).await.json().await.unwrap()
    }

    pub(crate) async fn raw_api(&self, method: &str, arguments: &Value) -> reqwest::Response {
        let url = format!("{}/{method}", self.slack.api_url());
        let request =
            self.http.post(url).bearer_auth(TOKEN).header("content-type", "application/json; charset=utf-8");
        request.body(arguments.to_string()).send().await.unwrap()
    }

    /// A Web API call with a query.
    pub(crate) async fn get(&self, method: &str, query: &[(&str, &str)]) -> Value {
        let url = format!("{}/{method}", self.slack.api_url());
        let response = self.http.get(url).query(query).bearer_auth(TOKEN).send().await.unwrap();
        response.json().await.unwrap()
    }

    /// Posts to a response address; returns the status and the body.
    pub(crate) async fn respond(&self, url: &str, body: &Value) -> (u16, Value) {
        let response = self.http.post(url).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Posts a card with one button, `approve`, and returns its `ts`.
    pub(crate) async fn post_card(&self) -> String {
        let posted = self
            .api("chat.postMessage", &json!({ "channel": CHANNEL, "text": "A card", "blocks": card() }))
            .await;
        assert_eq!(posted["ok"], true, "{posted}");
        posted["ts"].as_str().unwrap().to_owned()
    }

    /// Opens a modal for this person, who types a command for it.
    pub(crate) async fn open_modal(&mut self, user: &str, view: &Value) -> Value {
        let form = self.command(user, "/ckan form").await;
        self.api("views.open", &json!({ "trigger_id": form["trigger_id"], "view": view })).await
    }
}

async fn take(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let _ = app.received.send(Received { path, headers, body: body.to_vec() });
    let answer = app.answers.lock().unwrap().pop_front();
    match answer {
        None => StatusCode::OK.into_response(),
        Some(Answer::Text(text)) => text.into_response(),
        Some(Answer::Json(value)) => axum::Json(value).into_response(),
        Some(Answer::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Answer::Hang) => std::future::pending().await,
    }
}

/// A section and an Approve button.
pub(crate) fn card() -> Value {
    json!([
        { "type": "section", "block_id": "what", "text": { "type": "mrkdwn", "text": "Withdraw *roads*?" } },
        { "type": "actions", "block_id": "vote", "elements": [{
            "type": "button", "action_id": "approve", "value": "01J0", "style": "primary",
            "text": { "type": "plain_text", "text": "Approve" },
        }] },
    ])
}

/// A modal that asks for a reason.
pub(crate) fn reason_modal() -> Value {
    json!({
        "type": "modal",
        "callback_id": "reason",
        "title": { "type": "plain_text", "text": "Why?" },
        "submit": { "type": "plain_text", "text": "Ask" },
        "private_metadata": "01J0",
        "notify_on_close": true,
        "blocks": [{
            "type": "input", "block_id": "reason", "label": { "type": "plain_text", "text": "Reason" },
            "element": { "type": "plain_text_input", "action_id": "text", "max_length": 200 },
        }],
    })
}

/// The code with which the control API refused.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, ControlError>) -> String {
    match result.unwrap_err() {
        ControlError::Refused { code, .. } => code,
        other => panic!("{other}"),
    }
}
