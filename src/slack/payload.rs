//! What Slack sends, read tolerantly, and the same in our own terms.
//!
//! Guarantees that unknown fields, unknown types, `"team": null` (Enterprise Grid) and missing optional parts never
//! fail; what cannot be acted on becomes [`Act::Unknown`]. Takes identity from `user.id` and team ids only, never
//! from a name (S7, S8). Leaves trust in the bytes to `signature` and permission to `approval`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{TeamId, UserId};

/// Longer than any id of Slack's.
const LONGEST_ID: usize = 64;

/// Who did it, where from, by a verified payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The account.
    pub user: UserId,
    /// The workspace the payload names; empty where it names none.
    pub team: TeamId,
    /// The Enterprise Grid organisation, where there is one.
    pub enterprise: Option<String>,
}

/// An act of a person, as it is kept in the inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    /// A slash command.
    Command {
        /// Who.
        sender: Sender,
        /// In which channel.
        channel: String,
        /// What was typed behind `/ckan`.
        text: String,
        /// Opens a form, within 3 s, once.
        trigger: String,
        /// Answers privately, 5 times in 30 minutes.
        response_url: String,
    },
    /// A button.
    Press {
        /// Who.
        sender: Sender,
        /// In which channel the message stands.
        channel: String,
        /// Which message.
        ts: String,
        /// Which button.
        button: String,
        /// The request's id.
        value: String,
        /// Opens a form, within 3 s, once.
        trigger: String,
        /// Answers privately, 5 times in 30 minutes.
        response_url: Option<String>,
    },
    /// A form.
    Submit {
        /// Who.
        sender: Sender,
        /// Which form.
        form: String,
        /// The opaque id the form was opened with.
        about: String,
        /// What was filled in.
        values: BTreeMap<String, String>,
    },
    /// Something this bot offers nothing for.
    Unknown {
        /// Who.
        sender: Sender,
        /// What Slack calls it, for the log.
        kind: String,
        /// Answers privately.
        response_url: Option<String>,
    },
}

impl Act {
    /// Who did it.
    pub fn sender(&self) -> &Sender {
        match self {
            Self::Command { sender, .. }
            | Self::Press { sender, .. }
            | Self::Submit { sender, .. }
            | Self::Unknown { sender, .. } => sender,
        }
    }

    /// Where the person is answered privately, where Slack gave such an address.
    pub fn response_url(&self) -> Option<&str> {
        match self {
            Self::Command { response_url, .. } => Some(response_url),
            Self::Press { response_url, .. } | Self::Unknown { response_url, .. } => response_url.as_deref(),
            Self::Submit { .. } => None,
        }
    }
}

/// What arrived: an act, with what pins it to our app and what makes a second copy recognisable.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The app that Slack says it is for.
    pub app: Option<String>,
    /// Unique for each act of a person.
    pub dedupe: Option<String>,
    /// The act.
    pub act: Act,
}

/// A slash command's form body.
#[derive(Debug, Default, Deserialize)]
struct CommandForm {
    #[serde(default)]
    ssl_check: String,
    #[serde(default)]
    api_app_id: Option<String>,
    #[serde(default)]
    team_id: String,
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    channel_id: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    trigger_id: String,
    #[serde(default)]
    response_url: String,
}

/// What a command's body holds.
#[derive(Debug, PartialEq)]
pub enum CommandBody {
    /// Slack checks the certificate; nothing to do.
    SslCheck,
    /// A command.
    Arrival(Box<Arrival>),
}

/// Reads a slash command's body; `None` where it is not one.
pub fn command(body: &[u8]) -> Option<CommandBody> {
    let form: CommandForm = serde_urlencoded::from_bytes(body).ok()?;
    if form.ssl_check == "1" {
        return Some(CommandBody::SslCheck);
    }
    if form.user_id.is_empty() || form.response_url.is_empty() || form.trigger_id.is_empty() {
        return None;
    }
    if !is_id(&form.user_id) || !is_id(&form.team_id) {
        return None;
    }
    Some(CommandBody::Arrival(Box::new(Arrival {
        app: form.api_app_id,
        dedupe: Some(format!("command:{}", form.trigger_id)),
        act: Act::Command {
            sender: Sender {
                user: UserId::new(form.user_id),
                team: TeamId::new(form.team_id),
                enterprise: form.enterprise_id.filter(|id| !id.is_empty()),
            },
            channel: form.channel_id,
            text: form.text,
            trigger: form.trigger_id,
            response_url: form.response_url,
        },
    })))
}

/// Letters and digits, as Slack's ids are, and few: they stand in the audit as they came.
fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[derive(Debug, Deserialize)]
struct InteractionForm {
    payload: String,
}

/// Reads an interaction's body; `None` where it is not one or names no user.
pub fn interaction(body: &[u8]) -> Option<Arrival> {
    let form: InteractionForm = serde_urlencoded::from_bytes(body).ok()?;
    let payload: Value = serde_json::from_str(&form.payload).ok()?;
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let user = text("/user/id").filter(|id| !id.is_empty() && is_id(id))?;
    // On an org-wide installation `team` is null; the user's own team id stands in.
    let team = text("/team/id").or_else(|| text("/user/team_id")).unwrap_or_default();
    if !is_id(&team) {
        return None;
    }
    let sender = Sender {
        user: UserId::new(user),
        team: TeamId::new(team),
        enterprise: text("/enterprise/id").or_else(|| text("/team/enterprise_id")),
    };
    let kind = text("/type").unwrap_or_default();
    let trigger = text("/trigger_id").unwrap_or_default();
    let response_url = text("/response_url");
    let dedupe = match kind.as_str() {
        // A form can be submitted once; its id with its hash is what stays the same on a second delivery.
        "view_submission" => text("/view/id").map(|id| {
            format!("view:{id}:{}", text("/view/hash").or_else(|| text("/trigger_id")).unwrap_or_default())
        }),
        _ => (!trigger.is_empty()).then(|| format!("{kind}:{trigger}")),
    };
    let act = match kind.as_str() {
        "block_actions" => pressed(&payload, &sender, &trigger, response_url.as_deref()),
        "view_submission" => submitted(&payload, &sender),
        _ => None,
    }
    .unwrap_or(Act::Unknown { sender, kind, response_url });
    Some(Arrival { app: text("/api_app_id"), dedupe, act })
}

fn pressed(payload: &Value, sender: &Sender, trigger: &str, response_url: Option<&str>) -> Option<Act> {
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Some(Act::Press {
        sender: sender.clone(),
        channel: text("/container/channel_id").or_else(|| text("/channel/id"))?,
        ts: text("/container/message_ts").or_else(|| text("/message/ts"))?,
        button: text("/actions/0/action_id")?,
        value: text("/actions/0/value")?,
        trigger: trigger.to_owned(),
        response_url: response_url.map(str::to_owned),
    })
}

fn submitted(payload: &Value, sender: &Sender) -> Option<Act> {
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut values = BTreeMap::new();
    if let Some(blocks) = payload.pointer("/view/state/values").and_then(Value::as_object) {
        for (block, actions) in blocks {
            // What was typed, or the id of the one attached file; all else about a file is asked of Slack.
            let value = actions
                .as_object()
                .and_then(|actions| actions.values().next())
                .and_then(|action| action.get("value").or_else(|| action.pointer("/files/0/id")))
                .and_then(Value::as_str)
                .unwrap_or_default();
            values.insert(block.clone(), value.to_owned());
        }
    }
    Some(Act::Submit {
        sender: sender.clone(),
        form: text("/view/callback_id")?,
        about: text("/view/private_metadata").unwrap_or_default(),
        values,
    })
}

/// The challenge of Slack's address check; `None` where the event is something else.
pub fn url_verification(body: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(body).ok()?;
    (event.get("type")?.as_str()? == "url_verification")
        .then(|| event.get("challenge")?.as_str().map(str::to_owned))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(payload: &Value) -> Vec<u8> {
        serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap().into_bytes()
    }

    fn click() -> Value {
        serde_json::json!({
            "type": "block_actions", "team": null, "enterprise": {"id": "E1", "name": "org"},
            "user": {"id": "W1", "username": "x", "team_id": "T0001"}, "api_app_id": "A0001",
            "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
            "trigger_id": "t.1", "response_url": "https://hooks.slack.com/actions/1",
            "actions": [{"action_id": "approve", "value": "01R", "type": "button", "new_field": [1]}],
            "something_new": {"deep": true}
        })
    }

    #[test]
    fn s15_a_null_team_and_unknown_fields_are_read() {
        let arrival = interaction(&form(&click())).unwrap();
        assert_eq!(arrival.app.as_deref(), Some("A0001"));
        let Act::Press { sender, button, value, .. } = arrival.act else { panic!("not a press") };
        assert_eq!((button.as_str(), value.as_str()), ("approve", "01R"));
        assert_eq!(sender.team.as_str(), "T0001");
        assert_eq!(sender.enterprise.as_deref(), Some("E1"));
    }

    #[test]
    fn an_unknown_type_is_kept_as_unknown() {
        let mut payload = click();
        payload["type"] = "message_action".into();
        let arrival = interaction(&form(&payload)).unwrap();
        assert!(matches!(arrival.act, Act::Unknown { kind, .. } if kind == "message_action"));
    }

    #[test]
    fn s7_no_user_means_no_act() {
        let mut payload = click();
        payload["user"] = Value::Null;
        assert!(interaction(&form(&payload)).is_none());
        for odd in ["", "U0BOB ", "U0BOB\u{200b}", "<@U0BOB>", &"U".repeat(65)] {
            payload["user"] = serde_json::json!({"id": odd});
            assert!(interaction(&form(&payload)).is_none(), "{odd}");
            let typed =
                [("user_id", odd), ("team_id", "T1"), ("trigger_id", "1.2"), ("response_url", "https://x")];
            assert_eq!(command(serde_urlencoded::to_string(typed).unwrap().as_bytes()), None, "{odd}");
        }
        payload["user"] = serde_json::json!({"id": "U".repeat(64)});
        assert!(interaction(&form(&payload)).is_some());
        payload["team"] = serde_json::json!({"id": "T".repeat(65)});
        assert!(interaction(&form(&payload)).is_none());
        assert!(interaction(b"payload=nonsense").is_none());
        assert!(interaction(b"\xff\xfe").is_none());
    }

    #[test]
    fn an_empty_state_is_an_empty_form() {
        let payload = serde_json::json!({
            "type": "view_submission", "user": {"id": "U1", "team_id": "T0001"}, "team": {"id": "T0001"},
            "view": {"id": "V1", "callback_id": "deny", "private_metadata": "01R", "state": {}}
        });
        let arrival = interaction(&form(&payload)).unwrap();
        assert!(matches!(arrival.act, Act::Submit { values, .. } if values.is_empty()));
    }

    #[test]
    fn of_an_attached_file_only_the_id_is_taken() {
        let payload = serde_json::json!({
            "type": "view_submission", "user": {"id": "U1", "team_id": "T0001"}, "team": {"id": "T0001"},
            "view": {"id": "V1", "callback_id": "ask_list", "private_metadata": "01R", "state": {"values": {
                "file": {"file": {"type": "file_input", "files": [
                    {"id": "F1", "name": "list.csv", "url_private_download": "http://169.254.169.254/"},
                ]}},
                "list": {"list": {"type": "plain_text_input", "value": null}},
            }}}
        });
        let Act::Submit { values, .. } = interaction(&form(&payload)).unwrap().act else { panic!("no form") };
        assert_eq!(values, BTreeMap::from([("file", "F1"), ("list", "")].map(|(k, v)| (k.into(), v.into()))));
        let none = serde_json::json!({"type": "file_input", "files": []});
        let mut payload = payload;
        payload["view"]["state"]["values"]["file"]["file"] = none;
        let Act::Submit { values, .. } = interaction(&form(&payload)).unwrap().act else { panic!("no form") };
        assert_eq!(values["file"], "");
    }

    #[test]
    fn slacks_certificate_check_is_recognised() {
        assert_eq!(command(b"ssl_check=1&token=x"), Some(CommandBody::SslCheck));
        assert_eq!(command(b"text=withdraw+x"), None);
    }
}
