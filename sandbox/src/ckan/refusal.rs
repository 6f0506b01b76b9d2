//! How CKAN says no.
//!
//! Guarantees: each kind of refusal has CKAN's own status, `__type` and wording, including the 400s whose body is a
//! bare JSON string, and what differs between the versions.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// Why an action was not carried out.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// Known but not allowed, with CKAN's sentence, if it has one.
    NotAuthorized(String),
    /// `Not found`, with what, if CKAN says.
    NotFound(Option<String>),
    /// Bad values, by field.
    Validation(Map<String, Value>),
    /// A search parameter that CKAN does not know, as Python prints the sentence.
    SearchQuery(String),
    /// A query that Solr refused.
    Search(String),
    /// Solr did not take the change, so the database was rolled back.
    SearchIndex,
    /// Solr did not answer a search.
    SearchConnection,
    /// Anything that CKAN did not expect.
    Internal,
}

impl Refusal {
    /// One field, one message.
    pub(super) fn field(field: &str, message: &str) -> Self {
        Self::Validation(Map::from_iter([(field.to_owned(), json!([message]))]))
    }

    /// A value that the action needs was not sent.
    pub(super) fn missing(field: &str) -> Self {
        Self::field(field, "Missing value")
    }

    /// A sentence that belongs to no field.
    pub(super) fn message(message: &str) -> Self {
        Self::Validation(Map::from_iter([("message".to_owned(), json!(message))]))
    }

    /// The status and the value of `error`.
    pub(super) fn answer(&self) -> (StatusCode, Value) {
        match self {
            Self::NotAuthorized(detail) if detail.is_empty() => {
                (StatusCode::FORBIDDEN, typed("Authorization Error", "Access denied"))
            }
            Self::NotAuthorized(detail) => {
                (StatusCode::FORBIDDEN, typed("Authorization Error", &format!("Access denied: {detail}")))
            }
            Self::NotFound(None) => (StatusCode::NOT_FOUND, typed("Not Found Error", "Not found")),
            Self::NotFound(Some(what)) => {
                (StatusCode::NOT_FOUND, typed("Not Found Error", &format!("Not found: {what}")))
            }
            Self::Validation(fields) => {
                let mut error = fields.clone();
                error.insert("__type".to_owned(), json!("Validation Error"));
                (StatusCode::CONFLICT, Value::Object(error))
            }
            Self::SearchQuery(detail) => (
                StatusCode::BAD_REQUEST,
                typed("Search Query Error", &format!("Search Query is invalid: {detail}")),
            ),
            Self::Search(detail) => {
                (StatusCode::CONFLICT, typed("Search Error", &format!("Search error: '{detail}'")))
            }
            Self::SearchIndex => (
                StatusCode::INTERNAL_SERVER_ERROR,
                typed(
                    "Search Index Error",
                    "Unable to add package to search index: Solr responded with an error (HTTP 503): [Reason: None]",
                ),
            ),
            Self::SearchConnection => (
                StatusCode::INTERNAL_SERVER_ERROR,
                typed("Search Connection Error", "Unable to connect to the search server"),
            ),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, typed("Internal Server Error", "Internal Server Error"))
            }
        }
    }
}

fn typed(kind: &str, message: &str) -> Value {
    json!({"__type": kind, "message": message})
}
