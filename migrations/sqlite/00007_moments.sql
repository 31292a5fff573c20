-- +goose Up

-- The last sequence that was given out in each quarter of an hour in which one was: what was known when. quarter counts
-- quarters of an hour since 1970 UTC. Of what came before, the changes tell when it was received.
CREATE TABLE moments (
    quarter INTEGER NOT NULL PRIMARY KEY,
    seq     INTEGER NOT NULL
) STRICT;
INSERT INTO moments
SELECT received / 900000, max(seq) FROM changes WHERE seq > 0 GROUP BY received / 900000;
