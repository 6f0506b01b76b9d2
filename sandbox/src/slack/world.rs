//! The whole state of the sandbox, behind one lock, and the version that grows with every visible change.
//!
//! It guarantees that timestamps are unique and in order and that nobody is shown what is not theirs. Which
//! calls are allowed is decided by `api`, `respond` and `control`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::capability::Capabilities;
use super::clock::{Clock, real_micros};
use super::config::{RequestUrls, SlackConfig};
use super::fault::Faults;
use super::file::Files;
use super::message::{Message, Notice};
use super::record::{Call, Delivery};
use super::view::Modal;
use super::workspace::{Channel, Person, Workspace};

/// What handlers and delivery tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: SlackConfig,
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) http: reqwest::Client,
    pub(super) stop: CancellationToken,
    world: Mutex<World>,
    version: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(config: SlackConfig, base: String, http: reqwest::Client) -> Self {
        let world = World::new(config.workspace.clone(), config.request_urls.clone());
        let (version, _) = watch::channel(1);
        Self {
            config,
            base,
            clock: Clock::default(),
            http,
            stop: CancellationToken::new(),
            world: Mutex::new(world),
            version,
        }
    }

    /// Changes what people see, and wakes everyone who waits for that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = self.note(change);
        self.version.send_modify(|version| *version += 1);
        result
    }

    /// Changes what nobody sees, or only reads.
    pub(super) fn note<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

/// Everything that changes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) workspace: Workspace,
    pub(super) urls: RequestUrls,
    pub(super) messages: Vec<Message>,
    pub(super) notices: BTreeMap<String, Vec<Notice>>,
    pub(super) stacks: BTreeMap<String, Vec<Modal>>,
    pub(super) homes: BTreeMap<String, Modal>,
    pub(super) capabilities: Capabilities,
    pub(super) faults: Faults,
    pub(super) files: Files,
    pub(super) calls: Vec<Call>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) last_post_ms: HashMap<String, i64>,
    last_ts: i64,
    last_id: u64,
}

impl World {
    fn new(workspace: Workspace, urls: RequestUrls) -> Self {
        Self {
            workspace,
            urls,
            messages: Vec::new(),
            notices: BTreeMap::new(),
            stacks: BTreeMap::new(),
            homes: BTreeMap::new(),
            capabilities: Capabilities::default(),
            faults: Faults::default(),
            files: Files::default(),
            calls: Vec::new(),
            deliveries: Vec::new(),
            last_post_ms: HashMap::new(),
            last_ts: 0,
            last_id: 0,
        }
    }

    /// A message timestamp that no other message has.
    pub(super) fn next_ts(&mut self) -> String {
        self.last_ts = real_micros().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    /// `V…`, and whatever else needs an id that no other has.
    pub(super) fn next_id(&mut self, prefix: char) -> String {
        self.last_id += 1;
        format!("{prefix}{:08}", self.last_id)
    }

    pub(super) fn next_hash(&mut self) -> String {
        let ts = self.next_ts();
        format!("{}.{}", ts.replace('.', ""), self.last_id)
    }

    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.workspace.people.iter().find(|person| person.id == id)
    }

    pub(super) fn channel(&self, id: &str) -> Option<&Channel> {
        self.workspace.channels.iter().find(|channel| channel.id == id)
    }

    /// The direct message between the app and this person, opened if it is not yet.
    pub(super) fn direct_channel(&mut self, user: &str) -> String {
        let id = format!("D{}", user.trim_start_matches('U'));
        if self.channel(&id).is_none() {
            self.workspace.channels.push(Channel {
                id: id.clone(),
                name: "directmessage".into(),
                members: vec![user.to_owned(), self.workspace.app.bot_user_id.clone()],
                is_private: true,
                ..Channel::default()
            });
        }
        id
    }

    /// Adds a message, giving it its timestamp and filling in missing block and action ids.
    pub(super) fn post(&mut self, mut message: Message) -> Message {
        message.ts = self.next_ts();
        self.name_blocks(&mut message.blocks);
        self.messages.push(message.clone());
        message
    }

    pub(super) fn name_blocks(&mut self, blocks: &mut [Value]) {
        for block in blocks {
            let Some(fields) = block.as_object_mut() else { continue };
            if !fields.contains_key("block_id") {
                fields.insert("block_id".into(), self.next_id('b').into());
            }
            for key in ["elements", "actions", "accessory", "element"] {
                match fields.get_mut(key) {
                    Some(Value::Array(elements)) => {
                        for each in elements {
                            self.name_element(each);
                        }
                    }
                    Some(element) => self.name_element(element),
                    None => {}
                }
            }
            if let Some(children) = fields.get_mut("child_blocks").and_then(Value::as_array_mut) {
                self.name_blocks(children);
            }
        }
    }

    fn name_element(&mut self, element: &mut Value) {
        let Some(fields) = element.as_object_mut() else { return };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let interactive =
            !matches!(kind, "image" | "mrkdwn" | "plain_text") && !kind.starts_with("rich_text_");
        if kind == "card" {
            let mut card = [element.take()];
            self.name_blocks(&mut card);
            let [card] = card;
            *element = card;
        } else if (interactive || kind == "rich_text_input") && !fields.contains_key("action_id") {
            fields.insert("action_id".into(), self.next_id('a').into());
        }
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.channel == channel && message.ts == ts)
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.channel == channel && message.ts == ts)
    }

    /// The messages that this person sees, oldest first.
    pub(super) fn shown_to<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Message> {
        self.messages.iter().filter(move |message| {
            message.is_shown_to(user)
                && self.channel(&message.channel).is_some_and(|channel| channel.has(user))
        })
    }

    pub(super) fn notify(&mut self, user: &str, code: &str, text: String) {
        let ts = self.next_ts();
        self.notices.entry(user.to_owned()).or_default().push(Notice { ts, text, code: code.to_owned() });
    }

    /// An open modal and whose it is.
    pub(super) fn modal(&self, view_id: &str) -> Option<(&str, &Modal)> {
        self.stacks.iter().find_map(|(user, stack)| {
            stack.iter().find(|modal| modal.view_id == view_id).map(|modal| (user.as_str(), modal))
        })
    }

    pub(super) fn modal_mut(&mut self, view_id: &str) -> Option<&mut Modal> {
        self.stacks.values_mut().flatten().find(|modal| modal.view_id == view_id)
    }

    /// Opens a view on top of this person's stack, or as the only one.
    pub(super) fn open_view(&mut self, user: &str, mut view: Value, on_top: bool) -> Modal {
        if let Some(blocks) = view.get_mut("blocks").and_then(Value::as_array_mut) {
            self.name_blocks(blocks);
        }
        let view_id = self.next_id('V');
        let hash = self.next_hash();
        let stack = self.stacks.entry(user.to_owned()).or_default();
        if !on_top {
            stack.clear();
        }
        let modal = Modal {
            callback_id: text_field(&view, "callback_id").unwrap_or_default(),
            external_id: text_field(&view, "external_id").filter(|id| !id.is_empty()),
            previous_view_id: stack.last().map(|modal| modal.view_id.clone()),
            root_view_id: stack.first().map_or_else(|| view_id.clone(), |root| root.view_id.clone()),
            view_id,
            hash,
            view,
            errors: serde_json::Map::new(),
        };
        stack.push(modal.clone());
        modal
    }

    /// Replaces an open modal's contents.
    pub(super) fn update_view(&mut self, view_id: &str, mut view: Value) -> Option<Modal> {
        if let Some(blocks) = view.get_mut("blocks").and_then(Value::as_array_mut) {
            self.name_blocks(blocks);
        }
        let hash = self.next_hash();
        let modal = self.modal_mut(view_id)?;
        modal.callback_id = text_field(&view, "callback_id").unwrap_or_default();
        modal.external_id = text_field(&view, "external_id").filter(|id| !id.is_empty());
        modal.errors = serde_json::Map::new();
        modal.view = view;
        modal.hash = hash;
        Some(modal.clone())
    }

    /// Gives this person's home tab new contents.
    pub(super) fn publish_home(&mut self, user: &str, mut view: Value) -> Modal {
        if let Some(blocks) = view.get_mut("blocks").and_then(Value::as_array_mut) {
            self.name_blocks(blocks);
        }
        let view_id = self.homes.get(user).map(|home| home.view_id.clone());
        let view_id = view_id.unwrap_or_else(|| self.next_id('V'));
        let home = Modal {
            callback_id: text_field(&view, "callback_id").unwrap_or_default(),
            external_id: text_field(&view, "external_id").filter(|id| !id.is_empty()),
            previous_view_id: None,
            root_view_id: view_id.clone(),
            hash: self.next_hash(),
            view_id,
            view,
            errors: serde_json::Map::new(),
        };
        self.homes.insert(user.to_owned(), home.clone());
        home
    }

    /// Takes this view and those above it off the stack, the top one first.
    pub(super) fn close_view(&mut self, user: &str, view_id: &str) -> Vec<Modal> {
        let Some(stack) = self.stacks.get_mut(user) else { return Vec::new() };
        let Some(at) = stack.iter().position(|modal| modal.view_id == view_id) else { return Vec::new() };
        stack.drain(at..).rev().collect()
    }

    pub(super) fn record_call(&mut self, mut call: Call) {
        call.n = self.calls.len() as u64 + 1;
        call.at_ms = real_micros() / 1000;
        self.calls.push(call);
    }
}

pub(super) fn text_field(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}
