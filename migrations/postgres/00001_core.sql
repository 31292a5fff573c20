-- The server's tables. Times are milliseconds since 1970 UTC; ids are UUIDs as text of 36
-- lower-case characters; a column that can be empty holds '' or 0, never NULL, unless it says so.

-- +goose Up

-- What the database knows of itself: its epoch, keys, the office's device, the last sequence.
CREATE TABLE properties (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- The records as they are shown, one JSON document each, with the heads of every field beside it.
CREATE TABLE records (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    collection TEXT COLLATE "C" NOT NULL,
    area       TEXT COLLATE "C" NOT NULL,
    -- the record whose area this one has, '' if it has its own
    parent     TEXT COLLATE "C" NOT NULL,
    -- the sequence of the last thing that happened to the record
    seq        BIGINT           NOT NULL,
    -- the sequence at which it came to its area
    entered    BIGINT           NOT NULL,
    -- 1 if it is shown as deleted
    deleted    BIGINT           NOT NULL,
    -- the shown values by field
    doc        TEXT COLLATE "C" NOT NULL,
    -- the registers of all fields; see the store's documentation of the form
    state      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX records_by_area ON records (area, seq);
CREATE INDEX records_by_collection ON records (collection, area);
CREATE INDEX records_by_parent ON records (parent) WHERE parent <> '';

-- Every change that was ever taken in, applied or not.
CREATE TABLE changes (
    device     TEXT COLLATE "C" NOT NULL,
    n          BIGINT           NOT NULL,
    form       BIGINT           NOT NULL,
    collection TEXT COLLATE "C" NOT NULL,
    record     TEXT COLLATE "C" NOT NULL,
    author     TEXT COLLATE "C" NOT NULL,
    claimed    BIGINT           NOT NULL,
    received   BIGINT           NOT NULL,
    -- what last-writer-wins compares
    time       BIGINT           NOT NULL,
    -- the sequence at which it was applied, 0 if it was not
    seq        BIGINT           NOT NULL,
    -- applied, held, waiting, discarded
    status     TEXT COLLATE "C" NOT NULL,
    -- why it is not applied, for programs and for people
    code       TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    -- the record that it waits for
    needs      TEXT COLLATE "C" NOT NULL,
    -- the fields, as a JSON array, that were in conflict once it was merged
    conflicts  TEXT COLLATE "C" NOT NULL,
    -- fields, base and seen
    body       TEXT COLLATE "C" NOT NULL,
    -- rolling hash over the device's changes up to this one
    hash       BYTEA            NOT NULL,
    -- what the office adds for its own changes: reason, what it settles, undoes or corrects; JSON
    note       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, n)
);
CREATE INDEX changes_by_record ON changes (record);
CREATE INDEX changes_open ON changes (status, received) WHERE status IN ('held', 'waiting');
CREATE INDEX changes_needing ON changes (needs) WHERE needs <> '';

-- The records that left an area, so that devices which have the area drop them.
CREATE TABLE departures (
    area   TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    seq    BIGINT           NOT NULL,
    PRIMARY KEY (area, record)
);
CREATE INDEX departures_by_area ON departures (area, seq);

-- What an area comes to: the sequence of its last event, and the digest over its records.
CREATE TABLE area_digests (
    area    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq     BIGINT           NOT NULL,
    records BIGINT           NOT NULL,
    digest  BYTEA            NOT NULL
);

-- The fields with an open conflict. Derived from the records' registers, kept for listing.
CREATE TABLE conflicts (
    record     TEXT COLLATE "C" NOT NULL,
    field      TEXT COLLATE "C" NOT NULL,
    collection TEXT COLLATE "C" NOT NULL,
    area       TEXT COLLATE "C" NOT NULL,
    -- the sequence and time at which the field came into conflict
    seq        BIGINT           NOT NULL,
    opened_at  BIGINT           NOT NULL,
    PRIMARY KEY (record, field)
);
CREATE INDEX conflicts_by_seq ON conflicts (seq);

-- The people who work with the programme's data.
CREATE TABLE users (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login    TEXT COLLATE "C" NOT NULL UNIQUE,
    name     TEXT COLLATE "C" NOT NULL,
    -- worker, coordinator, administrator
    role     TEXT COLLATE "C" NOT NULL,
    -- argon2id in PHC form, '' for who never logs in to the console
    password TEXT COLLATE "C" NOT NULL,
    active   BIGINT           NOT NULL,
    created  BIGINT           NOT NULL
);

-- Which areas, with everything below them, a person works in.
CREATE TABLE user_areas (
    "user" TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    area   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", area)
);

-- The devices, one row an identity: a cloned device that takes a new identity has two.
CREATE TABLE devices (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL,
    -- the user to whom it was handed out
    holder       TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    enrolled     BIGINT           NOT NULL,
    -- 0 while the device is one of the programme's
    revoked      BIGINT           NOT NULL,
    -- the last of its changes, and the rolling hash there
    n            BIGINT           NOT NULL,
    hash         BYTEA            NOT NULL,
    -- how often its refresh token was rotated, when last, and whether a reuse ended it
    token        BIGINT           NOT NULL,
    token_at     BIGINT           NOT NULL,
    token_ended  BIGINT           NOT NULL,
    -- as the device last reported
    contact      BIGINT           NOT NULL,
    complete     BIGINT           NOT NULL,
    unsent       BIGINT           NOT NULL,
    clock_offset BIGINT           NOT NULL,
    program      TEXT COLLATE "C" NOT NULL,
    protocol     TEXT COLLATE "C" NOT NULL,
    free_bytes   BIGINT           NOT NULL
);

-- Which areas, with everything below them, a device holds.
CREATE TABLE device_areas (
    device TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    area   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, area)
);

-- One-time codes by which devices are enrolled.
CREATE TABLE invites (
    -- SHA-256 of the code, hexadecimal
    code_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name      TEXT COLLATE "C" NOT NULL,
    holder    TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    -- JSON array of areas
    areas     TEXT COLLATE "C" NOT NULL,
    made_by   TEXT COLLATE "C" NOT NULL,
    expires   BIGINT           NOT NULL,
    -- the device that it enrolled, '' while it is good
    used_by   TEXT COLLATE "C" NOT NULL
);

-- Console sessions.
CREATE TABLE sessions (
    -- SHA-256 of the cookie, hexadecimal
    token_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "user"     TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    csrf       TEXT COLLATE "C" NOT NULL,
    created    BIGINT           NOT NULL,
    expires    BIGINT           NOT NULL
);
CREATE INDEX sessions_by_user ON sessions ("user");

-- Every decision, each row chained to the one before it. The chain covers a salted digest of the
-- details, so that details can be erased and the chain still holds.
CREATE TABLE audit (
    seq     BIGINT           NOT NULL PRIMARY KEY,
    at      BIGINT           NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    action  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    -- JSON object, '' once erased
    details TEXT COLLATE "C" NOT NULL,
    salt    BYTEA            NOT NULL,
    digest  BYTEA            NOT NULL,
    hash    BYTEA            NOT NULL
);
-- +goose StatementBegin
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_is_append_only BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OF seq, at, actor, action, subject, digest, hash ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
