//! The world of a story: a Slack, a CKAN and the bot between them, each a real server on loopback.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ckan_chatops::approval::Freeze;
use ckan_chatops::clock::MovableClock;
use ckan_chatops::config::Config;
use ckan_chatops::serve::Server;
use jiff::Timestamp;
use sandbox::ckan::{CkanConfig, CkanControl, CkanSandbox, Fault, FaultKind};
use sandbox::slack::{Control, Message, SlackConfig, SlackSandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::Lab;

pub const CHANNEL: &str = "C0001";
pub const ALICE: &str = "U0ALICE";
pub const BOB: &str = "U0BOB";
pub const CARA: &str = "U0CARA";
pub const GUEST: &str = "U0GUEST";
pub const OUTSIDER: &str = "U0OUT";

/// The CKAN of a story.
pub struct TestCkan {
    pub url: String,
    pub token: String,
    /// CKAN's version.
    pub version: String,
    /// The control of the sandbox CKAN; a real one has none.
    pub control: Option<CkanControl>,
    /// Where the CKAN is a real one.
    pub lab: Option<Lab>,
    /// Lines of the configuration: how it is reached beside its API.
    reached: String,
    /// Kept, as it stops when it is dropped.
    _sandbox: Option<CkanSandbox>,
    http: reqwest::Client,
}

impl TestCkan {
    async fn start(more_datasets: usize) -> Self {
        ckan_chatops::http::install_crypto_provider();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        if let Some(lab) = Lab::here().await {
            return Self {
                url: lab.word("URL").to_owned(),
                token: lab.token(),
                version: lab.word("VERSION").to_owned(),
                reached: format!(
                    "{}\ndatabase_read_env = \"CKAN_DATABASE_READ\"\ndatabase_write_env = \"CKAN_DATABASE_WRITE\"",
                    programs(&[lab.word("COMMAND").to_owned()], |name, verb| {
                        [lab.word("SERVICES"), name, verb].map(str::to_owned).to_vec()
                    })
                ),
                control: None,
                lab: Some(lab),
                _sandbox: None,
                http,
            };
        }
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let mut config = CkanConfig::default();
        config.seed = config.seed.with_more(more_datasets);
        if let Ok(version) = std::env::var("CKAN_CHATOPS_STORY_CKAN") {
            config.version = version;
        }
        let version = config.version.clone();
        let ckan = CkanSandbox::start(config, anywhere).await.expect("the sandbox CKAN");
        let program = sandbox::ckan::programs::built_program();
        Self {
            reached: programs(&ckan.command_line(program), |name, verb| ckan.service(program, name, verb)),
            url: ckan.url(),
            token: ckan.sysadmin_token().to_owned(),
            version,
            control: Some(ckan.control()),
            lab: None,
            _sandbox: Some(ckan),
            http,
        }
    }

    /// Whether a withdrawal offers the way back by a button.
    pub fn offers_restore(&self) -> bool {
        self.restores() != Restores::WithALoss
    }

    /// How a dataset comes back here, where the bot has all its ways to this CKAN.
    pub fn restores(&self) -> Restores {
        let by_api = !self.is("2.10") && !self.is("2.11");
        match (by_api, &self.lab) {
            (true, _) => Restores::OverTheApi,
            (false, Some(_)) => Restores::InTheDatabase,
            (false, None) => Restores::WithALoss,
        }
    }

    /// The text on a restored dataset without who was asked whether CKAN has it: the database, where it was written.
    pub fn restored(&self, text: &str) -> String {
        let witness = match self.restores() {
            Restores::InTheDatabase => "- CKAN's database has it",
            Restores::OverTheApi | Restores::WithALoss => "- CKAN has it",
        };
        said(text).replace(witness, "- ‹witness› has it")
    }

    /// Whether this is a release of the line `line`, such as `2.10`.
    pub fn is(&self, line: &str) -> bool {
        self.version.strip_prefix(line).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// A text without what differs from run to run, this CKAN's version included.
    pub fn said(&self, text: &str) -> String {
        said(text).replace(&self.version, "‹version›")
    }

    /// Calls an action as the site's sysadmin, as somebody at CKAN's own page would.
    pub async fn action(&self, name: &str, body: Value) -> Value {
        self.answer(name, body).await.1
    }

    /// The HTTP status of an action and its result, which is null where there is none.
    pub async fn answer(&self, name: &str, body: Value) -> (u16, Value) {
        let answer = self
            .http
            .post(format!("{}/api/3/action/{name}", self.url))
            .header("Authorization", &self.token)
            .json(&body)
            .send()
            .await
            .expect("CKAN answers");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.expect("CKAN answers in JSON")["result"].clone())
    }

    /// From now on CKAN answers 500 when this dataset is withdrawn, although it withdraws it, where this CKAN can be
    /// made to: not a real one from 2.11 on.
    pub async fn answers_500_after_deleting(&self, slug: &str) {
        match (&self.lab, &self.control) {
            (Some(lab), _) => lab.answers_500_after_deleting(slug),
            (None, Some(control)) => {
                control.fault(Fault::once("package_delete", FaultKind::ErrorAfterCommit)).await;
            }
            (None, None) => panic!("neither a lab nor a sandbox"),
        }
    }

    /// The dataset's state, as CKAN has it; on the lab read from its database.
    pub async fn state(&self, slug: &str) -> String {
        if let Some(lab) = &self.lab {
            return lab.rows(&format!("select state from package where name = '{slug}'"));
        }
        self.action("package_show", json!({"id": slug})).await["state"].as_str().unwrap_or("gone").to_owned()
    }

    /// The actions that CKAN was asked for so far, by name, the story's own among them.
    pub async fn called(&self) -> Vec<String> {
        match (&self.lab, &self.control) {
            (Some(lab), _) => lab.called(),
            (None, Some(control)) => {
                control.requests().await.into_iter().map(|request| request.action).collect()
            }
            (None, None) => panic!("neither a lab nor a sandbox"),
        }
    }

    /// Changes of `slug` that CKAN carried out, where the CKAN keeps such a log.
    pub async fn writes(&self, slug: &str) -> Option<usize> {
        let control = self.control.as_ref()?;
        let id = control.dataset(slug).await?.id;
        Some(control.writes().await.iter().filter(|write| write.committed && write.id == id).count())
    }
}

/// How a dataset comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restores {
    /// Over the API, which loses nothing from CKAN 2.12 on.
    OverTheApi,
    /// In the database, which loses nothing on any CKAN; a sandbox has none.
    InTheDatabase,
    /// Over the API, which before 2.12 erases resources that were removed earlier. Cards warn of it, no button offers
    /// it, and a command for it has to say that they may go.
    WithALoss,
}

/// The lines of a configuration that name CKAN's programs, each word of them a text.
fn programs(command_line: &[String], service: impl Fn(&str, &str) -> Vec<String>) -> String {
    let services = ["gather", "fetch"].map(|name| {
        let verbs = ["status", "restart", "logs"];
        let verbs = verbs.map(|verb| format!("{verb} = {}", json!(service(name, verb))));
        format!("{name} = {{ {} }}", verbs.join(", "))
    });
    format!("command_line = {}\nservices = {{ {} }}", json!(command_line), services.join(", "))
}

/// What a story may want otherwise.
#[derive(Default)]
pub struct Wanted {
    /// How many approvals; 0 is the usual one.
    pub approvals: u8,
    /// Further lines of the configuration, before its first table's end.
    pub top: String,
    /// Further lines of the configuration, for the environment; `{ckan}` is the CKAN's address.
    pub environment: String,
    /// No way to CKAN but its API: neither command line nor services nor database.
    pub api_only: bool,
    /// Another store than a file.
    pub database_url: Option<String>,
    /// Another CKAN address or token than the world's own.
    pub ckan_url: Option<String>,
    pub ckan_token: Option<String>,
    /// When nothing is changed.
    pub freezes: Vec<Freeze>,
    /// How long something approved may be held, where it is not the usual time.
    pub held_ttl: Option<Duration>,
    /// So many datasets more in the sandbox CKAN, `bulk-00001` and on.
    pub more_datasets: usize,
}

pub struct World {
    pub slack: SlackSandbox,
    pub control: Control,
    pub ckan: TestCkan,
    pub clock: Arc<MovableClock>,
    pub folder: TempDir,
    bot: Option<Server>,
    wanted: Wanted,
    /// Private messages that a story has read already.
    read: Mutex<HashSet<String>>,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Wanted::default()).await
    }

    pub async fn with(wanted: Wanted) -> Self {
        let ckan = TestCkan::start(wanted.more_datasets).await;
        let mut config = SlackConfig::small_team();
        config.scopes =
            ckan_chatops::slack::manifest::SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        let slack =
            SlackSandbox::start(config, "127.0.0.1:0".parse().unwrap()).await.expect("the sandbox Slack");
        // A real command takes seconds to start, and many on a busy machine.
        let control = match ckan.lab {
            Some(_) => slack.control().with_patience(Duration::from_mins(1)),
            None => slack.control(),
        };
        let mut world = Self {
            control,
            slack,
            ckan,
            clock: Arc::new(MovableClock::default()),
            folder: TempDir::new().unwrap(),
            bot: None,
            wanted,
            read: Mutex::default(),
        };
        world.start_bot().await;
        world
    }

    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("ckan-chatops.toml")
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("ckan-chatops.db")
    }

    /// The configuration that a person would write.
    pub fn write_config(&self) {
        let text = format!(
            r#"listen = "127.0.0.1:0"
database_url = "{}"
{}
[slack]
api_url = "{}"
team_id = "T0001"
app_id = "A0001"
channel = "{CHANNEL}"
[access]
requesters = {{ usergroups = ["S0ENG"] }}
approvers = {{ usergroups = ["S0ENG"] }}
[policy]
approvals = {}
pending_ttl = "1h"
approved_ttl = "15m"
ticket_pattern = '^[0-9]{{5,8}}$'
[environments.production]
default = true
ckan_url = "{}"
api_token_env = "CKAN_TOKEN_PRODUCTION"
{}
{}
"#,
            self.wanted
                .database_url
                .clone()
                .unwrap_or_else(|| format!("sqlite://{}", self.database().display())),
            self.wanted.top,
            self.slack.api_url(),
            self.wanted.approvals.max(1),
            self.wanted.ckan_url.as_ref().unwrap_or(&self.ckan.url),
            self.reached(),
            if self.wanted.environment.is_empty() {
                "write_deadline = \"3s\"\nrequest_timeout = \"2s\"".to_owned()
            } else {
                self.wanted.environment.replace("{ckan}", &self.ckan.url)
            },
        );
        std::fs::write(self.config_file(), text).unwrap();
    }

    /// How CKAN is reached beside its API, but for what the story says of that itself.
    fn reached(&self) -> String {
        let is_said = |line: &&str| {
            let key = line.split(' ').next().unwrap_or_default();
            self.wanted.environment.lines().any(|own| own.split(' ').next() == Some(key))
        };
        let lines = self.ckan.reached.lines().filter(|line| !self.wanted.api_only && !is_said(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The secrets that a service manager would give.
    pub fn secret(&self, name: &str) -> Option<String> {
        let slack = SlackConfig::small_team();
        match name {
            "SLACK_SIGNING_SECRET" => Some(slack.signing_secret),
            "SLACK_BOT_TOKEN" => Some(slack.bot_token),
            "CKAN_DATABASE_READ" => self.ckan.lab.as_ref().map(|lab| lab.word("DATABASE_READ").to_owned()),
            "CKAN_DATABASE_WRITE" => self.ckan.lab.as_ref().map(|lab| lab.word("DATABASE_WRITE").to_owned()),
            "CKAN_TOKEN_PRODUCTION" => {
                Some(self.wanted.ckan_token.clone().unwrap_or_else(|| self.ckan.token.clone()))
            }
            _ => None,
        }
    }

    pub async fn start_bot(&mut self) {
        self.write_config();
        let (mut config, secrets) =
            Config::read(&self.config_file(), &|name| self.secret(name)).expect("a good configuration");
        config.policy.freezes.extend(self.wanted.freezes.iter().cloned());
        config.policy.held_ttl = self.wanted.held_ttl.unwrap_or(config.policy.held_ttl);
        let bot = Server::start_at(config, secrets, self.clock.clone()).await.expect("the bot starts");
        self.slack.set_app_url(&format!("http://{}", bot.address()));
        self.bot = Some(bot);
    }

    /// Stops the bot and starts it on the same database with other freezes.
    pub async fn restart_with(&mut self, freezes: Vec<Freeze>) {
        self.stop_bot().await;
        self.wanted.freezes = freezes;
        self.start_bot().await;
    }

    pub fn bot_url(&self) -> String {
        format!("http://{}", self.bot.as_ref().expect("the bot runs").address())
    }

    pub async fn stop_bot(&mut self) {
        if let Some(bot) = self.bot.take() {
            bot.stop().await.expect("the bot stops in time");
        }
    }

    /// Types a command.
    pub async fn types(&self, user: &str, text: &str) {
        let reply = self.control.command(user, CHANNEL, text).await.expect("Slack takes the command");
        assert_eq!((reply.status, reply.timed_out), (200, false), "{text}: {}", reply.body);
    }

    /// Types a command and waits for the private answer.
    pub async fn is_told(&self, user: &str, text: &str) -> String {
        self.types(user, text).await;
        self.next_private(user).await
    }

    /// The first private answer that the story has not read yet.
    pub async fn next_private(&self, user: &str) -> String {
        self.private(user, "").await
    }

    /// The first private answer with these words that the story has not read yet.
    pub async fn told(&self, user: &str, words: &str) -> String {
        self.private(user, words).await
    }

    async fn private(&self, user: &str, words: &str) -> String {
        let message = self
            .control
            .wait_message(user, |message| {
                message.ephemeral_for.as_deref() == Some(user)
                    && message.text != ckan_chatops::sentences::notices::LOOKING_UP
                    && message.text.contains(words)
                    && !self.read.lock().unwrap().contains(&message.ts)
            })
            .await
            .unwrap_or_else(|error| panic!("no private answer with “{words}”: {error}"));
        self.read.lock().unwrap().insert(message.ts.clone());
        said(&message.text)
    }

    /// Waits for the card of a request whose text holds `words`.
    pub async fn card(&self, words: &str) -> Message {
        self.control
            .wait_message(BOB, |message| {
                message.bot
                    && message.thread_ts.is_none()
                    && message.ephemeral_for.is_none()
                    && message.text.contains(words)
            })
            .await
            .expect("a card")
    }

    /// Waits for a message in the thread of `card` that holds `words`.
    pub async fn thread(&self, card: &Message, words: &str) -> Message {
        let ts = card.ts.clone();
        self.control
            .wait_message(BOB, |message| {
                message.thread_ts.as_deref() == Some(&ts)
                    && message.ephemeral_for.is_none()
                    && message.text.contains(words)
            })
            .await
            .expect("a message in the thread")
    }

    /// Waits for a file in the thread of `card`, and reads it.
    pub async fn file(&self, card: &Message, ending: &str) -> String {
        let ts = card.ts.clone();
        let shared = self
            .control
            .wait_message(BOB, |message| {
                message.thread_ts.as_deref() == Some(&ts)
                    && message
                        .files
                        .iter()
                        .any(|file| file["name"].as_str().is_some_and(|n| n.ends_with(ending)))
            })
            .await
            .expect("a file in the thread");
        let id = shared.files[0]["id"].as_str().expect("the file's id");
        let bytes = self.control.open_file(BOB, id).await.expect("the file");
        String::from_utf8(bytes).expect("a text file")
    }

    /// Waits until the card of `card` says `words`.
    pub async fn card_says(&self, card: &Message, words: &str) -> Message {
        let ts = card.ts.clone();
        self.control
            .wait_message(BOB, |message| message.ts == ts && message.text.contains(words))
            .await
            .expect("the card as it is now")
    }

    pub async fn presses(&self, user: &str, message: &Message, button: &str) {
        let reply = self.control.click(user, message, button).await.expect("Slack takes the click");
        assert_eq!((reply.status, reply.timed_out), (200, false), "{button}: {}", reply.body);
    }

    /// Approves after a look at the whole plan, typing this where something has to be typed.
    pub async fn reviews(&self, user: &str, card: &Message, typed: Option<&str>) {
        self.presses(user, card, "approve").await;
        let form = self.control.wait_modal(user).await.expect("the review");
        let filled = typed.map_or(json!({}), |typed| json!({"confirmation": {"confirmation": typed}}));
        self.control.submit(user, &form.view_id, &filled).await.expect("Slack takes the form");
    }

    /// Asks for a withdrawal and waits for its card.
    pub async fn asks_to_withdraw(&self, user: &str, slug: &str) -> Message {
        self.types(user, &format!("/ckan withdraw {slug} --reason \"Publisher asked\" --ticket 51234")).await;
        self.card(slug).await
    }

    /// Asks for a withdrawn dataset to come back, and waits for the card: with the Undo button where there is one, else
    /// by typing the command that the card had named.
    pub async fn asks_for_it_back(&self, user: &str, done: &Message, slug: &str, to: &str) -> Message {
        if self.ckan.restores() == Restores::WithALoss {
            assert!(!blocks(done).contains("\"undo\""), "no button offers what loses something");
            let text = format!(
                "/ckan restore {slug} --to {to} --erase-removed-resources --ticket 51234 --reason \"It was the wrong one\""
            );
            self.types(user, &text).await;
        } else {
            self.presses(user, done, "undo").await;
            let form = self.control.wait_modal(user).await.unwrap();
            let why = json!({"reason": {"reason": "It was the wrong one"}});
            self.control.submit(user, &form.view_id, &why).await.unwrap();
        }
        self.card("Restore").await
    }

    /// The audit's acts with their results, in order, read from the database file.
    pub async fn audit(&self) -> Vec<String> {
        audit(&self.database()).await
    }

    /// The words of the audit's entries, in order; of those that have any.
    pub async fn details(&self) -> Vec<String> {
        let entries = entries(&self.database()).await.into_iter();
        entries.filter_map(|entry| entry["detail"].as_str().map(str::to_owned)).collect()
    }

    /// The audit's entries of this act: when, by which rules, and with which words.
    pub async fn audited(&self, act: &str) -> Vec<(Timestamp, String, String)> {
        let entries = entries(&self.database()).await.into_iter().filter(|entry| entry["act"] == act);
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        entries
            .map(|entry| (text(&entry["at"]).parse().unwrap(), text(&entry["rule"]), text(&entry["detail"])))
            .collect()
    }

    /// What the audit has of what commands printed, one text for each execution.
    pub async fn printed(&self) -> Vec<String> {
        let entries = entries(&self.database()).await.into_iter().filter(|entry| entry["act"] == "printed");
        entries.map(|entry| entry["detail"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// The audit's acts with their results, in order.
pub async fn audit(database: &Path) -> Vec<String> {
    let entries = entries(database).await.into_iter();
    entries
        .map(|entry| {
            let by = entry["actor"]["person"].as_str().unwrap_or("bot");
            format!("{} {} {}", by, entry["act"].as_str().unwrap(), entry["result"].as_str().unwrap_or("-"))
        })
        .collect()
}

/// The audit's entries, in order.
async fn entries(database: &Path) -> Vec<Value> {
    use sqlx::Connection as _;
    use sqlx::Row as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let rows = sqlx::query("SELECT entry FROM audit ORDER BY seq").fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(row.get::<&str, _>("entry")).unwrap()).collect()
}

/// A text without what differs from run to run: moments, references, digests.
pub fn said(text: &str) -> String {
    let moments = regex::Regex::new(r"<!date\^[^>]*>").unwrap();
    let references = regex::Regex::new(r"\b[0-9A-HJKMNP-TV-Z]{6}\b").unwrap();
    // One in a thousand references has digits only.
    let numbers = regex::Regex::new(r"(?i)\b(request|cancel|show) [0-9]{6}\b").unwrap();
    let digests = regex::Regex::new(r"\b[0-9a-f]{12}\b(?: · policy [0-9a-f]{16})?").unwrap();
    let text = moments.replace_all(text, "‹moment›");
    let text = numbers.replace_all(&text, "$1 ‹ref›");
    let text = digests.replace_all(&text, |found: &regex::Captures<'_>| {
        if found[0].contains("policy") {
            "‹digest› · policy ‹digest›".to_owned()
        } else {
            found[0].to_owned()
        }
    });
    references
        .replace_all(&text, |found: &regex::Captures<'_>| {
            let word = &found[0];
            let looks_like_one =
                word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_uppercase());
            if looks_like_one || word.chars().all(|c| c.is_ascii_uppercase()) {
                "‹ref›".to_owned()
            } else {
                word.to_owned()
            }
        })
        .into_owned()
}

/// A message's blocks as text.
pub fn blocks(message: &Message) -> String {
    serde_json::to_string(&message.blocks).unwrap()
}

/// The request's id, as the first button of its card carries it.
pub fn button_value(card: &Message) -> String {
    let actions = card.blocks.iter().find(|block| block["type"] == "actions").expect("buttons");
    actions["elements"][0]["value"].as_str().unwrap().to_owned()
}
