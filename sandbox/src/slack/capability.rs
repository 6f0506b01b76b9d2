//! Trigger ids and response addresses: what a payload allows the app to do, for how long and how often.

use std::collections::HashMap;

/// A trigger id lives this long.
const TRIGGER_MS: i64 = 3_000;
/// A response address lives this long.
const RESPONSE_MS: i64 = 30 * 60 * 1000;
/// A response address takes this many posts.
const RESPONSE_POSTS: u8 = 5;

#[derive(Debug)]
struct Trigger {
    user: String,
    expires_ms: i64,
    used: bool,
    in_modal: bool,
}

/// What a response address answers.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A command, and the message that last answered it.
    Command { line: String, answer_ts: Option<String> },
    /// A click in this message.
    Message { ts: String },
}

#[derive(Debug, Clone)]
pub(super) struct ResponseAddress {
    pub(super) user: String,
    pub(super) channel: String,
    pub(super) source: Source,
    expires_ms: i64,
    posts_left: u8,
}

/// Everything that was handed out.
#[derive(Debug, Default)]
pub(super) struct Capabilities {
    triggers: HashMap<String, Trigger>,
    responses: HashMap<String, ResponseAddress>,
}

/// Who a trigger id belongs to.
#[derive(Debug)]
pub(super) struct Triggered {
    pub(super) user: String,
    pub(super) in_modal: bool,
}

impl Capabilities {
    pub(super) fn new_trigger(&mut self, user: &str, in_modal: bool, now_ms: i64) -> String {
        let id = format!("{now_ms}.{}.{}", self.triggers.len() + 1, random_hex());
        let trigger =
            Trigger { user: user.to_owned(), expires_ms: now_ms + TRIGGER_MS, used: false, in_modal };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Who may be shown a view by this trigger id, without using it up.
    pub(super) fn look_at_trigger(&self, id: &str, now_ms: i64) -> Result<Triggered, &'static str> {
        let trigger = self.triggers.get(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if now_ms >= trigger.expires_ms {
            return Err("expired_trigger_id");
        }
        Ok(Triggered { user: trigger.user.clone(), in_modal: trigger.in_modal })
    }

    pub(super) fn use_trigger(&mut self, id: &str) {
        if let Some(trigger) = self.triggers.get_mut(id) {
            trigger.used = true;
        }
    }

    pub(super) fn new_response(&mut self, user: &str, channel: &str, source: Source, now_ms: i64) -> String {
        let token = format!("{}-{}", self.responses.len() + 1, random_hex());
        let address = ResponseAddress {
            user: user.to_owned(),
            channel: channel.to_owned(),
            source,
            expires_ms: now_ms + RESPONSE_MS,
            posts_left: RESPONSE_POSTS,
        };
        self.responses.insert(token.clone(), address);
        token
    }

    /// Takes one of the five posts.
    pub(super) fn use_response(&mut self, token: &str, now_ms: i64) -> Result<ResponseAddress, &'static str> {
        let address = self.responses.get_mut(token).ok_or("expired_url")?;
        if now_ms >= address.expires_ms {
            return Err("expired_url");
        }
        address.posts_left = address.posts_left.checked_sub(1).ok_or("used_url")?;
        Ok(address.clone())
    }

    /// The address without taking a post, for the acknowledgement's own body.
    pub(super) fn look_at_response(&self, token: &str) -> Option<ResponseAddress> {
        self.responses.get(token).cloned()
    }

    /// Remembers which message answered the command, for `replace_original` and `delete_original`.
    pub(super) fn set_answer(&mut self, token: &str, ts: &str) {
        if let Some(ResponseAddress { source: Source::Command { answer_ts, .. }, .. }) =
            self.responses.get_mut(token)
        {
            *answer_ts = Some(ts.to_owned());
        }
    }
}

/// 128 random bits.
pub(super) fn random_hex() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::{Capabilities, Source};

    #[test]
    fn a_trigger_id_lives_three_seconds_and_once() {
        let mut all = Capabilities::default();
        let id = all.new_trigger("U1", false, 1_000);
        assert_eq!(all.look_at_trigger(&id, 3_999).unwrap().user, "U1");
        assert_eq!(all.look_at_trigger(&id, 4_000).unwrap_err(), "expired_trigger_id");
        all.use_trigger(&id);
        assert_eq!(all.look_at_trigger(&id, 1_001).unwrap_err(), "exchanged_trigger_id");
        assert_eq!(all.look_at_trigger("1.2.3", 1_001).unwrap_err(), "invalid_trigger_id");
    }

    #[test]
    fn a_response_address_takes_five_posts_in_thirty_minutes() {
        let mut all = Capabilities::default();
        let source = Source::Command { line: "/x".into(), answer_ts: None };
        let token = all.new_response("U1", "C1", source.clone(), 0);
        for _ in 0..5 {
            assert!(all.use_response(&token, 1_799_999).is_ok());
        }
        assert_eq!(all.use_response(&token, 1_799_999).unwrap_err(), "used_url");
        let late = all.new_response("U1", "C1", source, 0);
        assert_eq!(all.use_response(&late, 1_800_000).unwrap_err(), "expired_url");
    }
}
