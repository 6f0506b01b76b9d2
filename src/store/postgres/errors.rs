//! The driver's errors as ours.
//!
//! Guarantees that what may go well later is told from what would end the same way. The driver's text names
//! constraints, tables and columns; a value only where the server itself does, in a detail that is not part of it.

use crate::store::StoreError;

/// The driver's error as ours.
pub(super) fn unavailable(error: sqlx::Error) -> StoreError {
    if may_pass(&error) {
        StoreError::Unavailable(Box::new(error))
    } else {
        StoreError::Unacceptable(Box::new(error))
    }
}

/// Whether the same may go well later.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(refused) => {
            refused.code().is_some_and(|code| PASSING.iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

/// Classes of SQLSTATE that speak of the moment and not of the statement: connection, rolled back for others' sake,
/// resources, state of objects (a lock not to be had), operator intervention, system error; and of a server that is
/// read-only just now, as after a fail-over.
const PASSING: [&str; 7] = ["08", "40", "53", "55P03", "57", "58", "25006"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_may_pass_and_a_missing_column_does_not() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(unavailable(lost), StoreError::Unavailable(_)));
        assert!(matches!(unavailable(sqlx::Error::PoolTimedOut), StoreError::Unavailable(_)));
        assert!(matches!(
            unavailable(sqlx::Error::ColumnNotFound("x".to_owned())),
            StoreError::Unacceptable(_)
        ));
    }
}
