-- The whole memory. Times are whole milliseconds since 1970-01-01 UTC; ids, states and JSON are text, so that a
-- backup can be read with nothing but `sqlite3`.

-- Deliveries from Slack, kept before they are acknowledged.
CREATE TABLE inbound (
    position    INTEGER PRIMARY KEY,                        -- order of arrival
    id          TEXT NOT NULL UNIQUE,                       -- ULID
    signature   TEXT NOT NULL UNIQUE,                       -- SHA-256 of Slack's signature: the same again is a replay
    dedupe      TEXT NOT NULL UNIQUE,                       -- Slack's name for the act: the same again is a second copy
    state       TEXT NOT NULL                               -- received: still to be acted on; finished: done
                CHECK (state IN ('received', 'finished')),
    received_at BIGINT NOT NULL,                            -- when it came
    finished_at BIGINT                                      -- when it was acted on; null until then
                CHECK ((finished_at IS NULL) = (state = 'received')),
    body        TEXT NOT NULL                               -- JSON, ours; holds a response address, so it is forgotten in time
);
CREATE INDEX inbound_received ON inbound (position) WHERE state = 'received';
CREATE INDEX inbound_finished ON inbound (received_at) WHERE state = 'finished';

-- One engineer's wish to run one change operation.
CREATE TABLE request (
    id             TEXT PRIMARY KEY NOT NULL,               -- ULID: what a button carries
    reference      TEXT NOT NULL,                           -- the id's last six characters: what people quote
    version        BIGINT NOT NULL CHECK (version >= 1),    -- grows by one with each step: the guard of every update
    state          TEXT NOT NULL                            -- the names of approval::State, in its order
                   CHECK (state IN ('pending', 'approved', 'running', 'unknown', 'succeeded', 'partly',
                                    'not_applied', 'denied', 'cancelled', 'expired', 'stale')),
    environment    TEXT NOT NULL,                           -- the environment's name
    operation      TEXT NOT NULL,                           -- the operation's name
    requester      TEXT NOT NULL,                           -- the person who asked
    requester_user TEXT NOT NULL,                           -- the Slack account used for asking
    created_at     BIGINT NOT NULL,                         -- when it was made
    expires_at     BIGINT NOT NULL,                         -- when its present state runs out
    body           TEXT NOT NULL,                           -- JSON: the whole request; agrees with the columns
    UNIQUE (id, requester, requester_user)
);
CREATE INDEX request_age ON request (created_at, id);
CREATE INDEX request_reference ON request (reference);
-- The condition is repeated word for word by the queries: only then SQLite may use these indexes.
CREATE INDEX request_open_age ON request (created_at, id)
    WHERE state IN ('pending', 'approved', 'running', 'unknown');
CREATE INDEX request_open_expiry ON request (expires_at)
    WHERE state IN ('pending', 'approved', 'running', 'unknown');

CREATE TRIGGER request_keeps_what_was_asked
BEFORE UPDATE OF id, reference, environment, operation, requester, requester_user, created_at ON request
BEGIN
    SELECT RAISE(ABORT, 'what was asked never changes');
END;
CREATE TRIGGER request_steps_one_version
BEFORE UPDATE ON request WHEN NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'a request changes by one version at a time');
END;
CREATE TRIGGER request_is_kept
BEFORE DELETE ON request
BEGIN
    SELECT RAISE(ABORT, 'requests are never removed');
END;

-- What a request acts on, for finding requests by it.
CREATE TABLE request_target (
    request     TEXT NOT NULL REFERENCES request (id),      -- the request
    environment TEXT NOT NULL,                              -- the request's environment
    target      TEXT NOT NULL,                              -- CKAN's id of the thing
    PRIMARY KEY (request, target)
);
CREATE INDEX request_target_target ON request_target (environment, target);

-- Everybody's yes and no. One person has one vote, and never on their own request: the database holds that too.
CREATE TABLE vote (
    request        TEXT NOT NULL,                           -- the request
    ordinal        BIGINT NOT NULL,                         -- its place among the request's votes, from 0
    requester      TEXT NOT NULL,                           -- the request's requester, held equal by the foreign key
    requester_user TEXT NOT NULL,                           -- the request's account, held equal by the foreign key
    person         TEXT NOT NULL                            -- who voted
                   CHECK (person <> requester),
    user_id        TEXT NOT NULL                            -- the Slack account used
                   CHECK (user_id <> requester_user),
    approve        BOOLEAN NOT NULL CHECK (approve IN (0, 1)), -- yes or no
    reason         TEXT                                     -- why; always there for a no
                   CHECK (approve = 1 OR reason IS NOT NULL),
    voted_at       BIGINT NOT NULL,                         -- when
    PRIMARY KEY (request, person),
    UNIQUE (request, ordinal),
    FOREIGN KEY (request, requester, requester_user) REFERENCES request (id, requester, requester_user)
);
CREATE TRIGGER vote_is_final
BEFORE UPDATE ON vote
BEGIN
    SELECT RAISE(ABORT, 'votes are never changed');
END;
CREATE TRIGGER vote_is_kept
BEFORE DELETE ON vote
BEGIN
    SELECT RAISE(ABORT, 'votes are never removed');
END;

-- The audit: docs/audit.md says how the hashes are made.
CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY,                           -- from 1 without gaps
    previous TEXT NOT NULL,                                 -- the hash of the entry before
    hash     TEXT NOT NULL,                                 -- SHA-256 over seq, previous and entry
    entry    TEXT NOT NULL,                                 -- canonical JSON, exactly the bytes that were hashed
    request  TEXT                                           -- the request it is about, for finding it; not hashed
);
CREATE INDEX audit_request ON audit (request, seq) WHERE request IS NOT NULL;
CREATE TRIGGER audit_is_final
BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;
CREATE TRIGGER audit_is_kept
BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never removed');
END;
-- INSERT OR REPLACE would remove a row without asking the trigger above.
CREATE TRIGGER audit_is_not_replaced
BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never replaced');
END;

-- Where the audit ends. Each append begins by writing here, which puts appends in line.
CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),        -- there is one row
    seq  BIGINT NOT NULL,                                   -- the number of the last entry
    hash TEXT NOT NULL                                      -- its hash
);
INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
CREATE TRIGGER audit_head_only_grows
BEFORE UPDATE ON audit_head WHEN NEW.seq < OLD.seq
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;
CREATE TRIGGER audit_head_is_kept
BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

-- Messages that go, or went, to Slack.
CREATE TABLE outbox (
    position   INTEGER PRIMARY KEY,                         -- order of commit: messages of a lane leave in it
    id         TEXT NOT NULL UNIQUE,                        -- ULID
    lane       TEXT NOT NULL,                               -- what keeps order
    request    TEXT REFERENCES request (id),                -- the request it belongs to, where there is one
    state      TEXT NOT NULL                                -- waiting; delivered: Slack has it; dead: given up
               CHECK (state IN ('waiting', 'delivered', 'dead')),
    delivery   TEXT NOT NULL,                               -- JSON: how it goes out; its response address is blank once settled
    body       TEXT NOT NULL,                               -- JSON: text and blocks, ready for Slack
    created_at BIGINT NOT NULL,                             -- when it was written
    due_at     BIGINT NOT NULL,                             -- not to be tried before
    tries      BIGINT NOT NULL,                             -- failed tries so far
    settled_at BIGINT                                       -- when it was delivered or given up; null until then
               CHECK ((settled_at IS NULL) = (state = 'waiting')),
    channel    TEXT,                                        -- delivered: the channel Slack put it in, where Slack said so
    ts         TEXT                                         -- delivered: Slack's time stamp, where Slack said so
               CHECK ((ts IS NULL) = (channel IS NULL)),
    why        TEXT                                         -- dead: a stable word
               CHECK ((why IS NULL) = (state <> 'dead'))
);
CREATE INDEX outbox_waiting ON outbox (position, due_at) WHERE state = 'waiting';
CREATE INDEX outbox_lane ON outbox (lane, position) WHERE state = 'waiting';
CREATE INDEX outbox_dead ON outbox (position) WHERE state = 'dead';
CREATE INDEX outbox_address ON outbox (request, channel, ts) WHERE ts IS NOT NULL;

-- Where the card of a request stands.
CREATE TABLE card (
    request TEXT PRIMARY KEY NOT NULL REFERENCES request (id), -- the request
    channel TEXT NOT NULL,                                  -- the channel's id
    ts      TEXT NOT NULL                                   -- Slack's time stamp
);

-- Written to prove that it can be, and read by nobody. SQLite writes nothing for an update that changes nothing.
CREATE TABLE write_proof (
    id    BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),       -- there is one row
    times BIGINT NOT NULL                                   -- how often it was proved
);
INSERT INTO write_proof (id, times) VALUES (1, 0);
