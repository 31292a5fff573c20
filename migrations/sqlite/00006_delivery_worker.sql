-- +goose Up

-- something that was handed over, a fact; with the user who delivered
DROP VIEW deliveries;
CREATE VIEW deliveries AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.person') AS person,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.assistance_type') AS assistance_type,
    json_extract(doc, '$.entitlement') AS entitlement,
    json_extract(doc, '$.quantity') AS quantity,
    strftime('%Y-%m-%d %H:%M:%S', json_extract(doc, '$.delivered_at') / 1000, 'unixepoch') AS delivered_at,
    json_extract(doc, '$.recipient') AS recipient,
    json_extract(doc, '$.proxy') AS proxy,
    json_extract(doc, '$.position.lat') AS position_lat,
    json_extract(doc, '$.position.lon') AS position_lon,
    json_extract(doc, '$.position.accuracy') AS position_accuracy,
    json_extract(doc, '$.position.source') AS position_source,
    json_extract(doc, '$.proofs') AS proofs,
    json_extract(doc, '$.note') AS note,
    json_extract(doc, '$.cancelled_why') AS cancelled_why,
    json_extract(doc, '$.worker') AS worker
FROM records
WHERE collection = 'deliveries' AND deleted = 0;
