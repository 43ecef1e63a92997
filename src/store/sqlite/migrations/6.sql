-- Calls to the portal in the last minute, by process and second: the processes of an account share its limit.
CREATE TABLE calls (
    process TEXT NOT NULL,
    second INTEGER NOT NULL,
    -- Whether it is a service; else a person waits for its end.
    serves INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (process, second)
) STRICT, WITHOUT ROWID;

-- POST and PUT by the hour since 1970, for those of any 24 hours.
CREATE TABLE writes_of_hour (
    hour INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
INSERT INTO writes_of_hour SELECT unixepoch() / 3600, count FROM writes WHERE day = date('now');
DROP TABLE writes;
