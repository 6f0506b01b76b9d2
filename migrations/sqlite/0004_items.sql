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

CREATE TRIGGER item_keeps_what_was_approved
BEFORE UPDATE OF request, position, target, name, title, before ON item
BEGIN
    SELECT RAISE(ABORT, 'what was approved never changes');
END;
-- Nothing is sent that does not wait, and what is done is not done again.
CREATE TRIGGER item_is_sent_from_waiting
BEFORE UPDATE OF state ON item WHEN NEW.state = 'sent' AND OLD.state <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'only what waits is sent');
END;
CREATE TRIGGER item_stays_done
BEFORE UPDATE OF state ON item WHEN OLD.state = 'done' AND NEW.state <> 'done'
BEGIN
    SELECT RAISE(ABORT, 'what is done stays done');
END;
CREATE TRIGGER item_is_kept
BEFORE DELETE ON item
BEGIN
    SELECT RAISE(ABORT, 'items are never removed');
END;
