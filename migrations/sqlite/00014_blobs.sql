-- +goose Up

-- The content of photos and signatures that has arrived whole. The content itself is in files or in a bucket.
CREATE TABLE blobs (
    -- its SHA-256, hexadecimal
    sha256 TEXT    NOT NULL PRIMARY KEY,
    -- its media type, and how many bytes it has
    type   TEXT    NOT NULL,
    bytes  INTEGER NOT NULL,
    -- when it arrived
    at     INTEGER NOT NULL
) STRICT;

-- Which records name which content by any of their heads, arrived or not. Derived from the records' registers, kept so
-- that what has not arrived is found, and what nobody names any more.
CREATE TABLE blob_names (
    record TEXT    NOT NULL,
    sha256 TEXT    NOT NULL,
    -- when the record first named it
    since  INTEGER NOT NULL,
    PRIMARY KEY (record, sha256)
) STRICT;
CREATE INDEX blob_names_by_content ON blob_names (sha256);
CREATE INDEX blob_names_since ON blob_names (since);

-- Whether a delivery has to have a proof is said with the type.
DROP VIEW assistance_types;
CREATE VIEW assistance_types AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.category') AS category,
    json_extract(doc, '$.unit') AS unit,
    json_extract(doc, '$.limit_per_household') AS limit_per_household,
    json_extract(doc, '$.durable_housing') AS durable_housing,
    json_extract(doc, '$.proof_required') AS proof_required
FROM records
WHERE collection = 'assistance_types' AND deleted = 0;
