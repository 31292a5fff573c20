-- For each household and person that is a duplicate: what it was merged into, as shown; '' for others. A family is found
-- from any of its households by it.
ALTER TABLE records ADD COLUMN kept TEXT NOT NULL DEFAULT '';
CREATE INDEX records_by_kept ON records (kept) WHERE kept <> '';

-- When the area was last pulled to its end, by the server's clock; 0 is never.
ALTER TABLE cursors ADD COLUMN pulled INTEGER NOT NULL DEFAULT 0;

-- What was pulled before says neither without its key, so it is pulled once more.
UPDATE cursors SET cursor = NULL;
