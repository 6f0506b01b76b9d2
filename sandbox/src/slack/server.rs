//! The server: one listener for the Web API, the response addresses, the control API and the page.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::config::{RequestUrls, SlackConfig};
use super::connection::{Cut, CuttableListener};
use super::control::client::Control;
use super::world::Shared;
use super::{api, control, page, respond, transfer};

/// How long `stop` waits for open connections.
const STOP_LIMIT: Duration = Duration::from_secs(2);
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// A running sandbox Slack.
#[derive(Debug)]
pub struct SlackSandbox {
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl SlackSandbox {
    /// Listens on this address and serves until [`Self::stop`].
    ///
    /// # Errors
    /// Where the address cannot be listened on, or no HTTP client can be made.
    pub async fn start(config: SlackConfig, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let mut bound = listener.local_addr()?;
        if bound.ip().is_unspecified() {
            bound.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        // A followed redirect would hide what the app really answers.
        let http = crate::loopback::client()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared::new(config, format!("http://{bound}"), http));
        let app = Router::new()
            .route("/", get(index))
            .route("/page/{name}", get(asset))
            .merge(api::routes())
            .merge(respond::routes())
            .merge(transfer::routes())
            .merge(control::routes())
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(Arc::clone(&shared));
        let stop = shared.stop.clone();
        let service = app.into_make_service_with_connect_info::<Cut>();
        let serving = tokio::spawn(async move {
            let server = axum::serve(CuttableListener(listener), service);
            if let Err(error) = server.with_graceful_shutdown(stop.cancelled_owned()).await {
                tracing::error!(%error, "the sandbox Slack stopped");
            }
        });
        Ok(Self { shared, serving })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        self.shared.base.clone()
    }

    /// What an app uses in place of `https://slack.com/api`.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.shared.base)
    }

    /// Points commands, interactions and events to `<base>/slack/…`.
    pub fn set_app_url(&self, base: &str) {
        self.shared.note(|world| world.urls = RequestUrls::below(base));
    }

    /// Points each of the three somewhere.
    pub fn set_request_urls(&self, urls: RequestUrls) {
        self.shared.note(|world| world.urls = urls);
    }

    /// A client of this sandbox's control API.
    pub fn control(&self) -> Control {
        Control::new(self.url())
    }

    /// Ends calls that wait, then closes the listener.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        let abort = self.serving.abort_handle();
        if tokio::time::timeout(STOP_LIMIT, self.serving).await.is_err() {
            abort.abort();
        }
    }
}

async fn index(State(shared): State<Arc<Shared>>) -> Response {
    page::file(&shared.config.page, "index.html").await
}

async fn asset(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    page::file(&shared.config.page, &name).await
}
