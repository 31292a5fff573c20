-- +goose Up

-- The tokens by which somebody outside, such as a donor's analyst, reads some collections.
CREATE TABLE feed_tokens (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- whom it was made for
    name        TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the token, hexadecimal
    token_hash  TEXT COLLATE "C" NOT NULL UNIQUE,
    -- JSON array of names
    collections TEXT COLLATE "C" NOT NULL,
    -- what belongs to it or to an area below it may be read; '' for everything
    area        TEXT COLLATE "C" NOT NULL,
    -- whether personal fields may be read
    personal    BIGINT           NOT NULL,
    made_by     TEXT COLLATE "C" NOT NULL,
    -- times in milliseconds, 0 for never; use is noted once a minute
    created     BIGINT           NOT NULL,
    expires     BIGINT           NOT NULL,
    revoked     BIGINT           NOT NULL,
    used        BIGINT           NOT NULL
);

-- A feed goes through the records of a collection in order of id, a part at a time.
CREATE INDEX records_in_order ON records (collection, id) WHERE deleted = 0;

-- The addresses that are told what has happened.
CREATE TABLE webhooks (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    url     TEXT COLLATE "C" NOT NULL,
    -- record.changed, review.opened
    kind    TEXT COLLATE "C" NOT NULL,
    -- the key of the signatures, whsec_ and base64: to sign takes the key itself
    secret  TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    -- times in milliseconds, 0 for never; what is ended stays in the list
    created BIGINT           NOT NULL,
    ended   BIGINT           NOT NULL,
    -- the sequence, of records or of reviews, up to which it was told
    told    BIGINT           NOT NULL,
    -- when to try next: while one server sends, this keeps the others from it
    due     BIGINT           NOT NULL,
    -- how often in a row it has failed, and since when
    failed  BIGINT           NOT NULL,
    since   BIGINT           NOT NULL,
    -- when nobody tried any longer
    paused  BIGINT           NOT NULL
);

-- What came of the last deliveries, without what was sent or answered.
CREATE TABLE webhook_deliveries (
    webhook TEXT COLLATE "C" NOT NULL,
    -- counts up from 1
    n       BIGINT           NOT NULL,
    at      BIGINT           NOT NULL,
    -- how many events it told of, and the sequence of the last
    events  BIGINT           NOT NULL,
    seq     BIGINT           NOT NULL,
    -- of the answer, 0 if there was none; and what was wrong, '' if nothing was
    status  BIGINT           NOT NULL,
    error   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (webhook, n)
);
