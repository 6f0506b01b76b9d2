//! What a failure of the database means.
//!
//! Guarantees that a change counts as *not applied* wherever `COMMIT` had not gone out or PostgreSQL itself refused
//! it, and as *unknown* wherever the answer to `COMMIT` was lost. Holds no text of PostgreSQL's. Leaves the sentence
//! to `sentences`.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::ckan::{CallError, Cause, Effect};

/// How far a transaction had got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// There was no connection yet.
    Connecting,
    /// Before `COMMIT`: when the connection ends, PostgreSQL rolls back.
    Working,
    /// `COMMIT` had been sent.
    Committing,
}

/// What this failure at this moment means.
pub(super) fn of(action: &'static str, error: &sqlx::Error, moment: Moment) -> CallError {
    let (cause, answered) = match error {
        sqlx::Error::Database(told) => match told.try_downcast_ref::<PgDatabaseError>() {
            Some(told) => (by_code(told.code()), refuses(told.severity(), told.code())),
            None => (Cause::DatabaseUnexpected, false),
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => (Cause::DatabaseUnreachable, true),
        sqlx::Error::Io(_) if moment == Moment::Connecting => (Cause::DatabaseUnreachable, true),
        sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => (Cause::DatabaseRefused, true),
        sqlx::Error::Io(_) => (Cause::DatabaseLost, false),
        _ => (Cause::DatabaseUnexpected, false),
    };
    CallError { effect: effect(moment, answered), ..CallError::nothing_done(action, cause) }
}

/// No answer at all within the time.
pub(super) fn silence(action: &'static str, moment: Moment) -> CallError {
    CallError { effect: effect(moment, false), ..CallError::nothing_done(action, Cause::DatabaseLost) }
}

fn effect(moment: Moment, refused: bool) -> Effect {
    match moment {
        Moment::Committing if !refused => Effect::Unknown,
        Moment::Connecting | Moment::Working | Moment::Committing => Effect::NotApplied,
    }
}

/// True where PostgreSQL's own word is that the transaction did not happen. A connection that it ends while it
/// commits (`FATAL`), and 40003, "statement completion unknown", are no such word.
fn refuses(severity: PgSeverity, code: &str) -> bool {
    severity == PgSeverity::Error && code != "40003"
}

/// By SQLSTATE, see PostgreSQL's appendix A.
fn by_code(code: &str) -> Cause {
    match code {
        // Wrong password, no such database, no privilege, read-only transaction or server.
        "28000" | "28P01" | "3D000" | "42501" | "25006" => Cause::DatabaseRefused,
        // Starting up, shutting down, connection ended by an administrator.
        "57P01" | "57P02" | "57P03" => Cause::DatabaseUnreachable,
        // Cancelled by a time-out, waited for a lock in vain, lost against another transaction, too many connections.
        "57014" | "55P03" | "40001" | "40P01" | "53300" => Cause::DatabaseBusy,
        // No such table or column.
        "42P01" | "42703" => Cause::DatabaseUnexpected,
        // A row that another one needs, or a unique name taken: it was free when the plan was made.
        _ if code.starts_with("23") => Cause::DatabaseChanged,
        _ if code.starts_with("08") => Cause::DatabaseLost,
        _ => Cause::DatabaseUnexpected,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use Effect::{NotApplied, Unknown};

    #[test]
    fn only_a_lost_commit_is_unknown() {
        let broken = || sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        for (moment, cause, effect) in [
            (Moment::Connecting, Cause::DatabaseUnreachable, NotApplied),
            (Moment::Working, Cause::DatabaseLost, NotApplied),
            (Moment::Committing, Cause::DatabaseLost, Unknown),
        ] {
            let error = of("UPDATE package", &broken(), moment);
            assert_eq!((error.cause, error.effect), (cause, effect), "{moment:?}");
        }
        assert_eq!(silence("UPDATE package", Moment::Working).effect, NotApplied);
        assert_eq!(silence("UPDATE package", Moment::Committing).effect, Unknown);
        assert_eq!(of("x", &sqlx::Error::Protocol("?".to_owned()), Moment::Committing).effect, Unknown);
    }

    #[test]
    fn what_postgresql_refuses_to_commit_is_not_applied() {
        assert!(refuses(PgSeverity::Error, "23505"));
        assert!(!refuses(PgSeverity::Fatal, "57P01"));
        assert!(!refuses(PgSeverity::Error, "40003"));
    }

    #[test]
    fn codes_are_told_apart_as_reviewed() {
        for (code, cause) in [
            ("28P01", Cause::DatabaseRefused),
            ("42501", Cause::DatabaseRefused),
            ("25006", Cause::DatabaseRefused),
            ("57P03", Cause::DatabaseUnreachable),
            ("55P03", Cause::DatabaseBusy),
            ("57014", Cause::DatabaseBusy),
            ("53300", Cause::DatabaseBusy),
            ("42P01", Cause::DatabaseUnexpected),
            ("23503", Cause::DatabaseChanged),
            ("08006", Cause::DatabaseLost),
            ("XX000", Cause::DatabaseUnexpected),
        ] {
            assert_eq!(by_code(code), cause, "{code}");
        }
    }
}
