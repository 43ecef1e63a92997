-- The queue is read in its order: new rooms first, then by when a room may run.
DROP INDEX job_due;
CREATE INDEX job_turn ON job (fresh, max(due, ifnull(leased_until, 0)), room) WHERE dead IS NULL;
CREATE INDEX adoption_due ON adoption (due, id) WHERE closed_at IS NULL;

-- What the wall clock and the machine's steady clock said when the store was last written, in milliseconds.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    wall INTEGER NOT NULL,
    steady INTEGER NOT NULL
) STRICT;

-- Written and emptied again to find out whether there is space.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    filler BLOB NOT NULL
) STRICT;
