-- A state between approved and running. SQLite cannot change a CHECK; this is its documented way for a change that
-- leaves every row as it is (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''approved'', ''running''', '''approved'', ''held'', ''running''')
WHERE type = 'table' AND name = 'request';
PRAGMA writable_schema = RESET;

-- The condition is repeated word for word by the queries: only then SQLite may use these indexes.
DROP INDEX request_open_age;
DROP INDEX request_open_expiry;
CREATE INDEX request_open_age ON request (created_at, id)
    WHERE state IN ('pending', 'approved', 'held', 'running', 'unknown');
CREATE INDEX request_open_expiry ON request (expires_at)
    WHERE state IN ('pending', 'approved', 'held', 'running', 'unknown');
