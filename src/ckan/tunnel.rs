//! The tunnel to a CKAN that cannot be reached otherwise: `kubectl port-forward` or `ssh -L`.
//!
//! Guarantees that the configured program runs for as long as the bot does, that it is started again with growing
//! pauses where it ends or no longer leads anywhere, that it is killed when the bot stops, and that its state is known
//! before a byte is sent: what another program listens for at the tunnel's address never gets the token. Leaves
//! refusing a call to [`super::Site`], and telling people to `health`.

mod state;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::output;
use super::process::{Inheritance, Running};
use super::redaction::Redaction;
pub use state::{TunnelFault, TunnelState};

/// How long a new tunnel may take before it leads somewhere: a login, and the far end's look-ups.
const OPENING: Duration = Duration::from_secs(30);
/// How often a tunnel that is opening is looked at, and one that stands.
const LOOK_OPENING: Duration = Duration::from_millis(200);
const LOOK_STANDING: Duration = Duration::from_secs(10);
/// How many looks in a row must fail before a program that still runs is given up.
const FAILED_LOOKS: u32 = 3;
/// How long a connection through it may take to come about.
const CONNECT: Duration = Duration::from_secs(2);
/// A tunnel takes a connection before it knows whether the far end does, and hangs up soon where that does not.
const HANGS_UP_WITHIN: Duration = Duration::from_millis(500);
/// The pauses before it is started again: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How much of its program's last line is logged, in letters: why it could not log in, for example.
const LAST_WORDS: usize = 200;
/// A tunnel that stood for so long begins with the first pause again.
const STOOD_WELL: Duration = Duration::from_mins(1);

/// An environment's tunnel.
#[derive(Debug)]
pub struct Tunnel {
    environment: String,
    argv: Vec<String>,
    host: String,
    port: u16,
    inheritance: Inheritance,
    redaction: Arc<Redaction>,
    state: watch::Sender<TunnelState>,
}

impl Tunnel {
    /// The tunnel of this program, which leads to `host` and `port` on this machine. Starts nothing.
    pub(super) fn new(
        environment: String,
        argv: Vec<String>,
        (host, port): (String, u16),
        inheritance: Inheritance,
        redaction: Arc<Redaction>,
    ) -> Self {
        let state = watch::Sender::new(TunnelState::Opening);
        Self { environment, argv, host, port, inheritance, redaction, state }
    }

    /// How it is, now and whenever it changes.
    pub fn state(&self) -> watch::Receiver<TunnelState> {
        self.state.subscribe()
    }

    /// Whether it stands; where it is being opened, as soon as that is decided, but within `patience`.
    pub async fn stands(&self, patience: Duration) -> bool {
        let mut state = self.state.subscribe();
        let decided = state.wait_for(|state| *state != TunnelState::Opening);
        matches!(timeout(patience, decided).await, Ok(Ok(state)) if *state == TunnelState::Standing)
    }

    /// Opens it, again and again, until told to stop. Then its program is killed.
    pub async fn keep(&self, stop: CancellationToken) {
        let keeping = async {
            let mut failures = 0;
            loop {
                let began = Instant::now();
                let why = self.open_once().await;
                self.note(TunnelState::Down(why));
                tracing::warn!(environment = self.environment, ?why, "the tunnel is down");
                failures = if began.elapsed() >= STOOD_WELL { 0 } else { failures + 1 };
                sleep(pause(failures)).await;
                self.note(TunnelState::Opening);
            }
        };
        tokio::select! {
            () = keeping => {}
            () = stop.cancelled() => self.note(TunnelState::Down(TunnelFault::Ended)),
        }
    }

    /// Runs the program until it ends or leads nowhere.
    async fn open_once(&self) -> TunnelFault {
        // Whoever listens there already is not ours, and would be sent the token.
        if self.takes_connections().await {
            return TunnelFault::AddressTaken;
        }
        let running = match Running::start(&self.argv, &self.inheritance) {
            Ok(running) => running,
            Err(error) => {
                tracing::warn!(environment = self.environment, error = %error.kind(), "no such program");
                return TunnelFault::NotStarted;
            }
        };
        let mut last_words = String::new();
        let mut keep = |line: output::Line| last_words = line.text;
        let why = tokio::select! {
            // Its end comes first: where it has ended, whoever listens there is not ours.
            biased;
            _ = output::watch(running, &self.redaction, None, &mut keep) => TunnelFault::Ended,
            () = self.look_after() => TunnelFault::LeadsNowhere,
        };
        let last_words: String = last_words.chars().take(LAST_WORDS).collect();
        tracing::warn!(environment = self.environment, last_words, "the tunnel's program is gone");
        why
    }

    /// Looks whether it leads somewhere; returns where it does not any more.
    async fn look_after(&self) {
        let opened_by = Instant::now() + OPENING;
        while !self.leads_somewhere().await {
            if Instant::now() >= opened_by {
                return;
            }
            sleep(LOOK_OPENING).await;
        }
        let mut failed = 0;
        while failed < FAILED_LOOKS {
            self.note(if failed == 0 {
                TunnelState::Standing
            } else {
                TunnelState::Down(TunnelFault::LeadsNowhere)
            });
            sleep(LOOK_STANDING).await;
            failed = if self.leads_somewhere().await { 0 } else { failed + 1 };
        }
    }

    async fn leads_somewhere(&self) -> bool {
        let Some(mut connection) = self.connect().await else { return false };
        // A web server waits for us to begin.
        !matches!(timeout(HANGS_UP_WITHIN, connection.read_u8()).await, Ok(Err(_)))
    }

    /// Whether anybody takes connections at its address.
    pub(super) async fn takes_connections(&self) -> bool {
        self.connect().await.is_some()
    }

    async fn connect(&self) -> Option<TcpStream> {
        timeout(CONNECT, TcpStream::connect((self.host.as_str(), self.port))).await.ok()?.ok()
    }

    fn note(&self, state: TunnelState) {
        let changed = self.state.send_if_modified(|before| std::mem::replace(before, state) != state);
        if changed && state == TunnelState::Standing {
            tracing::info!(environment = self.environment, "the tunnel stands");
        }
    }
}

/// How long to wait before it is started again after so many failures in a row.
fn pause(failures: u32) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let seconds: Vec<u64> = (0..9).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
