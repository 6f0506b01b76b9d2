//! The statements whose text is the same for every adapter.
//!
//! Guarantees `$1` placeholders, times as whole milliseconds, ids and JSON as text, and that each statement can be
//! prepared on the real schema (a test does). Leaves to each adapter how a transaction begins.

use sqlx::{Database, Encode, QueryBuilder, Type};

use super::{Asker, Filter};
use crate::approval::{Item, State};
use crate::ids::RequestId;

macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident = $text:expr;)+) => {
        $($(#[doc = $doc])* pub(super) const $name: &str = $text;)+
        /// Every one of them, by name.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

statements! {
    /// What a delivery clashed with: true for its signature, false for its dedupe. The signature's row comes first.
    INBOUND_CLASH = "SELECT signature = $1 FROM inbound WHERE signature = $1 OR dedupe = $2 \
        ORDER BY signature = $1 DESC LIMIT 1";
    INBOUND_INSERT = "INSERT INTO inbound (id, signature, dedupe, state, received_at, kind, body) \
        VALUES ($1, $2, $3, 'received', $4, $5, $6) ON CONFLICT DO NOTHING";
    INBOUND_UNFINISHED = "SELECT id, signature, dedupe, received_at, kind, body FROM inbound \
        WHERE state = 'received' AND kind = $1 ORDER BY position LIMIT $2";
    INBOUND_BY_ID = "SELECT id, signature, dedupe, received_at, kind, body FROM inbound WHERE id = $1";
    INBOUND_FINISH = "UPDATE inbound SET state = 'finished', finished_at = $2 WHERE id = $1 AND state = 'received'";
    /// In bites, so that the writer is free in between.
    INBOUND_FORGET = "DELETE FROM inbound WHERE position IN (SELECT position FROM inbound \
        WHERE state = 'finished' AND received_at < $1 ORDER BY received_at LIMIT $2)";

    /// First of all in an append: whoever holds this row appends alone.
    AUDIT_RESERVE = "UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq, hash";
    AUDIT_APPEND = "INSERT INTO audit (seq, previous, hash, entry, request) VALUES ($1, $2, $3, $4, $5)";
    AUDIT_ADVANCE = "UPDATE audit_head SET hash = $1 WHERE id = 1";
    AUDIT_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1";
    AUDIT_AFTER = "SELECT seq, previous, hash, entry FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
    AUDIT_OF = "SELECT seq, previous, hash, entry FROM audit WHERE request = $1 ORDER BY seq";

    REQUEST_INSERT = "INSERT INTO request (id, reference, version, state, environment, operation, requester, \
        requester_user, created_at, expires_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT DO NOTHING";
    REQUEST_UPDATE = "UPDATE request SET version = $2, state = $3, expires_at = $4, body = $5 \
        WHERE id = $1 AND version = $2 - 1 RETURNING id";
    REQUEST_TARGET_INSERT = "INSERT INTO request_target (request, environment, target) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING";
    REQUEST_BY_ID = "SELECT id, version, state, environment, operation, requester, requester_user, created_at, \
        expires_at, body, (SELECT COUNT(*) FROM vote WHERE vote.request = request.id) AS votes \
        FROM request WHERE id = $1";
    /// Those behind a place in the order of age.
    REQUESTS_AFTER = "SELECT id, version, state, environment, operation, requester, requester_user, created_at, \
        expires_at, body, (SELECT COUNT(*) FROM vote WHERE vote.request = request.id) AS votes \
        FROM request WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3";
    /// One that is open on the same thing: a second one is not to be made beside it.
    REQUEST_OPEN_BESIDE = "SELECT id, version, state, environment, operation, requester, requester_user, created_at, \
        expires_at, body, (SELECT COUNT(*) FROM vote WHERE vote.request = request.id) AS votes FROM request \
        WHERE id IN (SELECT touched.request FROM request_target AS own JOIN request_target AS touched \
        ON touched.environment = own.environment AND touched.target = own.target WHERE own.request = $1) \
        AND id <> $1 AND state IN ('pending', 'approved', 'held', 'running') LIMIT 1";
    /// One that runs on the same thing: a second one is not to run beside it.
    REQUEST_RUNNING_BESIDE = "SELECT id, version, state, environment, operation, requester, requester_user, \
        created_at, expires_at, body, (SELECT COUNT(*) FROM vote WHERE vote.request = request.id) AS votes \
        FROM request WHERE id IN (SELECT touched.request FROM request_target AS own JOIN request_target AS touched \
        ON touched.environment = own.environment AND touched.target = own.target WHERE own.request = $1) \
        AND id <> $1 AND state = 'running' LIMIT 1";

    ITEM_TARGETS = "INSERT INTO request_target (request, environment, target) \
        SELECT request, $2, target FROM item WHERE request = $1";
    ITEM_HOLDER = "SELECT COUNT(*) FROM request WHERE id = $1 AND version = $2";
    ITEM_MARK = "UPDATE item SET state = $3, note = $4, changed_at = $5 WHERE request = $1 AND position = $2";
    ITEM_MARK_WAITING = "UPDATE item SET state = $2, note = $3, changed_at = $4 \
        WHERE request = $1 AND state = 'waiting'";
    ITEMS_FROM = "SELECT position, target, name, title, before, state, note FROM item \
        WHERE request = $1 AND position >= $2 ORDER BY position LIMIT $3";
    ITEMS_IN = "SELECT position, target, name, title, before, state, note FROM item \
        WHERE request = $1 AND state = $4 AND position >= $2 ORDER BY position LIMIT $3";
    ITEM_TALLY = "SELECT state, COUNT(*) AS count, MAX(changed_at) AS changed_at FROM item \
        WHERE request = $1 GROUP BY state";

    VOTE_COUNT = "SELECT COUNT(*) FROM vote WHERE request = $1";
    VOTE_INSERT = "INSERT INTO vote (request, ordinal, requester, requester_user, person, user_id, approve, reason, \
        voted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";

    OUTBOX_INSERT = "INSERT INTO outbox (id, lane, request, state, delivery, body, created_at, due_at, tries) \
        VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $6, $7)";
    OUTBOX_DUE = "SELECT id, lane, request, delivery, body, created_at, tries FROM outbox AS message \
        WHERE state = 'waiting' AND due_at <= $1 AND NOT EXISTS (SELECT 1 FROM outbox AS earlier \
        WHERE earlier.state = 'waiting' AND earlier.lane = message.lane AND earlier.position < message.position) \
        ORDER BY position LIMIT $2";
    OUTBOX_NEXT = "SELECT MIN(due_at) FROM outbox AS message WHERE state = 'waiting' AND due_at > $1 \
        AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.state = 'waiting' \
        AND earlier.lane = message.lane AND earlier.position < message.position)";
    OUTBOX_WAITING = "SELECT request, delivery FROM outbox WHERE id = $1 AND state = 'waiting'";
    OUTBOX_AGAIN = "UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id = $1 AND state = 'waiting'";
    OUTBOX_SETTLE = "UPDATE outbox SET state = $2, delivery = $3, settled_at = $4, channel = $5, ts = $6, why = $7 \
        WHERE id = $1 AND state = 'waiting'";
    /// In bites, so that the writer is free in between.
    OUTBOX_FORGET = "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox \
        WHERE state = 'delivered' AND ts IS NULL AND settled_at < $1 ORDER BY settled_at LIMIT $2)";
    OUTBOX_COUNTS = "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'waiting') AS waiting, \
        (SELECT COUNT(*) FROM outbox WHERE state = 'dead') AS dead";
    OUTBOX_ADDRESS = "SELECT COUNT(*) FROM outbox WHERE request = $1 AND channel = $2 AND ts = $3 \
        AND ts IS NOT NULL";
    OUTBOX_POSTED_FOR = "SELECT request FROM outbox WHERE channel = $1 AND ts = $2 AND request IS NOT NULL LIMIT 1";
    /// Cards that were posted and copies that were found. The text of a delivery begins with its kind.
    OUTBOX_CARDS = "SELECT DISTINCT channel, ts FROM outbox WHERE request = $1 AND ts IS NOT NULL \
        AND (delivery LIKE '{\"kind\":\"card\"%' OR delivery LIKE '{\"kind\":\"card\\_copy\"%' ESCAPE '\\')";
    /// A card that is posted anew takes the old one's place.
    CARD_PUT = "INSERT INTO card (request, channel, ts) VALUES ($1, $2, $3) \
        ON CONFLICT (request) DO UPDATE SET channel = excluded.channel, ts = excluded.ts";
    CARD_OF = "SELECT channel, ts FROM card WHERE request = $1";

    WATCH_PUT = "INSERT INTO watch (request, due_at, ends_at, memory) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (request) DO UPDATE SET due_at = excluded.due_at, ends_at = excluded.ends_at, \
        memory = excluded.memory";
    WATCH_END = "DELETE FROM watch WHERE request = $1";
    WATCHES_DUE = "SELECT request, due_at, ends_at, memory FROM watch WHERE due_at <= $1 ORDER BY due_at LIMIT $2";

    /// Changes something, as SQLite writes nothing for an update that changes nothing.
    WRITE_PROOF = "UPDATE write_proof SET times = times + 1 WHERE id = 1";
}

/// How many requests an unlimited question gets.
const DEFAULT_LIMIT: u32 = 100;

/// How many requests a question gets at most.
pub(super) fn limit(filter: &Filter) -> u32 {
    if filter.limit == 0 { DEFAULT_LIMIT } else { filter.limit }
}

/// The question for the requests that fit; `None` where none can.
pub(super) fn requests<DB: Database>(filter: &Filter) -> Option<QueryBuilder<DB>>
where
    String: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    DB::Arguments: Default,
{
    let mut query = QueryBuilder::new(
        "SELECT id, version, state, environment, operation, requester, requester_user, created_at, expires_at, body, \
         (SELECT COUNT(*) FROM vote WHERE vote.request = request.id) AS votes FROM request WHERE 1 = 1",
    );
    if !filter.states.is_empty() {
        query.push(" AND state IN (").push(quoted(filter.states.iter().copied())).push(")");
        if filter.states.iter().all(|state| !state.is_final()) {
            query.push(" AND ").push(open());
        }
    }
    if let Some(moment) = filter.expired_by {
        query.push(" AND expires_at <= ").push_bind(moment.as_millisecond());
    }
    if let Some(reference) = &filter.reference {
        // Nothing quoted is nothing found, never everything.
        if reference.is_empty() {
            return None;
        }
        if let Some((start, _)) = reference.char_indices().rev().nth(5) {
            query.push(" AND reference = ").push_bind(reference.split_at(start).1.to_owned());
        }
        let length = i64::try_from(reference.chars().count()).ok()?;
        query.push(" AND length(id) >= ").push_bind(length);
        query.push(" AND substr(id, length(id) + 1 - CAST(").push_bind(length).push(" AS INTEGER)) = ");
        query.push_bind(reference.clone());
    }
    if let Some((environment, target)) = &filter.target {
        query.push(" AND id IN (SELECT request FROM request_target WHERE environment = ");
        query.push_bind(environment.clone()).push(" AND target = ").push_bind(target.to_string()).push(")");
    }
    if let Some((environment, targets)) = &filter.any_target {
        if targets.is_empty() {
            return None;
        }
        query.push(" AND id IN (SELECT request FROM request_target WHERE environment = ");
        query.push_bind(environment.clone()).push(" AND target IN (");
        let mut list = query.separated(", ");
        for target in targets {
            list.push_bind(target.to_string());
        }
        query.push("))");
    }
    if let Some(Asker { person, users }) = &filter.requested_by {
        query.push(" AND id IN (SELECT id FROM request WHERE requester = ");
        query.push_bind(person.to_string());
        for user in users {
            query.push(" UNION ALL SELECT id FROM request WHERE requester_user = ");
            query.push_bind(user.to_string());
        }
        query.push(")");
    }
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(limit(filter)));
    Some(query)
}

/// The statement that keeps these items; not for more than [`ITEMS_AT_ONCE`].
pub(super) fn item_insert<'i, DB: Database>(
    request: &RequestId,
    items: &'i [Item],
    now_ms: i64,
) -> QueryBuilder<DB>
where
    String: for<'q> Encode<'q, DB> + Type<DB>,
    &'i str: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    DB::Arguments: Default,
{
    let mut query = QueryBuilder::new(
        "INSERT INTO item (request, position, target, name, title, before, state, note, changed_at) ",
    );
    query.push_values(items, |mut row, item| {
        row.push_bind(request.as_str().to_owned())
            .push_bind(i64::from(item.position))
            .push_bind(item.target.to_string())
            .push_bind(item.name.as_str())
            .push_bind(item.title.as_str())
            .push_bind(item.before.as_str())
            .push_bind(item.state.name())
            .push_bind(item.note.as_str())
            .push_bind(now_ms);
    });
    query
}

/// Items in one statement: nine values each, and SQLite takes 32,766 in all.
pub(super) const ITEMS_AT_ONCE: usize = 1_000;

/// The condition of the partial indexes on requests, word for word.
pub(super) fn open() -> String {
    format!("state IN ({})", quoted(State::ALL.into_iter().filter(|state| !state.is_final())))
}

/// Names of states as a list of literals; the names are ours.
pub(super) fn quoted(states: impl Iterator<Item = State>) -> String {
    states.map(|state| format!("'{}'", state.name())).collect::<Vec<_>>().join(", ")
}
