//! Reads a call: where the token and the arguments are, and in which encoding.

use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::arguments::Arguments;
use super::error::ApiError;

/// A call as it came in.
#[derive(Debug)]
pub(super) struct Received {
    token: Option<String>,
    query: Arguments,
    /// Query and body together, for the record.
    pub(super) arguments: Arguments,
    is_json: bool,
    broken: Option<&'static str>,
    pub(super) warning: Option<&'static str>,
}

impl Received {
    pub(super) fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let content_type = text(header::CONTENT_TYPE).map(str::to_ascii_lowercase).unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let mut query = Arguments::from_form(query.unwrap_or_default().as_bytes());
        // Tokens in the address are not taken by Slack, and must not be recorded here.
        query.take("token");
        let (mut warning, mut broken) = (None, None);
        let sent = match kind {
            _ if body.is_empty() => Arguments::default(),
            "application/x-www-form-urlencoded" => {
                if content_type.contains("charset") {
                    warning = Some("superfluous_charset");
                }
                Arguments::from_form(body)
            }
            "application/json" => {
                if !content_type.contains("charset") {
                    warning = Some("missing_charset");
                } else if !content_type.replace('"', "").contains("charset=utf-8") {
                    broken = Some("invalid_charset");
                }
                match serde_json::from_slice(body) {
                    Ok(Value::Object(fields)) => Arguments::new(fields),
                    Ok(_) => {
                        broken = Some("json_not_object");
                        Arguments::default()
                    }
                    Err(_) => {
                        broken = Some("invalid_json");
                        Arguments::default()
                    }
                }
            }
            "" => {
                broken = Some("missing_post_type");
                Arguments::default()
            }
            _ => {
                broken = Some("invalid_post_type");
                Arguments::default()
            }
        };
        let is_json = kind == "application/json" && !body.is_empty();
        let mut arguments = query.clone().merged(sent);
        // A token in a form counts, one in JSON does not.
        let in_form = arguments.take("token").filter(|_| !is_json);
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let token = bearer.map(|token| token.trim().to_owned());
        let token = token.or_else(|| in_form.and_then(|token| token.as_str().map(str::to_owned)));
        Self { token, query, arguments, is_json, broken, warning }
    }

    pub(super) fn check_token(&self, right: &str) -> Result<(), ApiError> {
        match self.token.as_deref() {
            None | Some("") => Err(ApiError::new("not_authed")),
            Some(token) if token != right => Err(ApiError::new("invalid_auth")),
            Some(_) => Ok(()),
        }
    }

    /// The arguments that count: most reading methods do not look into JSON bodies.
    pub(super) fn arguments_for(&self, takes_json: bool) -> Result<Arguments, ApiError> {
        if let Some(code) = self.broken {
            return Err(ApiError::new(code));
        }
        Ok(if self.is_json && !takes_json { self.query.clone() } else { self.arguments.clone() })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::Received;

    fn read(content_type: &'static str, token: Option<&'static str>, body: &str) -> Received {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        if let Some(token) = token {
            headers.insert("authorization", HeaderValue::from_static(token));
        }
        Received::read(&headers, Some("limit=5&token=leak"), body.as_bytes())
    }

    #[test]
    fn forms_and_json_are_read_with_or_without_a_charset() {
        let form = read("application/x-www-form-urlencoded", None, "token=right&channel=C1");
        assert_eq!(form.arguments.shown(), json!({ "limit": "5", "channel": "C1" }));
        assert!(form.check_token("right").is_ok());
        let json = read("application/json; charset=utf-8", Some("Bearer right"), r#"{"channel":"C1"}"#);
        assert_eq!(json.arguments.shown(), json!({ "limit": "5", "channel": "C1" }));
        assert!(json.check_token("right").is_ok());
        assert_eq!(json.warning, None);
        assert_eq!(read("application/json", None, "{}").warning, Some("missing_charset"));
    }

    #[test]
    fn a_token_counts_in_the_header_or_in_a_form_only() {
        let code = |received: &Received| received.check_token("right").unwrap_err().code.into_owned();
        assert_eq!(code(&read("application/json", None, r#"{"token":"right"}"#)), "not_authed");
        assert_eq!(code(&read("application/json", Some("Bearer wrong"), "{}")), "invalid_auth");
        assert_eq!(code(&read("application/json", Some("right"), "{}")), "not_authed");
    }

    #[test]
    fn broken_bodies_have_slacks_codes() {
        let code = |received: &Received| received.arguments_for(true).unwrap_err().code.into_owned();
        assert_eq!(code(&read("application/json", None, "{")), "invalid_json");
        assert_eq!(code(&read("application/json", None, "[]")), "json_not_object");
        assert_eq!(code(&read("application/json; charset=latin-1", None, "{}")), "invalid_charset");
        assert_eq!(code(&read("text/plain", None, "x")), "invalid_post_type");
        assert_eq!(code(&read("", None, "x")), "missing_post_type");
    }
}
