//! A way to the database that breaks when something is said on it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the message that has the word in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// It does not arrive.
    Before,
    /// It arrives, and the answer is lost.
    After,
    /// Nothing: it only listens.
    Never,
}

/// A way to the database.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    heard: Arc<Mutex<String>>,
}

impl Proxy {
    /// To `port`, until somebody says `word`.
    pub(crate) async fn to(port: u16, word: &'static str, how: Break) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let heard = Arc::new(Mutex::new(String::new()));
        let proxy = Self { port: listener.local_addr().unwrap().port(), heard: heard.clone() };
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap();
                tokio::spawn(carry(client, server, word, how, heard.clone()));
            }
        });
        proxy
    }

    /// Everything that was said to the database, as text.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    word: &'static str,
    how: Break,
    heard: Arc<Mutex<String>>,
) {
    let (mut question, mut answer) = ([0; 16384], [0; 16384]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Ok(length @ 1..) = read else { return };
                let said = question.get(..length).unwrap();
                let text = String::from_utf8_lossy(said).into_owned();
                heard.lock().unwrap().push_str(&text);
                let fatal = how != Break::Never && text.contains(word);
                if fatal && how == Break::Before {
                    return;
                }
                if server.write_all(said).await.is_err() {
                    return;
                }
                if fatal {
                    // The answer shows that the database has done it.
                    let _ = server.read(&mut answer).await;
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(answer.get(..length).unwrap()).await.is_err() {
                    return;
                }
            }
        }
    }
}
