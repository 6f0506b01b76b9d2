//! Which hosts are Slack's.
//!
//! Guarantees that an address which Slack's messages name is used only where it is https on one of Slack's own hosts,
//! or where it is the host and port of the configured API address and that is an emulator (S22).

use url::{Host, Url};

/// Hosts for one purpose.
#[derive(Debug, Clone)]
pub struct Hosts {
    real: &'static [&'static str],
    emulator: Option<(Host<String>, Option<u16>)>,
}

impl Hosts {
    /// These hosts, for a bot whose Slack API stands at `api_url`.
    pub fn new(real: &'static [&'static str], api_url: &Url) -> Self {
        let is_slack = matches!(api_url.host_str(), Some("slack.com" | "slack-gov.com"));
        let emulator = api_url
            .host()
            .filter(|_| !is_slack)
            .map(|host| (host.to_owned(), api_url.port_or_known_default()));
        Self { real, emulator }
    }

    /// Whether anything may be sent to this address at all.
    pub fn permit(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return false };
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let slack = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| self.real.contains(&host));
        let emulated = self.emulator.as_ref().is_some_and(|(host, port)| {
            matches!(url.scheme(), "http" | "https")
                && url.host().map(|found| found.to_owned()).as_ref() == Some(host)
                && url.port_or_known_default() == *port
        });
        slack || emulated
    }
}
