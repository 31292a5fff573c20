-- +goose Up

-- What the office says of its own changes, so that what was decided lately is found.
CREATE INDEX changes_noted ON changes (seq) WHERE note <> '{}';

-- what the office asks the field about a record
CREATE VIEW questions AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'activity') COLLATE "C" AS activity,
    (doc::json ->> 'about') COLLATE "C" AS about,
    (doc::json ->> 'about_collection') COLLATE "C" AS about_collection,
    (doc::json ->> 'field') COLLATE "C" AS field,
    (doc::json ->> 'text') COLLATE "C" AS text,
    (doc::json ->> 'answer') COLLATE "C" AS answer,
    to_char(to_timestamp((doc::json ->> 'answered_at')::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS answered_at,
    (doc::json ->> 'closed')::boolean::int AS closed
FROM records
WHERE collection = 'questions' AND deleted = 0;
