-- The photos and signatures that were made here, each by the SHA-256 of its content, hexadecimal. That is in the clear: it
-- tells nothing to who has not got the content.
CREATE TABLE blobs (
    sha256 TEXT    NOT NULL PRIMARY KEY,
    type   TEXT    NOT NULL,
    bytes  INTEGER NOT NULL,
    -- when the first sync behind it was, by the server's clock; 0 before that
    added  INTEGER NOT NULL
) STRICT;

-- Their content, in parts that no row is too large for.
CREATE TABLE blob_parts (
    sha256 TEXT    NOT NULL,
    part   INTEGER NOT NULL, -- counts from 0
    sealed BLOB    NOT NULL,
    PRIMARY KEY (sha256, part)
) STRICT;

-- Which records name which of them, by changes made here.
CREATE TABLE blob_names (
    record  TEXT    NOT NULL,
    sha256  TEXT    NOT NULL,
    -- the epoch in which the server had the content, and its name for the time when it last lost any; '' before it has
    epoch   TEXT    NOT NULL,
    -- 1 if the server said last that the record does not name it any more, so that it does not want it
    unnamed INTEGER NOT NULL,
    PRIMARY KEY (record, sha256)
) STRICT;
