-- What is looked at further after a request is done, such as a harvest that was started.
CREATE TABLE watch (
    request TEXT PRIMARY KEY NOT NULL REFERENCES request (id), -- the request; it has one at most
    due_at  BIGINT NOT NULL,                                -- not to be looked at before
    ends_at BIGINT NOT NULL,                                -- ends then, whatever is seen
    memory  TEXT NOT NULL                                   -- JSON: what the next look gets to know
);
CREATE INDEX watch_due ON watch (due_at);

-- What Slack has under no address of its own is forgotten in time: a long execution writes many states of its card.
CREATE INDEX outbox_forgettable ON outbox (settled_at) WHERE state = 'delivered' AND ts IS NULL;
