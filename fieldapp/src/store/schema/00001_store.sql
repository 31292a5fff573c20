-- A field app's store. Times are milliseconds since 1970 UTC; ids are UUIDs as text of 36 lower-case characters; a
-- column that can be empty holds '' or 0, never NULL, unless it says so. A column that is called sealed holds a random
-- nonce of 12 bytes and AES-256-GCM under the data key, with the kind and the id of what it belongs to as associated data.

-- The data key, wrapped for each worker who may work on the tablet by a key that Argon2id makes of the worker's PIN.
CREATE TABLE keys (
    worker   TEXT    NOT NULL PRIMARY KEY,
    -- what the lock screen shows of the worker's name
    initials TEXT    NOT NULL,
    salt     BLOB    NOT NULL,
    memory   INTEGER NOT NULL, -- in KiB
    passes   INTEGER NOT NULL,
    threads  INTEGER NOT NULL,
    -- the data key, sealed; empty once the store has been wiped
    wrapped  BLOB    NOT NULL,
    -- PINs tried since the last right one, each counted before it is looked at, and when the last was, by the tablet's clock
    tries    INTEGER NOT NULL,
    tried_at INTEGER NOT NULL
) STRICT;

-- Who the tablet is and how far its exchange has come: identity, tokens, exchange.
CREATE TABLE properties (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Counts the transactions that changed what is shown. One row.
CREATE TABLE revision (
    n INTEGER NOT NULL
) STRICT;
INSERT INTO revision (n) VALUES (0);

-- What the index that is searched held at a revision, so that unlocking does not have to open every record: what changed
-- since is read from the records. It can be dropped at any time.
CREATE TABLE glances (
    n          INTEGER NOT NULL PRIMARY KEY,
    -- what is looked at; another app's may be of no use
    shape      TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    collection TEXT    NOT NULL,
    -- text: a line for each of some records, by which it is found; before what is longer, so that it is read without that
    found      BLOB    NOT NULL,
    sealed     BLOB    NOT NULL -- JSON: the values of each that are looked at, in the same order
) STRICT;

-- The records of which nothing was left since then.
CREATE TABLE gone (
    id       TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

-- A row for each record that the tablet knows of, pulled or only made here.
CREATE TABLE records (
    id         TEXT    NOT NULL PRIMARY KEY,
    collection TEXT    NOT NULL,
    -- the area that the server gave it, '' if it was never pulled
    area       TEXT    NOT NULL,
    -- what it belongs to as shown: its area, household, person or activity; '' if nothing
    parent     TEXT    NOT NULL,
    -- for a household or person that is a duplicate: what it was merged into, as shown; '' for others
    kept       TEXT    NOT NULL,
    -- the generation of its area in which it last came
    generation INTEGER NOT NULL,
    -- 1 if a change made here is in an open conflict and does not show
    overtaken  INTEGER NOT NULL,
    -- that of the last transaction that changed what is shown of it
    revision   INTEGER NOT NULL,
    -- JSON: the server's state as last pulled, and its digest; empty if it was never pulled; see state.ts
    sealed     BLOB    NOT NULL
) STRICT;
CREATE INDEX records_by_revision ON records (revision, collection, id);
CREATE INDEX records_by_parent ON records (parent, collection);
CREATE INDEX records_by_collection ON records (collection, id);
CREATE INDEX records_by_area ON records (area, generation);
CREATE INDEX records_by_kept ON records (kept) WHERE kept <> '';
CREATE INDEX records_overtaken ON records (id) WHERE overtaken = 1;

-- The changes made here: the outbox, and what is kept of those that a server has acknowledged.
CREATE TABLE changes (
    -- the identity that the tablet had, and the change's number
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
    -- JSON: author, rolling hashes, fields, base, seen
    sealed     BLOB    NOT NULL,
    -- JSON: the receipt's reason, and the fields in conflict; empty before there is a receipt
    verdict    BLOB    NOT NULL,
    PRIMARY KEY (device, n)
) STRICT;
CREATE INDEX changes_outbox ON changes (n) WHERE status = '';
CREATE INDEX changes_refused ON changes (record) WHERE status IN ('held', 'waiting', 'discarded');
CREATE INDEX changes_laid ON changes (collection, record) WHERE laid = 1;
CREATE INDEX changes_by_record ON changes (record);

-- How far each area of the tablet's scope was pulled.
CREATE TABLE cursors (
    area       TEXT    NOT NULL PRIMARY KEY,
    -- NULL if the area has to start anew
    cursor     INTEGER,
    -- counts the times that it started anew; what an older one left is swept once it is complete
    generation INTEGER NOT NULL,
    -- when it was last pulled to its end, by the server's clock; 0 is never
    pulled     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The digests of the records that were pulled, added up by area.
CREATE TABLE sums (
    area   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- The people who may work on this tablet.
CREATE TABLE workers (
    id     TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL -- the name
) STRICT;

-- Clashes with what was written here, once somebody has decided them.
CREATE TABLE decided (
    item   TEXT NOT NULL PRIMARY KEY, -- names it in dismissed
    sealed BLOB NOT NULL -- JSON: the field of a record, what was written here, and what counts
) STRICT;

-- What the worker has read and put away of what needed attention.
CREATE TABLE dismissed (
    item TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;

-- Forms that are being filled in.
CREATE TABLE drafts (
    id      TEXT    NOT NULL PRIMARY KEY,
    -- by the tablet's clock
    changed INTEGER NOT NULL,
    sealed  BLOB    NOT NULL -- JSON: screen, record, content
) STRICT;

-- Photos and signatures, by the SHA-256 of their content in hex.
CREATE TABLE proofs (
    sha256     TEXT    NOT NULL PRIMARY KEY,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    -- when it was taken, by the tablet's clock
    at         INTEGER NOT NULL,
    -- how many bytes of it the office has, as far as the tablet knows
    sent       INTEGER NOT NULL,
    -- why the office does not take it, '' if it does
    refused    TEXT    NOT NULL,
    -- when the server's clock passes this it is dropped; 0 until the office has it
    kept_until INTEGER NOT NULL
) STRICT;
CREATE INDEX proofs_unsent ON proofs (at) WHERE kept_until = 0;

-- The content of the proofs, in pieces of 256 KiB at the most.
CREATE TABLE chunks (
    sha256 TEXT    NOT NULL REFERENCES proofs (sha256) ON DELETE CASCADE,
    n      INTEGER NOT NULL, -- 0, 1, 2 …
    sealed BLOB    NOT NULL,
    PRIMARY KEY (sha256, n)
) STRICT;
