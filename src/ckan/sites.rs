//! Every environment's site, by name.
//!
//! Guarantees that a name finds its own site or none, and that no name finds the default one. Leaves to the
//! configuration that there is a default.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::Site;

/// Every environment's site.
pub struct Sites {
    by_name: BTreeMap<String, Site>,
    default: String,
}

impl Sites {
    /// These sites, each under its environment's name; `default` is the one that a command without `--env` means.
    pub fn new(sites: impl IntoIterator<Item = Site>, default: impl Into<String>) -> Self {
        let by_name = sites.into_iter().map(|site| (site.environment.clone(), site)).collect();
        Self { by_name, default: default.into() }
    }

    /// The site of this environment; without a name, the default one.
    pub fn get(&self, environment: Option<&str>) -> Option<&Site> {
        self.by_name.get(environment.unwrap_or(&self.default))
    }

    /// Every environment's name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The default environment's name.
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// Every site, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.by_name.values()
    }

    /// Keeps every tunnel open until told to stop.
    pub async fn keep_tunnels(&self, stop: CancellationToken) {
        let tunnels = self.iter().filter_map(Site::tunnel).map(|tunnel| tunnel.keep(stop.clone()));
        join_all(tunnels).await;
        stop.cancelled().await;
    }
}
