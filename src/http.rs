//! The one place where an HTTP client is made.
//!
//! Guarantees that every outgoing request has a time-out and our name, goes where it was sent (no redirects, no
//! proxy out of the environment), and travels on a connection of its own. Leaves what is sent to its callers.

use std::time::Duration;

use reqwest::{Client, Error, redirect::Policy};

/// How long a connection may take to come about, at most. Shorter than any request's own time, so that "nothing
/// was sent" can be told from "no answer".
const CONNECT: Duration = Duration::from_secs(5);

const USER_AGENT: &str = concat!("ckan-chatops/", env!("CARGO_PKG_VERSION"));

/// Chooses the TLS implementation for the whole process; later calls change nothing.
pub fn install_crypto_provider() {
    // An error means that one is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client whose requests take no longer than `timeout`, connecting and reading included.
pub fn client(timeout: Duration) -> Result<Client, Error> {
    install_crypto_provider();
    Client::builder()
        .user_agent(USER_AGENT)
        .timeout(timeout)
        .connect_timeout(CONNECT.min(timeout / 2))
        // A followed redirect turns a POST into a GET and may carry the token elsewhere.
        .redirect(Policy::none())
        .no_proxy()
        // A kept connection may be closed by the other side just as a write goes out on it; then nobody could say
        // whether the write was done. A new one costs a handshake.
        .pool_max_idle_per_host(0)
        .build()
}
