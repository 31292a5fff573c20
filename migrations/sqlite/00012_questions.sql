-- +goose Up

-- What the office says of its own changes, so that what was decided lately is found.
CREATE INDEX changes_noted ON changes (seq) WHERE note <> '{}';

-- what the office asks the field about a record
CREATE VIEW questions AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.activity') AS activity,
    json_extract(doc, '$.about') AS about,
    json_extract(doc, '$.about_collection') AS about_collection,
    json_extract(doc, '$.field') AS field,
    json_extract(doc, '$.text') AS text,
    json_extract(doc, '$.answer') AS answer,
    strftime('%Y-%m-%d %H:%M:%S', json_extract(doc, '$.answered_at') / 1000, 'unixepoch') AS answered_at,
    json_extract(doc, '$.closed') AS closed
FROM records
WHERE collection = 'questions' AND deleted = 0;
