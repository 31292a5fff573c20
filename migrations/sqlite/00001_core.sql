-- The server's tables. Times are milliseconds since 1970 UTC; ids are UUIDs as text of 36
-- lower-case characters; a column that can be empty holds '' or 0, never NULL, unless it says so.

-- +goose Up

-- What the database knows of itself: its epoch, keys, the office's device, the last sequence.
CREATE TABLE properties (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The records as they are shown, one JSON document each, with the heads of every field beside it.
CREATE TABLE records (
    id         TEXT    NOT NULL PRIMARY KEY,
    collection TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- the record whose area this one has, '' if it has its own
    parent     TEXT    NOT NULL,
    -- the sequence of the last thing that happened to the record
    seq        INTEGER NOT NULL,
    -- the sequence at which it came to its area
    entered    INTEGER NOT NULL,
    -- 1 if it is shown as deleted
    deleted    INTEGER NOT NULL,
    -- the shown values by field
    doc        TEXT    NOT NULL,
    -- the registers of all fields; see the store's documentation of the form
    state      TEXT    NOT NULL
) STRICT;
CREATE INDEX records_by_area ON records (area, seq);
CREATE INDEX records_by_collection ON records (collection, area);
CREATE INDEX records_by_parent ON records (parent) WHERE parent <> '';

-- Every change that was ever taken in, applied or not.
CREATE TABLE changes (
    device     TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    form       INTEGER NOT NULL,
    collection TEXT    NOT NULL,
    record     TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    claimed    INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    -- what last-writer-wins compares
    time       INTEGER NOT NULL,
    -- the sequence at which it was applied, 0 if it was not
    seq        INTEGER NOT NULL,
    -- applied, held, waiting, discarded
    status     TEXT    NOT NULL,
    -- why it is not applied, for programs and for people
    code       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    -- the record that it waits for
    needs      TEXT    NOT NULL,
    -- the fields, as a JSON array, that were in conflict once it was merged
    conflicts  TEXT    NOT NULL,
    -- fields, base and seen
    body       TEXT    NOT NULL,
    -- rolling hash over the device's changes up to this one
    hash       BLOB    NOT NULL,
    -- what the office adds for its own changes: reason, what it settles, undoes or corrects; JSON
    note       TEXT    NOT NULL,
    PRIMARY KEY (device, n)
) STRICT;
CREATE INDEX changes_by_record ON changes (record);
CREATE INDEX changes_open ON changes (status, received) WHERE status IN ('held', 'waiting');
CREATE INDEX changes_needing ON changes (needs) WHERE needs <> '';

-- The records that left an area, so that devices which have the area drop them.
CREATE TABLE departures (
    area   TEXT    NOT NULL,
    record TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (area, record)
) STRICT;
CREATE INDEX departures_by_area ON departures (area, seq);

-- What an area comes to: the sequence of its last event, and the digest over its records.
CREATE TABLE area_digests (
    area    TEXT    NOT NULL PRIMARY KEY,
    seq     INTEGER NOT NULL,
    records INTEGER NOT NULL,
    digest  BLOB    NOT NULL
) STRICT;

-- The fields with an open conflict. Derived from the records' registers, kept for listing.
CREATE TABLE conflicts (
    record     TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- the sequence and time at which the field came into conflict
    seq        INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    PRIMARY KEY (record, field)
) STRICT;
CREATE INDEX conflicts_by_seq ON conflicts (seq);

-- The people who work with the programme's data.
CREATE TABLE users (
    id       TEXT    NOT NULL PRIMARY KEY,
    login    TEXT    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    -- worker, coordinator, administrator
    role     TEXT    NOT NULL,
    -- argon2id in PHC form, '' for who never logs in to the console
    password TEXT    NOT NULL,
    active   INTEGER NOT NULL,
    created  INTEGER NOT NULL
) STRICT;

-- Which areas, with everything below them, a person works in.
CREATE TABLE user_areas (
    user TEXT NOT NULL REFERENCES users (id),
    area TEXT NOT NULL,
    PRIMARY KEY (user, area)
) STRICT;

-- The devices, one row an identity: a cloned device that takes a new identity has two.
CREATE TABLE devices (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    -- the user to whom it was handed out
    holder       TEXT    NOT NULL REFERENCES users (id),
    enrolled     INTEGER NOT NULL,
    -- 0 while the device is one of the programme's
    revoked      INTEGER NOT NULL,
    -- the last of its changes, and the rolling hash there
    n            INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    -- how often its refresh token was rotated, when last, and whether a reuse ended it
    token        INTEGER NOT NULL,
    token_at     INTEGER NOT NULL,
    token_ended  INTEGER NOT NULL,
    -- as the device last reported
    contact      INTEGER NOT NULL,
    complete     INTEGER NOT NULL,
    unsent       INTEGER NOT NULL,
    clock_offset INTEGER NOT NULL,
    program      TEXT    NOT NULL,
    protocol     TEXT    NOT NULL,
    free_bytes   INTEGER NOT NULL
) STRICT;

-- Which areas, with everything below them, a device holds.
CREATE TABLE device_areas (
    device TEXT NOT NULL REFERENCES devices (id),
    area   TEXT NOT NULL,
    PRIMARY KEY (device, area)
) STRICT;

-- One-time codes by which devices are enrolled.
CREATE TABLE invites (
    -- SHA-256 of the code, hexadecimal
    code_hash TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    holder    TEXT    NOT NULL REFERENCES users (id),
    -- JSON array of areas
    areas     TEXT    NOT NULL,
    made_by   TEXT    NOT NULL,
    expires   INTEGER NOT NULL,
    -- the device that it enrolled, '' while it is good
    used_by   TEXT    NOT NULL
) STRICT;

-- Console sessions.
CREATE TABLE sessions (
    -- SHA-256 of the cookie, hexadecimal
    token_hash TEXT    NOT NULL PRIMARY KEY,
    user       TEXT    NOT NULL REFERENCES users (id),
    csrf       TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);

-- Every decision, each row chained to the one before it. The chain covers a salted digest of the
-- details, so that details can be erased and the chain still holds.
CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    -- JSON object, '' once erased
    details TEXT    NOT NULL,
    salt    BLOB    NOT NULL,
    digest  BLOB    NOT NULL,
    hash    BLOB    NOT NULL
) STRICT;
-- +goose StatementBegin
CREATE TRIGGER audit_is_append_only BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OF seq, at, actor, action, subject, digest, hash ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
