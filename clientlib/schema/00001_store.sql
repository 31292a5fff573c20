-- A device's store. Times are milliseconds since 1970 UTC; ids are UUIDs as text of 36 lower-case
-- characters; a column that can be empty holds '' or 0, never NULL, unless it says so. A column that
-- is called sealed holds a random nonce of 12 bytes and AES-256-GCM under the data key, with the
-- kind and the id of what it belongs to as associated data.

-- The data key, wrapped by a key that Argon2id makes of the worker's PIN. One row.
CREATE TABLE vault (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    salt    BLOB    NOT NULL,
    memory  INTEGER NOT NULL, -- in KiB
    passes  INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    -- the data key, sealed; empty once the store has been wiped
    wrapped BLOB    NOT NULL
) STRICT;

-- Who the device is and how far its exchange has come: identity, tokens, exchange.
CREATE TABLE properties (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Counts the transactions that changed what is shown, so that what a program holds of it in memory
-- can be checked. One row.
CREATE TABLE revision (
    n INTEGER NOT NULL
) STRICT;
INSERT INTO revision (n) VALUES (0);

-- A row for each record that the device knows of, pulled or only made here.
CREATE TABLE records (
    id         TEXT    NOT NULL PRIMARY KEY,
    collection TEXT    NOT NULL,
    -- the area that the server gave it, '' if it was never pulled
    area       TEXT    NOT NULL,
    -- what it belongs to as shown: its area, household, person or activity; '' if nothing
    parent     TEXT    NOT NULL,
    -- the generation of its area in which it last came
    generation INTEGER NOT NULL,
    -- 1 if a change made here is in an open conflict and does not show
    overtaken  INTEGER NOT NULL,
    -- the server's state as last pulled: 16 bytes of digest, then JSON; empty if it was never pulled
    sealed     BLOB    NOT NULL
) STRICT;
CREATE INDEX records_by_parent ON records (parent, collection);
CREATE INDEX records_by_collection ON records (collection);
CREATE INDEX records_by_area ON records (area, generation);
CREATE INDEX records_overtaken ON records (id) WHERE overtaken = 1;

-- The changes made here: the outbox, and what is kept of those that a server has acknowledged.
CREATE TABLE changes (
    -- the identity that the device had, and the change's number
    device     TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    form       INTEGER NOT NULL,
    record     TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    claimed    INTEGER NOT NULL,
    -- '' while in the outbox, then as the receipt says: applied, held, waiting, discarded
    status     TEXT    NOT NULL,
    -- of the receipt: what was decided, and why it is not applied
    time       INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    -- when the server's clock passes this, an acknowledged change is dropped
    kept_until INTEGER NOT NULL,
    -- 1 while it is laid over what was pulled
    laid       INTEGER NOT NULL,
    -- JSON: author, rolling hash, fields, base, seen
    sealed     BLOB    NOT NULL,
    -- JSON: the receipt's reason, and the fields in conflict; empty before there is a receipt
    verdict    BLOB    NOT NULL,
    PRIMARY KEY (device, n)
) STRICT;
CREATE INDEX changes_outbox ON changes (n) WHERE status = '';
CREATE INDEX changes_laid ON changes (collection, record) WHERE laid = 1;
CREATE INDEX changes_by_record ON changes (record);

-- How far each area of the device's scope was pulled.
CREATE TABLE cursors (
    area       TEXT    NOT NULL PRIMARY KEY,
    -- NULL if the area has to start anew
    cursor     INTEGER,
    -- counts the times that it started anew; what an older one left is swept once it is complete
    generation INTEGER NOT NULL
) STRICT;

-- The people who may work on this device.
CREATE TABLE workers (
    id     TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL -- the name
) STRICT;

-- What the worker has read and put away of what needed attention.
CREATE TABLE dismissed (
    item TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;
