-- +goose Up

-- Which record each duplicate was merged into, deleted ones among them. Derived from the records, kept
-- so that a family is found from any of its households.
CREATE TABLE mergers (
    record TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kept   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX mergers_by_kept ON mergers (kept);
INSERT INTO mergers
SELECT id, doc::json ->> 'merged_into' FROM records
WHERE collection IN ('households', 'people') AND doc::json ->> 'merged_into' IS NOT NULL;

-- What wants a person's decision, one row a matter, whatever becomes of it.
CREATE TABLE reviews (
    -- UUIDv5 of kind, record and subject
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- over_delivery, orphan
    kind       TEXT COLLATE "C" NOT NULL,
    -- the record that it is about, and what of it, '' where the kind says all
    record     TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    area       TEXT COLLATE "C" NOT NULL,
    -- high, medium, low
    severity   TEXT COLLATE "C" NOT NULL,
    -- open, decided, closed
    state      TEXT COLLATE "C" NOT NULL,
    -- counts the openings of all reviews, so that a list goes on behind it; times of the last opening and update
    seq        BIGINT           NOT NULL UNIQUE,
    opened     BIGINT           NOT NULL,
    updated    BIGINT           NOT NULL,
    -- what it rests on, JSON, and the SHA-256 of all of that, hexadecimal
    facts      TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    -- the last decision, '' if there is none, and the digest of the facts that it was made on
    decision   TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at BIGINT           NOT NULL,
    decided_on TEXT COLLATE "C" NOT NULL,
    -- the user who sees to it, '' if nobody does
    assignee   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX reviews_by_record ON reviews (record);
CREATE INDEX reviews_by_state ON reviews (state, seq);
