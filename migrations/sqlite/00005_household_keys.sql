-- +goose Up

-- What each household that is shown can have in common with another one of the same family. Derived from the
-- households and their people, and gone with them.
CREATE TABLE household_keys (
    -- 64 bits of a digest, so that nobody reads a name or a number here
    key       INTEGER NOT NULL,
    household TEXT    NOT NULL,
    PRIMARY KEY (key, household)
) STRICT, WITHOUT ROWID;
CREATE INDEX household_keys_by_household ON household_keys (household);

-- The households that have yet to be compared with others. So have all that were there before.
CREATE TABLE households_due (
    household TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO households_due SELECT id FROM records WHERE collection = 'households';

-- A possible duplicate is about both households.
CREATE INDEX reviews_by_subject ON reviews (subject) WHERE kind = 'duplicate';
