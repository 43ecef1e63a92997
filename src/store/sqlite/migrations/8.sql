-- The folders that runs made in a room, by their titles as they compare.
ALTER TABLE room ADD COLUMN made TEXT NOT NULL DEFAULT '{}';
-- Whether the list of rooms showed the room, and no event.
ALTER TABLE job ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;

-- Who was invited to a room, or may have been: nobody is invited twice.
CREATE TABLE invitation (
    room TEXT NOT NULL,
    guest TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, guest)
) STRICT, WITHOUT ROWID;

-- What is counted so that it stays within a limit, by the minute since 1970.
CREATE TABLE counted (
    what TEXT NOT NULL,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (what, minute)
) STRICT, WITHOUT ROWID;
