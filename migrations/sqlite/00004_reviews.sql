-- +goose Up

-- Which record each duplicate was merged into, deleted ones among them. Derived from the records, kept
-- so that a family is found from any of its households.
CREATE TABLE mergers (
    record TEXT NOT NULL PRIMARY KEY,
    kept   TEXT NOT NULL
) STRICT;
CREATE INDEX mergers_by_kept ON mergers (kept);
INSERT INTO mergers
SELECT id, doc ->> 'merged_into' FROM records
WHERE collection IN ('households', 'people') AND doc ->> 'merged_into' IS NOT NULL;

-- What wants a person's decision, one row a matter, whatever becomes of it.
CREATE TABLE reviews (
    -- UUIDv5 of kind, record and subject
    id         TEXT    NOT NULL PRIMARY KEY,
    -- over_delivery, orphan
    kind       TEXT    NOT NULL,
    -- the record that it is about, and what of it, '' where the kind says all
    record     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- high, medium, low
    severity   TEXT    NOT NULL,
    -- open, decided, closed
    state      TEXT    NOT NULL,
    -- counts the openings of all reviews, so that a list goes on behind it; times of the last opening and update
    seq        INTEGER NOT NULL UNIQUE,
    opened     INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    -- what it rests on, JSON, and the SHA-256 of all of that, hexadecimal
    facts      TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    -- the last decision, '' if there is none, and the digest of the facts that it was made on
    decision   TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    decided_by TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    decided_on TEXT    NOT NULL,
    -- the user who sees to it, '' if nobody does
    assignee   TEXT    NOT NULL
) STRICT;
CREATE INDEX reviews_by_record ON reviews (record);
CREATE INDEX reviews_by_state ON reviews (state, seq);
