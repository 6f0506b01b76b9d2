//! Somebody who sends what they like, and what every attack is judged by.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ckan_chatops::audit::verify_store;
use ckan_chatops::config::Config;
use ckan_chatops::serve::Server;
use ckan_chatops::store::sqlite::SqliteAuditReader;
use sandbox::slack::Message;
use serde_json::{Value, json};

use crate::file::File;
use crate::world::{BOB, CHANNEL, World};

/// What the attacks are about, unless they say otherwise.
pub const SLUG: &str = "road-accidents-2019";

/// A name for an act that Slack has not given to another one.
pub fn trigger() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!("13345224609.{}.attack", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A click as Slack describes it, for an attacker to edit.
pub fn click(user: &str, card: &Message, button: &str, value: &str) -> Value {
    json!({
        "type": "block_actions", "team": {"id": "T0001", "domain": "platform-team"}, "enterprise": null,
        "is_enterprise_install": false, "api_app_id": "A0001", "trigger_id": trigger(),
        "user": {"id": user, "username": "x", "name": "x", "team_id": "T0001"},
        "container": {"type": "message", "channel_id": card.channel, "message_ts": card.ts},
        "channel": {"id": card.channel, "name": "x"},
        "message": {"ts": card.ts, "bot_id": "B0BOT", "text": card.text, "blocks": card.blocks},
        "actions": [{"type": "button", "action_id": button, "block_id": "b", "value": value}],
    })
}

/// A sent form as Slack describes it.
pub fn submission(user: &str, form: &str, about: &str, values: &Value) -> Value {
    let mut state = json!({});
    for (name, value) in values.as_object().unwrap() {
        state[name] = json!({name: {"type": "plain_text_input", "value": value}});
    }
    json!({
        "type": "view_submission", "team": {"id": "T0001"}, "api_app_id": "A0001", "trigger_id": trigger(),
        "user": {"id": user, "team_id": "T0001"},
        "view": {
            "id": format!("V{}", trigger()), "hash": "1.x", "callback_id": form, "private_metadata": about,
            "state": {"values": state},
        },
    })
}

pub fn body(payload: &Value) -> String {
    serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap()
}

impl World {
    /// Sends this with the right signature; the bot's status.
    pub async fn sends(&self, payload: &Value) -> u16 {
        self.control.deliver("interactions", &body(payload)).await.unwrap().status
    }

    /// Sends this signed with another secret: it goes nowhere.
    pub async fn forges(&self, path: &str, body: &str) {
        let reply = self.control.deliver_signed(path, body, None, None, Some("guessed")).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (401, ""));
    }

    /// The body of the last delivery to the bot.
    pub async fn last_body(&self) -> String {
        self.control.deliveries().await.unwrap().last().unwrap().request.clone()
    }

    /// The same body again, signed in another second than the first one's.
    pub async fn resigned(&self, path: &str, body: &str) -> u16 {
        let then = jiff::Timestamp::now().as_second() - 7;
        self.control.deliver_signed(path, body, Some(then), None, None).await.unwrap().status
    }

    /// The request's id, as nobody but the store knows it.
    pub async fn request_id(&self) -> String {
        let ids = "SELECT id FROM request ORDER BY created_at DESC, id DESC LIMIT 1";
        File::of(self).await.texts(ids).await.remove(0)
    }

    /// Who did what with which end, by which rule.
    pub async fn judged(&self) -> Vec<String> {
        let lines = "SELECT coalesce(json_extract(entry, '$.actor.human.user'), \
                     json_extract(entry, '$.actor.user'), 'bot') \
                     || ' ' || json_extract(entry, '$.act') || ' ' || coalesce(json_extract(entry, '$.result'), '-') \
                     || ' by ' || coalesce(json_extract(entry, '$.rule'), '-') FROM audit ORDER BY seq";
        File::of(self).await.texts(lines).await
    }

    /// The last line of [`Self::judged`] of this person.
    pub async fn last_of(&self, user: &str) -> String {
        self.judged().await.into_iter().rfind(|line| line.starts_with(user)).unwrap_or_default()
    }

    /// CKAN carried out this many writes in all, was asked for no more, and the audit is whole.
    pub async fn ckan_saw(&self, writes: usize) {
        let ckan = self.ckan.control.as_ref().expect("the sandbox CKAN");
        let seen = ckan.writes().await;
        assert_eq!(seen.len(), writes, "{seen:?}");
        let claims = self.judged().await.iter().filter(|line| line.starts_with("bot claimed")).count();
        assert_eq!(claims, writes, "nothing without a claim, and no claim twice");
        let url = format!("sqlite://{}", self.database().display());
        let reader = SqliteAuditReader::open(&url).await.expect("the audit can be read");
        verify_store(&reader).await.expect("the audit holds");
    }

    /// It still works: the card is approved as it should be, and runs once.
    pub async fn goes_on(&self, card: &Message) {
        self.presses(BOB, card, "approve").await;
        self.thread(card, "Done and verified").await;
    }

    /// Stops the bot, changes its configuration, and starts another one on it.
    pub async fn restarts_with(&mut self, old: &str, new: &str) -> Server {
        self.stop_bot().await;
        let text = std::fs::read_to_string(self.config_file()).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(self.config_file(), text.replace(old, new)).unwrap();
        let (config, secrets) = Config::read(&self.config_file(), &|name| self.secret(name)).unwrap();
        let bot = Server::start_at(config, secrets, self.clock.clone()).await.unwrap();
        self.slack.set_app_url(&format!("http://{}", bot.address()));
        bot
    }

    /// Waits until this question's answer is this number.
    pub async fn counts(&self, question: &'static str, wanted: i64) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let seen = File::of(self).await.number(question).await;
            if seen == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{question}: {seen}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything that was delivered has been acted on and answered.
    pub async fn is_quiet(&self) {
        self.counts("SELECT count(*) FROM inbound WHERE state = 'received'", 0).await;
        self.counts("SELECT count(*) FROM outbox WHERE state = 'waiting'", 0).await;
    }
}

/// A message at another place than this one.
pub fn elsewhere(card: &Message, channel: Option<&str>, ts: Option<&str>) -> Message {
    let channel = channel.unwrap_or(CHANNEL).to_owned();
    Message { channel, ts: ts.unwrap_or(&card.ts).to_owned(), ..card.clone() }
}
