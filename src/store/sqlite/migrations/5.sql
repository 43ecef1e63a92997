-- When the store was made, in milliseconds: rooms that are older are never written to without a person's word. One that
-- was made by an earlier version is as old as its first delivery.
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    made_at INTEGER NOT NULL
) STRICT;
INSERT INTO store (id, made_at)
SELECT 0, ifnull(min(received_at), CAST(unixepoch('subsec') * 1000 AS INTEGER)) FROM delivery;
