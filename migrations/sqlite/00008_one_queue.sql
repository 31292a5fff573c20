-- +goose Up

-- Conflicts, held changes and clocks that are off are in the queue too. What of these there is already is found by a
-- walk over everything.
INSERT INTO properties (name, value)
SELECT 'review_walk', '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT 1 FROM devices)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
