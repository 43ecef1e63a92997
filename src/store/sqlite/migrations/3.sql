-- Rooms that are being adopted: our account becomes the owner and gives the room back at once.
CREATE TABLE adoption (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    owner TEXT NOT NULL,
    account TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    -- Until when a change of owner that was asked for without an answer may still be carried out.
    unanswered_until INTEGER,
    holder TEXT,
    leased_until INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    blocked TEXT,
    closed_at INTEGER,
    how TEXT
) STRICT;
CREATE UNIQUE INDEX adoption_open ON adoption (room) WHERE closed_at IS NULL;
CREATE INDEX adoption_room ON adoption (room);
INSERT INTO adoption (room, owner, account, opened_at, unanswered_until, leased_until, due, closed_at, how)
    SELECT room, coalesce(seen_owner, owner), coalesce(account, ''), since, since + 600000, 0, 0, closed_at, how
    FROM custody ORDER BY id;
DROP TABLE custody;
