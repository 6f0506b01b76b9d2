//! Which failures mean "not applied" and which mean "unknown".
//!
//! Guarantees that a write counts as not applied only where CKAN certainly refused it or never had it; all doubt is
//! unknown. A read changes nothing, so its failures are never unknown. Pure: no I/O. Leaves retries and the proof of
//! the token to [`super::Site`].

use serde_json::Value;

use super::{Cause, Effect};

/// Whether a call may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing.
    Read,
    /// May change something.
    Write,
}

/// How a call can end without a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Name not found, connection refused, TLS refused, or none of it in time: no byte of the request left.
    NotConnected,
    /// Sent, and no whole answer in time.
    NoAnswer,
    /// Sent, and the connection broke.
    Broken,
    /// The answer was longer than any that CKAN gives us.
    TooLong,
}

impl Loss {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() {
            Self::NotConnected
        } else if error.is_timeout() {
            Self::NoAnswer
        } else {
            Self::Broken
        }
    }
}

/// What a call that ended so means.
pub(super) fn lost(kind: Kind, loss: Loss) -> (Cause, Effect) {
    let (cause, effect) = match loss {
        Loss::NotConnected => (Cause::Unreachable, Effect::NotApplied),
        Loss::NoAnswer => (Cause::TimedOut, Effect::Unknown),
        Loss::Broken => (Cause::ConnectionLost, Effect::Unknown),
        Loss::TooLong => (Cause::NotCkan, Effect::Unknown),
    };
    (cause, effect_on(kind, effect))
}

/// CKAN's result, or what its answer means.
pub(super) fn judge(kind: Kind, status: u16, body: &[u8]) -> Result<Value, (Cause, Effect)> {
    let mut json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let (cause, effect) = match status {
        200 if json.get("success") == Some(&Value::Bool(true)) && json.get("result").is_some() => {
            return Ok(json.get_mut("result").map(Value::take).unwrap_or_default());
        }
        300..=399 => (Cause::NotCkan, Effect::NotApplied),
        // All of CKAN's 400s that have no type are a bare JSON string, translated but for this part.
        400 if json.as_str().is_some_and(|text| text.contains("Action name not known")) => {
            (Cause::UnknownAction, Effect::NotApplied)
        }
        400 if json.is_string() => (Cause::BadRequest, Effect::NotApplied),
        400..=499 => refused(status, error_type(&json)),
        // CKAN rolls back when its index fails, but 2.10 also fails after the commit: the probe decides.
        500 if error_type(&json).is_some_and(|name| name.starts_with("Search")) => {
            (Cause::SearchIndex, Effect::Unknown)
        }
        // CKAN goes on working after a proxy has given up on it.
        502..=504 | 520..=527 => (Cause::ProxyGaveUp, Effect::Unknown),
        500..=599 => (Cause::ServerError, Effect::Unknown),
        // Most of all a 200: a proxy may have put a page of its own in place of the answer, after CKAN acted.
        _ => (Cause::NotCkan, Effect::Unknown),
    };
    Err((cause, effect_on(kind, effect)))
}

/// A 4xx. CKAN's own are told from a proxy's by the error's `__type`.
fn refused(status: u16, error_type: Option<&str>) -> (Cause, Effect) {
    match (status, error_type) {
        // Raised by a query that ran inside the action, perhaps after it had acted.
        (409, Some("Search Error")) => (Cause::SearchIndex, Effect::Unknown),
        (409, Some(_)) | (400, Some("Integrity Error")) => (Cause::Invalid, Effect::NotApplied),
        (400, Some(_)) => (Cause::BadRequest, Effect::NotApplied),
        (403, Some(_)) => (Cause::NotAuthorised, Effect::NotApplied),
        (404, Some(_)) => (Cause::NotFound, Effect::NotApplied),
        (404, None) => (Cause::NotCkan, Effect::NotApplied),
        // A proxy that lost patience with its own upstream may say so with this.
        (408, _) => (Cause::ProxyGaveUp, Effect::Unknown),
        _ => (Cause::ProxyRefused, Effect::NotApplied),
    }
}

fn error_type(json: &Value) -> Option<&str> {
    json.get("error")?.get("__type")?.as_str()
}

fn effect_on(kind: Kind, effect: Effect) -> Effect {
    match kind {
        Kind::Read => Effect::NotApplied,
        Kind::Write => effect,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use Effect::{NotApplied, Unknown};

    const PAGE: &str = "<html><h1>No</h1></html>";

    fn error(name: &str) -> String {
        json!({"help": "", "success": false, "error": {"__type": name, "message": "Some text"}}).to_string()
    }

    #[test]
    fn the_whole_table_is_as_reviewed() {
        let table = [
            (200, PAGE.to_owned(), Cause::NotCkan, Unknown),
            (200, json!({"success": false}).to_string(), Cause::NotCkan, Unknown),
            (200, json!({"success": true}).to_string(), Cause::NotCkan, Unknown),
            (200, json!({"success": "true", "result": 1}).to_string(), Cause::NotCkan, Unknown),
            (200, "[]".to_owned(), Cause::NotCkan, Unknown),
            (200, String::new(), Cause::NotCkan, Unknown),
            (204, String::new(), Cause::NotCkan, Unknown),
            (301, PAGE.to_owned(), Cause::NotCkan, NotApplied),
            (302, String::new(), Cause::NotCkan, NotApplied),
            (308, String::new(), Cause::NotCkan, NotApplied),
            (
                400,
                json!("Bad request - Action name not known: x").to_string(),
                Cause::UnknownAction,
                NotApplied,
            ),
            (
                400,
                json!("Bad request: Action name not known: x").to_string(),
                Cause::UnknownAction,
                NotApplied,
            ),
            (400, json!("Bad request: JSON Error: x").to_string(), Cause::BadRequest, NotApplied),
            (400, error("Search Query Error"), Cause::BadRequest, NotApplied),
            (400, error("Integrity Error"), Cause::Invalid, NotApplied),
            (400, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (400, "Action name not known".to_owned(), Cause::ProxyRefused, NotApplied),
            (400, json!({"message": "Blocked"}).to_string(), Cause::ProxyRefused, NotApplied),
            (400, String::new(), Cause::ProxyRefused, NotApplied),
            (401, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (403, error("Authorization Error"), Cause::NotAuthorised, NotApplied),
            (403, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (404, error("Not Found Error"), Cause::NotFound, NotApplied),
            (404, PAGE.to_owned(), Cause::NotCkan, NotApplied),
            (405, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (408, PAGE.to_owned(), Cause::ProxyGaveUp, Unknown),
            (409, error("Validation Error"), Cause::Invalid, NotApplied),
            (409, error("Search Error"), Cause::SearchIndex, Unknown),
            (409, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (413, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (429, PAGE.to_owned(), Cause::ProxyRefused, NotApplied),
            (500, error("Internal Server Error"), Cause::ServerError, Unknown),
            (500, error("Search Index Error"), Cause::SearchIndex, Unknown),
            (500, error("Search Connection Error"), Cause::SearchIndex, Unknown),
            (500, PAGE.to_owned(), Cause::ServerError, Unknown),
            (501, PAGE.to_owned(), Cause::ServerError, Unknown),
            (502, PAGE.to_owned(), Cause::ProxyGaveUp, Unknown),
            (503, PAGE.to_owned(), Cause::ProxyGaveUp, Unknown),
            (504, PAGE.to_owned(), Cause::ProxyGaveUp, Unknown),
            (524, PAGE.to_owned(), Cause::ProxyGaveUp, Unknown),
            (599, String::new(), Cause::ServerError, Unknown),
            (600, String::new(), Cause::NotCkan, Unknown),
            (100, String::new(), Cause::NotCkan, Unknown),
        ];
        for (status, body, cause, effect) in table {
            assert_eq!(judge(Kind::Write, status, body.as_bytes()), Err((cause, effect)), "{status} {body}");
            assert_eq!(
                judge(Kind::Read, status, body.as_bytes()),
                Err((cause, NotApplied)),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_null_result_is_a_success() {
        let body = json!({"help": "", "success": true, "result": null}).to_string();
        assert_eq!(judge(Kind::Write, 200, body.as_bytes()), Ok(Value::Null));
    }

    #[test]
    fn only_what_never_left_is_not_applied() {
        assert_eq!(lost(Kind::Write, Loss::NotConnected), (Cause::Unreachable, NotApplied));
        assert_eq!(lost(Kind::Write, Loss::NoAnswer), (Cause::TimedOut, Unknown));
        assert_eq!(lost(Kind::Write, Loss::Broken), (Cause::ConnectionLost, Unknown));
        assert_eq!(lost(Kind::Write, Loss::TooLong), (Cause::NotCkan, Unknown));
        assert_eq!(lost(Kind::Read, Loss::Broken), (Cause::ConnectionLost, NotApplied));
    }
}
