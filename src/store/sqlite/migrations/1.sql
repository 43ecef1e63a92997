CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    trigger TEXT NOT NULL,
    room TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX delivery_room ON delivery (room);

-- One row per room that has something to do. `generation` grows with every event, so that an event during a run
-- makes one more run.
CREATE TABLE job (
    room TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    lease TEXT,
    holder TEXT,
    leased_until INTEGER,
    dead TEXT
) STRICT;
CREATE INDEX job_due ON job (due) WHERE dead IS NULL;

CREATE TABLE room (
    room TEXT PRIMARY KEY,
    title TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL DEFAULT '',
    report TEXT NOT NULL DEFAULT '',
    at INTEGER,
    configured_at INTEGER,
    landed TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE custody (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    owner TEXT NOT NULL,
    since INTEGER NOT NULL,
    returned_at INTEGER,
    closed_at INTEGER,
    how TEXT
) STRICT;
CREATE UNIQUE INDEX custody_open ON custody (room) WHERE closed_at IS NULL;

CREATE TABLE writes (
    day TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
