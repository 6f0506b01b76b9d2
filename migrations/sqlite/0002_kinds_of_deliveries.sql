-- What acting on a delivery waits for: each kind is read by itself, so that a slow one holds up no other.
ALTER TABLE inbound ADD COLUMN kind TEXT NOT NULL DEFAULT 'command' CHECK (kind IN ('command', 'press', 'submit')); -- what it waits for

UPDATE inbound SET kind = json_extract(body, '$.act')
    WHERE json_valid(body) AND json_extract(body, '$.act') IN ('press', 'submit');

DROP INDEX inbound_received;
CREATE INDEX inbound_received ON inbound (kind, position) WHERE state = 'received';
