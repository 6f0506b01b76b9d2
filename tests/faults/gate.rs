//! A way to CKAN that can be shut: nothing listens at its address until it is opened again.

use std::net::TcpListener as StdListener;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A port at which nothing listens, below those that the system gives away by itself.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if StdListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A way to CKAN that can be shut. It begins shut.
pub(crate) struct Gate {
    port: u16,
    open: Option<JoinHandle<()>>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { port: free_port(), open: None }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Leads to the server at this address from now on.
    pub(crate) async fn open(&mut self, url: &str) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let target = url.trim_start_matches("http://").to_owned();
        self.open = Some(tokio::spawn(async move {
            while let Ok((mut outside, _)) = listener.accept().await {
                let target = target.clone();
                tokio::spawn(async move {
                    if let Ok(mut inside) = TcpStream::connect(&target).await {
                        // An end on either side is the end.
                        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                    }
                });
            }
        }));
    }

    /// Nothing listens from now on.
    pub(crate) async fn shut(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            // Aborted, so it has let go of the port.
            let _ = open.await;
        }
    }
}
