-- The whole memory. Times are whole milliseconds since 1970-01-01 UTC; ids, states and JSON are text, exactly as in
-- SQLite's schema, so that one can be copied into the other.

-- Deliveries from Slack, kept before they are acknowledged.
CREATE TABLE inbound (
    position    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of arrival
    id          TEXT NOT NULL UNIQUE,                       -- ULID
    signature   TEXT NOT NULL UNIQUE,                       -- SHA-256 of Slack's signature: the same again is a replay
    dedupe      TEXT NOT NULL UNIQUE,                       -- Slack's name for the act: the same again is a second copy
    state       TEXT NOT NULL                               -- received: still to be acted on; finished: done
                CHECK (state IN ('received', 'finished')),
    received_at BIGINT NOT NULL,                            -- when it came
    finished_at BIGINT                                      -- when it was acted on; null until then
                CHECK ((finished_at IS NULL) = (state = 'received')),
    body        TEXT NOT NULL,                              -- JSON, ours; holds a response address, so it is forgotten in time
    kind        TEXT NOT NULL                               -- what acting on it waits for
                CHECK (kind IN ('command', 'press', 'submit'))
);
CREATE INDEX inbound_received ON inbound (kind, position) WHERE state = 'received';
CREATE INDEX inbound_finished ON inbound (received_at) WHERE state = 'finished';

-- One engineer's wish to run one change operation.
CREATE TABLE request (
    id             TEXT PRIMARY KEY,                        -- ULID: what a button carries
    reference      TEXT NOT NULL,                           -- the id's last six characters: what people quote
    version        BIGINT NOT NULL CHECK (version >= 1),    -- grows by one with each step: the guard of every update
    state          TEXT NOT NULL                            -- the names of approval::State, in its order
                   CHECK (state IN ('pending', 'approved', 'held', 'running', 'unknown', 'succeeded', 'partly',
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
-- The condition is repeated word for word by the queries.
CREATE INDEX request_open_age ON request (created_at, id)
    WHERE state IN ('pending', 'approved', 'held', 'running', 'unknown');
CREATE INDEX request_open_expiry ON request (expires_at)
    WHERE state IN ('pending', 'approved', 'held', 'running', 'unknown');

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
    approve        BOOLEAN NOT NULL,                        -- yes or no
    reason         TEXT                                     -- why; always there for a no
                   CHECK (approve OR reason IS NOT NULL),
    voted_at       BIGINT NOT NULL,                         -- when
    PRIMARY KEY (request, person),
    UNIQUE (request, ordinal),
    FOREIGN KEY (request, requester, requester_user) REFERENCES request (id, requester, requester_user)
);

-- The audit: docs/audit.md says how the hashes are made.
CREATE TABLE audit (
    seq      BIGINT PRIMARY KEY,                            -- from 1 without gaps
    previous TEXT NOT NULL,                                 -- the hash of the entry before
    hash     TEXT NOT NULL,                                 -- SHA-256 over seq, previous and entry
    entry    TEXT NOT NULL,                                 -- canonical JSON, exactly the bytes that were hashed
    request  TEXT                                           -- the request it is about, for finding it; not hashed
);
CREATE INDEX audit_request ON audit (request, seq) WHERE request IS NOT NULL;

-- Where the audit ends. Each commit begins by holding this row, which puts commits in line.
CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY CHECK (id = 1),                 -- there is one row
    seq  BIGINT NOT NULL,                                   -- the number of the last entry
    hash TEXT NOT NULL                                      -- its hash
);
INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Messages that go, or went, to Slack.
CREATE TABLE outbox (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of commit: messages of a lane leave in it
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
CREATE INDEX outbox_forgettable ON outbox (settled_at) WHERE state = 'delivered' AND ts IS NULL;

-- Where the card of a request stands.
CREATE TABLE card (
    request TEXT PRIMARY KEY REFERENCES request (id),       -- the request
    channel TEXT NOT NULL,                                  -- the channel's id
    ts      TEXT NOT NULL                                   -- Slack's time stamp
);

-- What is looked at again at its time: a request that waits, or what was started when one was done.
CREATE TABLE watch (
    request TEXT PRIMARY KEY REFERENCES request (id),       -- the request; it has one at most
    due_at  BIGINT NOT NULL,                                -- not to be looked at before
    ends_at BIGINT NOT NULL,                                -- ends then, whatever is seen
    memory  TEXT NOT NULL                                   -- JSON: what the next look gets to know
);
CREATE INDEX watch_due ON watch (due_at);

-- The many things that one request acts on, each with how far it is.
CREATE TABLE item (
    request    TEXT NOT NULL REFERENCES request (id),       -- the request
    position   BIGINT NOT NULL CHECK (position >= 0),       -- its place in the list, from 0
    target     TEXT NOT NULL,                               -- CKAN's id of the thing
    name       TEXT NOT NULL,                               -- its slug at the time of planning
    title      TEXT NOT NULL,                               -- its title at the time of planning
    before     TEXT NOT NULL,                               -- JSON in the operation's own terms: what was approved of it
    state      TEXT NOT NULL                                -- waiting: nothing was sent; sent: may have been; done: a probe saw it
               CHECK (state IN ('waiting', 'sent', 'done', 'failed', 'unknown', 'skipped')),
    note       TEXT NOT NULL,                               -- why, for people; empty where the state says it all
    changed_at BIGINT NOT NULL,                             -- when it got there
    PRIMARY KEY (request, position),
    UNIQUE (request, target)
);
CREATE INDEX item_state ON item (request, state, position);

-- Written to prove that it can be, and read by nobody.
CREATE TABLE write_proof (
    id    BIGINT PRIMARY KEY CHECK (id = 1),                -- there is one row
    times BIGINT NOT NULL                                   -- how often it was proved
);
INSERT INTO write_proof (id, times) VALUES (1, 0);

-- What must not change, the database holds too: whoever may write to it, by whatever way, is refused.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = TG_ARGV[0];
END
$$;

CREATE TRIGGER request_keeps_what_was_asked
    BEFORE UPDATE OF id, reference, environment, operation, requester, requester_user, created_at ON request
    FOR EACH ROW EXECUTE FUNCTION refuse('what was asked never changes');
CREATE TRIGGER request_steps_one_version
    BEFORE UPDATE ON request FOR EACH ROW WHEN (NEW.version <> OLD.version + 1)
    EXECUTE FUNCTION refuse('a request changes by one version at a time');
CREATE TRIGGER request_is_kept
    BEFORE DELETE ON request FOR EACH ROW EXECUTE FUNCTION refuse('requests are never removed');
CREATE TRIGGER request_is_not_emptied
    BEFORE TRUNCATE ON request FOR EACH STATEMENT EXECUTE FUNCTION refuse('requests are never removed');

CREATE TRIGGER vote_is_final
    BEFORE UPDATE ON vote FOR EACH ROW EXECUTE FUNCTION refuse('votes are never changed');
CREATE TRIGGER vote_is_kept
    BEFORE DELETE ON vote FOR EACH ROW EXECUTE FUNCTION refuse('votes are never removed');
CREATE TRIGGER vote_is_not_emptied
    BEFORE TRUNCATE ON vote FOR EACH STATEMENT EXECUTE FUNCTION refuse('votes are never removed');

CREATE TRIGGER audit_is_final
    BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('audit entries are never changed');
CREATE TRIGGER audit_is_kept
    BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('audit entries are never removed');
CREATE TRIGGER audit_is_not_emptied
    BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse('audit entries are never removed');

CREATE TRIGGER audit_head_only_grows
    BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq < OLD.seq)
    EXECUTE FUNCTION refuse('the audit only grows');
CREATE TRIGGER audit_head_is_kept
    BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION refuse('the audit only grows');
CREATE TRIGGER audit_head_is_not_emptied
    BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION refuse('the audit only grows');

CREATE TRIGGER item_keeps_what_was_approved
    BEFORE UPDATE OF request, position, target, name, title, before ON item
    FOR EACH ROW EXECUTE FUNCTION refuse('what was approved never changes');
-- Nothing is sent that does not wait, and what is done is not done again.
CREATE TRIGGER item_is_sent_from_waiting
    BEFORE UPDATE OF state ON item FOR EACH ROW WHEN (NEW.state = 'sent' AND OLD.state <> 'waiting')
    EXECUTE FUNCTION refuse('only what waits is sent');
CREATE TRIGGER item_stays_done
    BEFORE UPDATE OF state ON item FOR EACH ROW WHEN (OLD.state = 'done' AND NEW.state <> 'done')
    EXECUTE FUNCTION refuse('what is done stays done');
CREATE TRIGGER item_is_kept
    BEFORE DELETE ON item FOR EACH ROW EXECUTE FUNCTION refuse('items are never removed');
CREATE TRIGGER item_is_not_emptied
    BEFORE TRUNCATE ON item FOR EACH STATEMENT EXECUTE FUNCTION refuse('items are never removed');
