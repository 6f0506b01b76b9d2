//! Tunnels: opened, watched, opened again, killed with the bot; and never a doubt where nothing was sent. Here the
//! test itself is the far end and the tunnel's program a stand-in; tests/ssh has the real ones.

use std::sync::Arc;
use std::time::Duration;

use ckan_chatops::ckan::{Cause, Effect, ProgramSettings, Site, TunnelFault, TunnelState};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::{PATIENCE, is_gone, site, until};

/// A port of this machine on which nobody listens.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

fn with_tunnel(port: u16, argv: &[&str]) -> Arc<Site> {
    let tunnel = Some(argv.iter().map(|&word| word.to_owned()).collect());
    Arc::new(site(
        &format!("http://127.0.0.1:{port}"),
        ProgramSettings { tunnel, ..ProgramSettings::default() },
    ))
}

/// Keeps the site's tunnel open until the token is cancelled.
fn keep(site: &Arc<Site>) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let stop = CancellationToken::new();
    let (site, stopping) = (site.clone(), stop.clone());
    let keeping = tokio::spawn(async move { site.tunnel().unwrap().keep(stopping).await });
    (stop, keeping)
}

fn state(site: &Site) -> TunnelState {
    *site.tunnel().unwrap().state().borrow()
}

async fn until_it_is(site: &Site, wanted: TunnelState) {
    let mut state = site.tunnel().unwrap().state();
    let reached = tokio::time::timeout(PATIENCE, state.wait_for(|state| *state == wanted)).await;
    assert!(reached.is_ok(), "not {wanted:?} in time");
}

async fn write(site: &Site) -> (Cause, Effect) {
    let error = site.write("package_delete", &json!({"id": "a"})).await.unwrap_err();
    (error.cause, error.effect)
}

#[tokio::test]
async fn a_tunnel_that_is_down_is_not_applied_and_nothing_is_sent() {
    for (argv, why) in [
        (&["no-such-program-anywhere"][..], TunnelFault::NotStarted),
        (&["sh", "-c", "echo Permission denied >&2; exit 255"], TunnelFault::Ended),
    ] {
        let site = with_tunnel(free_port().await, argv);
        let (stop, keeping) = keep(&site);
        until_it_is(&site, TunnelState::Down(why)).await;
        assert_eq!(write(&site).await, (Cause::TunnelDown, Effect::NotApplied));
        let error = site.read::<Value>("status_show", &json!({})).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::TunnelDown, Effect::NotApplied));
        stop.cancel();
        keeping.await.unwrap();
    }
}

#[tokio::test]
async fn a_tunnel_that_nobody_opened_is_not_applied() {
    let site = with_tunnel(free_port().await, &["true"]);
    assert_eq!(write(&site).await, (Cause::TunnelDown, Effect::NotApplied));
}

#[tokio::test]
async fn whoever_listens_at_the_tunnels_address_without_being_it_gets_nothing() {
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = with_tunnel(stranger.local_addr().unwrap().port(), &["sleep", "600"]);
    let (stop, keeping) = keep(&site);
    until_it_is(&site, TunnelState::Down(TunnelFault::AddressTaken)).await;
    assert_eq!(write(&site).await, (Cause::TunnelDown, Effect::NotApplied));
    stop.cancel();
    keeping.await.unwrap();
    // Only our look at the address came, and it said nothing.
    while let Ok(Ok((mut connection, _))) =
        tokio::time::timeout(Duration::from_millis(200), stranger.accept()).await
    {
        let mut said = vec![];
        connection.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, b"");
    }
}

/// A site with a tunnel whose program notes its number and then only runs; what listens at its address is the test's.
struct Opening {
    site: Arc<Site>,
    port: u16,
    folder: tempfile::TempDir,
    stop: CancellationToken,
    keeping: tokio::task::JoinHandle<()>,
}

impl Opening {
    /// Its program runs, and nobody listens yet.
    async fn begin() -> Self {
        let port = free_port().await;
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let script = "echo $$ >> \"$0\"; exec sleep 600";
        let site = with_tunnel(port, &["sh", "-c", script, pids.to_str().unwrap()]);
        let (stop, keeping) = keep(&site);
        let opening = Self { site, port, folder, stop, keeping };
        until("its program is started", || opening.pids().len() == 1).await;
        assert_eq!(state(&opening.site), TunnelState::Opening);
        opening
    }

    async fn listener(&self) -> TcpListener {
        TcpListener::bind(("127.0.0.1", self.port)).await.unwrap()
    }

    /// The numbers of its program, each time that it was started.
    fn pids(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("pids")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn end(self) {
        self.stop.cancel();
        self.keeping.await.unwrap();
    }
}

#[tokio::test]
async fn a_tunnel_stands_once_it_leads_somewhere_and_is_opened_again_when_its_program_ends() {
    let tunnel = Opening::begin().await;
    // The far end: takes connections and waits to be spoken to.
    let listener = tunnel.listener().await;
    let far_end = tokio::spawn(async move {
        let mut open = vec![];
        while let Ok((connection, _)) = listener.accept().await {
            open.push(connection);
        }
    });
    until_it_is(&tunnel.site, TunnelState::Standing).await;
    // Its program ends, and with it what listened there.
    far_end.abort();
    let first = Pid::from_raw(tunnel.pids()[0].parse().unwrap()).unwrap();
    kill_process(first, Signal::KILL).unwrap();
    until_it_is(&tunnel.site, TunnelState::Down(TunnelFault::Ended)).await;
    until("its program is started again", || tunnel.pids().len() >= 2).await;

    let second = tunnel.pids().pop().unwrap();
    assert!(!is_gone(&second));
    tunnel.end().await;
    until("its program is gone with the bot", || is_gone(&second)).await;
}

#[tokio::test]
async fn a_tunnel_whose_far_end_hangs_up_does_not_stand() {
    let tunnel = Opening::begin().await;
    let listener = tunnel.listener().await;
    // As ssh does where nobody listens on the other side: takes connections, and closes them.
    for _ in 0..3 {
        let (connection, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
        drop(connection);
    }
    assert_eq!(state(&tunnel.site), TunnelState::Opening);
    // Then somebody does.
    let speaking = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let mut byte = [0];
        // The look goes away without a word.
        assert_eq!(first.read(&mut byte).await.unwrap(), 0);
        let (mut call, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 16];
        call.read_exact(&mut head).await.unwrap();
        call.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{\"success\": true, \"result\": {}}")
            .await
            .unwrap();
        String::from_utf8(head).unwrap()
    });
    until_it_is(&tunnel.site, TunnelState::Standing).await;
    tunnel.site.write("package_delete", &json!({"id": "a"})).await.unwrap();
    assert!(speaking.await.unwrap().starts_with("POST /api/3/act"));
    tunnel.end().await;
}
