//! One entry of the audit: who did what to what, when, and by which rule.
//!
//! Guarantees bounded size and one canonical text: JSON with sorted keys and no white space. Never carries a token,
//! a response address, a password or an upstream body. Leaves ordering and hashing to `chain`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, RequestId, TeamId, UserId};

/// The longest any free text in an entry may be, in characters; longer text is cut and marked with `…`.
pub const LONGEST_TEXT: usize = 600;

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A human, by the ids of a verified payload.
    Human {
        /// The human.
        person: PersonId,
        /// The Slack account used.
        user: UserId,
        /// The workspace the payload named.
        team: TeamId,
    },
    /// The bot itself: a timer, a worker, recovery.
    Bot,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A request was made.
    Requested,
    /// Somebody asked and was refused; nothing was made.
    RequestRefused,
    /// Somebody read something through the bot.
    Read,
    /// A yes was counted.
    Approved,
    /// A no ended the request.
    Denied,
    /// A vote or cancellation was refused.
    DecisionRefused,
    /// The requester took it back.
    Cancelled,
    /// It ran out of time.
    Expired,
    /// It is approved and must not run now.
    Held,
    /// What was held may go on.
    Released,
    /// A worker claimed it; bytes may follow.
    Claimed,
    /// CKAN had moved; nothing ran.
    FoundStale,
    /// The end of what a command printed, clean of secrets.
    Printed,
    /// The attempt ended.
    Settled,
    /// The worker was gone: outcome unknown.
    Lost,
    /// A worker goes on with those of many items for which nothing was sent.
    Resumed,
    /// A probe settled an unknown outcome.
    Probed,
    /// The bot started or stopped.
    Service,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// To which request.
    pub request: Option<RequestId>,
    /// Which operation, for example `dataset withdraw`.
    pub operation: Option<String>,
    /// On which environment.
    pub environment: Option<String>,
    /// CKAN's ids of what it concerns.
    pub targets: Vec<String>,
    /// The plan's digest.
    pub plan: Option<String>,
    /// The digest of the policy that decided.
    pub policy: Option<String>,
    /// The rules that decided, by name: those of the policy, or the refusal's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The outcome or the refusal's name.
    pub result: Option<String>,
    /// Words: the reason given, what was seen.
    pub detail: Option<String>,
}

impl Entry {
    /// An entry with nothing but who, what and when.
    pub fn new(at: Timestamp, actor: Actor, act: Act) -> Self {
        Self {
            at,
            actor,
            act,
            request: None,
            operation: None,
            environment: None,
            targets: vec![],
            plan: None,
            policy: None,
            rule: None,
            result: None,
            detail: None,
        }
    }

    /// The same entry with these words, cut to [`LONGEST_TEXT`].
    #[must_use]
    pub fn detail(mut self, words: &str) -> Self {
        self.detail = Some(bounded(words));
        self
    }

    /// The same entry with this result.
    #[must_use]
    pub fn result(mut self, result: impl Into<String>) -> Self {
        self.result = Some(result.into());
        self
    }

    /// The same entry with the rules that decided.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(bounded(&rule.into()));
        self
    }

    /// The bytes that are hashed and stored: JSON, keys sorted, no white space.
    ///
    /// # Errors
    /// Only where serialising fails, which for this type means memory ran out.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        // Through `Value`, whose maps are sorted by key.
        serde_json::to_value(self).map(|value| value.to_string())
    }
}

/// Cuts to [`LONGEST_TEXT`] characters.
fn bounded(words: &str) -> String {
    if words.chars().count() <= LONGEST_TEXT {
        return words.to_owned();
    }
    let mut cut: String = words.chars().take(LONGEST_TEXT - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_bytes_are_sorted_and_bounded() {
        let entry = Entry::new(Timestamp::UNIX_EPOCH, Actor::Bot, Act::Service).detail(&"x".repeat(5000));
        let text = entry.canonical().unwrap();
        assert!(
            text.starts_with(
                r#"{"act":"service","actor":{"kind":"bot"},"at":"1970-01-01T00:00:00Z","detail":"#
            )
        );
        assert!(text.chars().count() < 900);
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
}
