//! Answers to the response address that Slack gives with an act.
//!
//! Guarantees that nothing is posted but to Slack's own hosts, or to the host of the configured API address where
//! that is an emulator (S22), with a time-out and no redirects; the address is never logged. Leaves retries to
//! `outbox` (Slack: at most 5 posts in 30 minutes).

use serde_json::{Value, json};
use url::Url;

use super::hosts::Hosts;
use super::web::SlackError;

/// Slack's hosts for response addresses, commercial and government.
const SLACK_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Posts to response addresses.
pub struct ResponseAddress {
    http: reqwest::Client,
    hosts: Hosts,
}

impl ResponseAddress {
    /// A poster for a bot whose Slack API stands at `api_url`.
    pub fn new(http: reqwest::Client, api_url: &Url) -> Self {
        Self { http, hosts: Hosts::new(&SLACK_HOSTS, api_url) }
    }

    /// Whether an answer may go there at all.
    pub fn permits(&self, address: &str) -> bool {
        self.hosts.permit(address)
    }

    /// Answers privately.
    pub async fn answer(&self, address: &str, body: &Value) -> Result<(), SlackError> {
        if !self.permits(address) {
            return Err(SlackError::Refused("response_address_not_slacks".to_owned()));
        }
        let mut message = body.clone();
        if let (Some(message), Value::Object(fixed)) =
            (message.as_object_mut(), json!({"response_type": "ephemeral", "replace_original": false}))
        {
            message.extend(fixed);
        }
        let answer = self.http.post(address).json(&message).send().await.map_err(|_| SlackError::Unclear)?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            429 => Err(SlackError::RateLimited(std::time::Duration::from_secs(
                answer
                    .headers()
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok()?.parse().ok())
                    .unwrap_or(1),
            ))),
            status @ 400..=499 => Err(SlackError::Refused(format!("response_address_{status}"))),
            _ => Err(SlackError::Unclear),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poster(api: &str) -> ResponseAddress {
        let http = crate::http::client(std::time::Duration::from_secs(1)).unwrap();
        ResponseAddress::new(http, &Url::parse(api).unwrap())
    }

    #[test]
    fn s22_only_slacks_own_hosts_are_answered() {
        let real = poster("https://slack.com/api");
        assert!(real.permits("https://hooks.slack.com/commands/T1/2/x"));
        assert!(real.permits("https://hooks.slack-gov.com/commands/T1/2/x"));
        for wrong in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com:8443/x",
            "https://hooks.slack.com.evil.example/x",
            "https://hooks.slack.com@evil.example/x",
            "https://user:pass@hooks.slack.com/x",
            "https://slack.com/x",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:9/x",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!real.permits(wrong), "{wrong}");
        }
    }

    #[test]
    fn s22_an_emulators_own_host_and_port_are_answered_too() {
        let emulator = poster("http://127.0.0.1:9000/api");
        assert!(emulator.permits("http://127.0.0.1:9000/respond/1"));
        assert!(!emulator.permits("http://127.0.0.1:9001/respond/1"));
        assert!(!emulator.permits("http://localhost:9000/respond/1"));
    }
}
