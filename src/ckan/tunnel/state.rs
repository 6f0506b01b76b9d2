//! How a tunnel is, for people and for whoever wants to send something through it.
//!
//! Guarantees one sentence for every state. Leaves finding out to the tunnel.

use std::fmt;

/// How a tunnel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelState {
    /// Its program is being started, or does not lead anywhere yet.
    Opening,
    /// It leads to somebody who takes connections.
    Standing,
    /// It does not; it is opened again after a pause.
    Down(TunnelFault),
}

/// What is wrong with a tunnel that is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelFault {
    /// Its program could not be started.
    NotStarted,
    /// Its program ended.
    Ended,
    /// Its program runs, and nobody takes connections at the address, or they are closed at once.
    LeadsNowhere,
    /// Another program takes connections at the address.
    AddressTaken,
}

impl fmt::Display for TunnelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "is being opened",
            Self::Standing => "stands",
            Self::Down(TunnelFault::NotStarted) => "down: its program could not be started",
            Self::Down(TunnelFault::Ended) => "down: its program ended; it is started again",
            Self::Down(TunnelFault::LeadsNowhere) => "down: it leads nowhere; it is opened again",
            Self::Down(TunnelFault::AddressTaken) => "down: another program listens at its address",
        })
    }
}
