//! A tap on the way to CKAN: notes when a request's first byte arrives and passes everything on unchanged.
//!
//! Guarantees that the moment is taken before the byte goes on. Costs the requests behind the first one a hop over
//! loopback each, which the figures include.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::Failed;

/// A request that passed.
#[derive(Debug, Clone)]
pub(crate) struct Passed {
    /// When its first byte was there.
    pub(crate) at: Instant,
    /// The action that it calls.
    pub(crate) action: String,
}

/// A running tap.
pub(crate) struct Tap {
    pub(crate) url: String,
    pub(crate) passed: UnboundedReceiver<Passed>,
}

impl Tap {
    /// A tap before the server at this address.
    pub(crate) async fn start(behind: SocketAddr) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (notes, passed) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let notes = notes.clone();
                tokio::spawn(async move {
                    // A connection that breaks is the service's affair, and it will say so.
                    let _ = pass(stream, behind, &notes).await;
                });
            }
        });
        Ok(Self { url, passed })
    }
}

async fn pass(
    mut from: TcpStream,
    behind: SocketAddr,
    notes: &UnboundedSender<Passed>,
) -> Result<(), Failed> {
    from.set_nodelay(true)?;
    let mut first = Vec::with_capacity(4096);
    from.read_buf(&mut first).await?;
    let at = Instant::now();
    let line = first.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let path = String::from_utf8_lossy(line);
    let path = path.split(' ').nth(1).unwrap_or_default();
    let action = path.rsplit('/').next().unwrap_or_default();
    let action = action.split('?').next().unwrap_or_default().to_owned();
    // Nobody listens any more where the measuring is over.
    let _ = notes.send(Passed { at, action });
    let mut to = TcpStream::connect(behind).await?;
    to.set_nodelay(true)?;
    to.write_all(&first).await?;
    copy_bidirectional(&mut from, &mut to).await?;
    Ok(())
}
