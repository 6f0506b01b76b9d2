-- Whose turn it is to act, of the processes on this database. Whoever takes the lock counts on; whoever finds another
-- number than its own has lost its turn, and writes nothing.
CREATE TABLE acting (
    id   BIGINT PRIMARY KEY CHECK (id = 1),                 -- there is one row
    term BIGINT NOT NULL                                    -- the number of the turn
);
INSERT INTO acting (id, term) VALUES (1, 0);
