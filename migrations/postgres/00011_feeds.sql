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
