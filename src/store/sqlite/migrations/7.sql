-- Since when a room has had something to do: from its first event, whatever became of it meanwhile.
ALTER TABLE job ADD COLUMN since INTEGER;
UPDATE job SET since = due;

-- What happened to rooms, in the words of the log.
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    room TEXT NOT NULL,
    outcome TEXT NOT NULL,
    line TEXT NOT NULL
) STRICT;
CREATE INDEX history_at ON history (at, id);
CREATE INDEX history_room ON history (room, id);

-- Lists in their order, and numbers, without looking at every row.
CREATE INDEX room_at ON room (at, room);
CREATE INDEX room_outcome ON room (outcome, at, room);
CREATE INDEX delivery_received ON delivery (received_at, id);
CREATE INDEX job_leased ON job (leased_until) WHERE lease IS NOT NULL;
CREATE INDEX job_dead ON job (room) WHERE dead IS NOT NULL;
