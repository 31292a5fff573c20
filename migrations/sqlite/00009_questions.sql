-- +goose Up

-- What the office says of its own changes, so that what was decided lately is found.
CREATE INDEX changes_noted ON changes (seq) WHERE note <> '{}';
