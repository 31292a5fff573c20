-- +goose Up

-- something that was handed over, a fact; with the user who delivered
CREATE OR REPLACE VIEW deliveries AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'person') COLLATE "C" AS person,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'assistance_type') COLLATE "C" AS assistance_type,
    (doc::json ->> 'entitlement') COLLATE "C" AS entitlement,
    (doc::json ->> 'quantity')::double precision AS quantity,
    to_char(to_timestamp((doc::json ->> 'delivered_at')::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS delivered_at,
    (doc::json ->> 'recipient') COLLATE "C" AS recipient,
    (doc::json ->> 'proxy') COLLATE "C" AS proxy,
    (doc::json -> 'position' ->> 'lat')::double precision AS position_lat,
    (doc::json -> 'position' ->> 'lon')::double precision AS position_lon,
    (doc::json -> 'position' ->> 'accuracy')::double precision AS position_accuracy,
    (doc::json -> 'position' ->> 'source') COLLATE "C" AS position_source,
    (doc::json ->> 'proofs') COLLATE "C" AS proofs,
    (doc::json ->> 'note') COLLATE "C" AS note,
    (doc::json ->> 'cancelled_why') COLLATE "C" AS cancelled_why,
    (doc::json ->> 'worker') COLLATE "C" AS worker
FROM records
WHERE collection = 'deliveries' AND deleted = 0;
