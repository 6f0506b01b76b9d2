//! HTTP clients for what runs on this machine.
//!
//! Guarantees no proxy in between, which would hide what really answers. Leaves time-outs to callers.

/// A client to be finished by the caller.
pub(crate) fn client() -> reqwest::ClientBuilder {
    // The HTTP client wants a TLS provider even where it speaks plain HTTP. An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
