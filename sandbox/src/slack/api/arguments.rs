//! A call's arguments, whether they came in the query, in a form or as JSON.

use serde_json::{Map, Value};

use super::error::ApiError;

/// Values as they came: strings from forms and queries, anything from JSON.
#[derive(Debug, Clone, Default)]
pub(in crate::slack) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(in crate::slack) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(super) fn from_form(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
    }

    /// What came later in the request wins.
    pub(super) fn merged(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// For the record. The token has been taken out when the request was read.
    pub(super) fn shown(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text; numbers and booleans count as their text, as they do in a form.
    pub(in crate::slack) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(ApiError::argument(name, "must be a string")),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    pub(in crate::slack) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => match value.to_string().trim_matches('"') {
                "true" | "1" => Ok(Some(true)),
                "false" | "0" | "" => Ok(Some(false)),
                _ => Err(ApiError::argument(name, "must be a boolean")),
            },
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| ApiError::argument(name, "must be a number")))
            .transpose()
    }

    /// A structure: itself in JSON, or JSON in a string. `Err` where the string is no JSON.
    pub(in crate::slack) fn structure(&self, name: &str) -> Option<Result<Value, ()>> {
        Some(match self.present(name)? {
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => serde_json::from_str(text).map_err(|_| ()),
            value => Ok(value.clone()),
        })
    }
}
