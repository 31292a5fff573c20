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

-- The addresses that are told what has happened.
CREATE TABLE webhooks (
    id      TEXT    NOT NULL PRIMARY KEY,
    url     TEXT    NOT NULL,
    -- record.changed, review.opened
    kind    TEXT    NOT NULL,
    -- the key of the signatures, whsec_ and base64: to sign takes the key itself
    secret  TEXT    NOT NULL,
    made_by TEXT    NOT NULL,
    -- times in milliseconds, 0 for never; what is ended stays in the list
    created INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    -- the sequence, of records or of reviews, up to which it was told
    told    INTEGER NOT NULL,
    -- when to try next: while one server sends, this keeps the others from it
    due     INTEGER NOT NULL,
    -- how often in a row it has failed, and since when
    failed  INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    -- when nobody tried any longer
    paused  INTEGER NOT NULL
) STRICT;

-- What came of the last deliveries, without what was sent or answered.
CREATE TABLE webhook_deliveries (
    webhook TEXT    NOT NULL,
    -- counts up from 1
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    -- how many events it told of, and the sequence of the last
    events  INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    -- of the answer, 0 if there was none; and what was wrong, '' if nothing was
    status  INTEGER NOT NULL,
    error   TEXT    NOT NULL,
    PRIMARY KEY (webhook, n)
) STRICT;
