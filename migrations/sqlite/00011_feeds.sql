-- +goose Up

-- The tokens by which somebody outside, such as a donor's analyst, reads some collections.
CREATE TABLE feed_tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    -- whom it was made for
    name        TEXT    NOT NULL,
    -- SHA-256 of the token, hexadecimal
    token_hash  TEXT    NOT NULL UNIQUE,
    -- JSON array of names
    collections TEXT    NOT NULL,
    -- what belongs to it or to an area below it may be read; '' for everything
    area        TEXT    NOT NULL,
    -- whether personal fields may be read
    personal    INTEGER NOT NULL,
    made_by     TEXT    NOT NULL,
    -- times in milliseconds, 0 for never; use is noted once a minute
    created     INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    revoked     INTEGER NOT NULL,
    used        INTEGER NOT NULL
) STRICT;

-- A feed goes through the records of a collection in order of id, a part at a time.
CREATE INDEX records_in_order ON records (collection, id) WHERE deleted = 0;
