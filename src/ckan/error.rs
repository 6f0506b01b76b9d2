//! What went wrong with a call, and whether CKAN may have acted.
//!
//! Guarantees a stable cause and an effect for every failure, and holds no upstream text. Leaves the sentence to
//! `sentences`.

use std::fmt;

/// Whether a failed call may have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Certainly not: it was refused before CKAN acted, or never arrived.
    NotApplied,
    /// CKAN may have acted, or may still act.
    Unknown,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Nothing answers at the address.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The connection broke after the request had gone out.
    ConnectionLost,
    /// CKAN does not take the token for a sysadmin's.
    TokenNotSysadmin,
    /// CKAN says the caller may not do this.
    NotAuthorised,
    /// A proxy in front of CKAN refuses the action.
    ProxyRefused,
    /// A proxy in front of CKAN gave up waiting, or CKAN is down behind it.
    ProxyGaveUp,
    /// There is no such thing.
    NotFound,
    /// CKAN refuses the values.
    Invalid,
    /// CKAN refuses every change of this account, because its name is from before CKAN's rule for names.
    LegacyName,
    /// CKAN refuses the new address of an account.
    AddressRefused,
    /// CKAN does not know the action: the extension that brings it is not there.
    UnknownAction,
    /// CKAN could not read the request.
    BadRequest,
    /// CKAN failed inside.
    ServerError,
    /// CKAN's search index failed.
    SearchIndex,
    /// The answer is not CKAN's.
    NotCkan,
    /// The site at the address is not the configured one.
    WrongSite,
    /// CKAN's database does not answer, or takes no connection.
    DatabaseUnreachable,
    /// CKAN's database does not let the role in, or not do this.
    DatabaseRefused,
    /// CKAN's database was held up by others for too long.
    DatabaseBusy,
    /// The connection to CKAN's database broke.
    DatabaseLost,
    /// The rows are not those that the plan saw.
    DatabaseChanged,
    /// CKAN's database does not have what CKAN's own tables have.
    DatabaseUnexpected,
    /// No role is configured that may do this.
    DatabaseNotConfigured,
    /// The copy of what was to be purged could not be kept.
    ArchiveNotWritten,
    /// The configuration does not say how to run this.
    CommandNotConfigured,
    /// The program could not be started at all.
    CommandNotStarted,
    /// The program ended with an exit code other than 0.
    CommandFailed,
    /// The program did not end within its time limit, and was killed.
    CommandTimedOut,
    /// The program, or the connection to it, ended before it had said how it went.
    CommandCutOff,
    /// The tunnel to CKAN does not stand.
    TunnelDown,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The action, for example `package_delete`.
    pub action: &'static str,
    /// What went wrong.
    pub cause: Cause,
    /// Whether CKAN may have acted.
    pub effect: Effect,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What an earlier call of the same change did that stays, though nothing of what was approved was done: one
    /// sentence of ours.
    pub earlier: Option<&'static str>,
}

impl CallError {
    /// A failure of our own finding, before anything was sent that could change something.
    pub(crate) fn nothing_done(action: &'static str, cause: Cause) -> Self {
        Self { action, cause, effect: Effect::NotApplied, status: None, earlier: None }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {:?}", self.action, self.cause)?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}
