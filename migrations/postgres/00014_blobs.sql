-- +goose Up

-- The content of photos and signatures that has arrived whole. The content itself is in files or in a bucket.
CREATE TABLE blobs (
    -- its SHA-256, hexadecimal
    sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- its media type, and how many bytes it has
    type   TEXT COLLATE "C" NOT NULL,
    bytes  BIGINT           NOT NULL,
    -- when it arrived
    at     BIGINT           NOT NULL
);

-- Which records name which content by any of their heads, arrived or not. Derived from the records' registers, kept so
-- that what has not arrived is found, and what nobody names any more.
CREATE TABLE blob_names (
    record TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    -- when the record first named it
    since  BIGINT           NOT NULL,
    PRIMARY KEY (record, sha256)
);
CREATE INDEX blob_names_by_content ON blob_names (sha256);
CREATE INDEX blob_names_since ON blob_names (since);

-- Whether a delivery has to have a proof is said with the type.
CREATE OR REPLACE VIEW assistance_types AS
SELECT
    id,
    (doc::json ->> 'code') COLLATE "C" AS code,
    (doc::json ->> 'name') COLLATE "C" AS name,
    (doc::json ->> 'category') COLLATE "C" AS category,
    (doc::json ->> 'unit') COLLATE "C" AS unit,
    (doc::json ->> 'limit_per_household')::double precision AS limit_per_household,
    (doc::json ->> 'durable_housing')::boolean::int AS durable_housing,
    (doc::json ->> 'proof_required')::boolean::int AS proof_required
FROM records
WHERE collection = 'assistance_types' AND deleted = 0;
