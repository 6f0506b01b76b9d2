//! One call of CKAN's action API.
//!
//! Guarantees that a request is sent once, that an answer is read up to a limit, and that neither the token nor the
//! body reaches a log. Leaves the meaning of an answer to [`super::classify`].

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::classify::{Kind, Loss, judge, lost};
use super::{CallError, Cause};

/// The longest answer that is read. CKAN's longest, a dataset with its harvest object, stays far below.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// The header that CKAN 2.10 was configured with, and the only one that such a configuration takes.
const LEGACY_TOKEN_HEADER: &str = "X-CKAN-API-Key";

/// One call.
pub(super) struct Call<'a> {
    pub(super) client: &'a Client,
    pub(super) base: &'a Url,
    /// `None` asks as an anonymous visitor.
    pub(super) token: Option<&'a HeaderValue>,
    pub(super) action: &'static str,
    pub(super) kind: Kind,
}

impl Call<'_> {
    /// Sends it, once.
    pub(super) async fn send(&self, parameters: &impl Serialize) -> Result<Value, CallError> {
        let url = self
            .base
            .join(&format!("api/3/action/{}", self.action))
            .map_err(|_| CallError::nothing_done(self.action, Cause::Unreachable))?;
        let mut request = self.client.post(url).json(parameters);
        if let Some(token) = self.token {
            request = request.header(AUTHORIZATION, token).header(LEGACY_TOKEN_HEADER, token);
        }
        let response = request.send().await.map_err(|error| self.lost(Loss::of(&error), None))?;
        let status = response.status().as_u16();
        let body = whole(response).await.map_err(|loss| self.lost(loss, Some(status)))?;
        let outcome = judge(self.kind, status, &body).map_err(|(cause, effect)| CallError {
            action: self.action,
            cause,
            effect,
            status: Some(status),
            earlier: None,
        });
        tracing::debug!(
            ckan.action = self.action,
            http.status = status,
            ckan.ok = outcome.is_ok(),
            "called CKAN"
        );
        outcome
    }

    fn lost(&self, loss: Loss, status: Option<u16>) -> CallError {
        let (cause, effect) = lost(self.kind, loss);
        tracing::debug!(ckan.action = self.action, ?cause, "called CKAN in vain");
        CallError { action: self.action, cause, effect, status, earlier: None }
    }
}

async fn whole(mut response: Response) -> Result<Vec<u8>, Loss> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Loss::of(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Loss::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
