//! The signature door: who may speak to the bot at all.
//!
//! Guarantees that a request passes only with an HMAC over its raw bytes by the current or the previous secret,
//! compared in constant time, made within five minutes of now either way (S1). Holds nothing of the request but the
//! digest of its signature, by which the store refuses a replay (S4). Never puts key material into an error (S2).

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

/// Slack: refuse what is more than five minutes off. Both ways, as a clock may be wrong either way.
pub const LARGEST_SKEW_SECONDS: u64 = 300;

/// Why a request was turned away, as a stable word for the metric and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// A header is missing or malformed.
    Header,
    /// Too far from now.
    Stale,
    /// Signed by somebody else, or altered.
    Mismatch,
    /// This very signature was used before.
    Replay,
    /// Signed, but for another app.
    OtherApp,
    /// Signed, but from another workspace.
    OtherTeam,
    /// Signed, but not what Slack sends.
    Malformed,
    /// Larger than anything Slack sends.
    TooLarge,
    /// Less than was announced, or too slow.
    Incomplete,
}

impl Rejection {
    /// The stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Stale => "stale",
            Self::Mismatch => "mismatch",
            Self::Replay => "replay",
            Self::OtherApp => "other_app",
            Self::OtherTeam => "other_team",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
        }
    }
}

/// SHA-256 of a valid signature: recognises a replay, lets nobody forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureDigest(pub String);

/// Checks signatures with the present secret and, during a rotation, the previous one.
pub struct Verifier {
    keys: Vec<Hmac<Sha256>>,
}

impl Verifier {
    /// A verifier for these secrets. An empty one is left out, so that no secret at all lets nothing in.
    pub fn new(current: &SecretString, previous: Option<&SecretString>) -> Self {
        let keys = [Some(current), previous]
            .into_iter()
            .flatten()
            .filter(|secret| !secret.expose_secret().is_empty())
            .filter_map(|secret| Hmac::new_from_slice(secret.expose_secret().as_bytes()).ok())
            .collect();
        Self { keys }
    }

    /// Whether these raw bytes carry a valid signature.
    pub fn check(
        &self,
        timestamp: Option<&[u8]>,
        signature: Option<&[u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<SignatureDigest, Rejection> {
        let timestamp = timestamp.ok_or(Rejection::Header)?;
        let signature = signature.ok_or(Rejection::Header)?;
        let seconds: i64 = std::str::from_utf8(timestamp)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .ok_or(Rejection::Header)?;
        if now.as_second().abs_diff(seconds) > LARGEST_SKEW_SECONDS {
            return Err(Rejection::Stale);
        }
        let given = signature.strip_prefix(b"v0=").ok_or(Rejection::Header)?;
        let given = hex::decode(given).map_err(|_| Rejection::Header)?;
        let genuine = self.keys.iter().any(|key| {
            let mut mac = key.clone();
            mac.update(b"v0:");
            mac.update(timestamp);
            mac.update(b":");
            mac.update(body);
            mac.verify_slice(&given).is_ok()
        });
        if genuine {
            Ok(SignatureDigest(hex::encode(Sha256::digest(&given))))
        } else {
            Err(Rejection::Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Slack's worked example, from its documentation of request signing.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &[u8] = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const STAMP: &[u8] = b"1531420618";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_531_420_618 + seconds).unwrap()
    }

    fn verifier() -> Verifier {
        Verifier::new(&SecretString::from(SECRET), None)
    }

    fn check(body: &[u8], signature: &[u8], now: Timestamp) -> Result<SignatureDigest, Rejection> {
        verifier().check(Some(STAMP), Some(signature), body, now)
    }

    #[test]
    fn s1_slacks_own_example_is_genuine() {
        assert!(check(BODY, SIGNATURE, at(0)).is_ok());
    }

    #[test]
    fn s1_one_changed_byte_is_not() {
        let mut body = BODY.to_vec();
        body[0] ^= 1;
        assert_eq!(check(&body, SIGNATURE, at(0)), Err(Rejection::Mismatch));
    }

    #[test]
    fn s1_five_minutes_either_way_and_not_a_second_more() {
        assert!(check(BODY, SIGNATURE, at(300)).is_ok());
        assert!(check(BODY, SIGNATURE, at(-300)).is_ok());
        assert_eq!(check(BODY, SIGNATURE, at(301)), Err(Rejection::Stale));
        assert_eq!(check(BODY, SIGNATURE, at(-301)), Err(Rejection::Stale));
    }

    #[test]
    fn s1_the_previous_secret_passes_during_a_rotation() {
        let rotated = Verifier::new(&SecretString::from("new"), Some(&SecretString::from(SECRET)));
        assert!(rotated.check(Some(STAMP), Some(SIGNATURE), BODY, at(0)).is_ok());
        let after = Verifier::new(&SecretString::from("new"), None);
        assert_eq!(after.check(Some(STAMP), Some(SIGNATURE), BODY, at(0)), Err(Rejection::Mismatch));
    }

    #[test]
    fn s1_an_empty_secret_lets_nothing_in() {
        let none = Verifier::new(&SecretString::from(""), Some(&SecretString::from("")));
        assert_eq!(none.check(Some(STAMP), Some(SIGNATURE), BODY, at(0)), Err(Rejection::Mismatch));
    }

    #[test]
    fn s1_malformed_headers_are_refused() {
        let verifier = verifier();
        for (stamp, signature) in [
            (None, Some(SIGNATURE)),
            (Some(STAMP), None),
            (Some(&b"15314206.18"[..]), Some(SIGNATURE)),
            (Some(b"-1531420618"), Some(SIGNATURE)),
            (Some(b""), Some(SIGNATURE)),
            (Some(b"99999999999999999999"), Some(SIGNATURE)),
            (Some(STAMP), Some(b"v1=00")),
            (Some(STAMP), Some(b"v0=zz")),
        ] {
            assert_eq!(verifier.check(stamp, signature, BODY, at(0)), Err(Rejection::Header));
        }
        assert_eq!(verifier.check(Some(STAMP), Some(b"v0="), BODY, at(0)), Err(Rejection::Mismatch));
    }

    #[test]
    fn s2_the_digest_is_not_the_signature() {
        let SignatureDigest(digest) = check(BODY, SIGNATURE, at(0)).unwrap();
        assert!(!SIGNATURE.ends_with(digest.as_bytes()));
    }
}
