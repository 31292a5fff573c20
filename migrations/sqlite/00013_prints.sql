-- +goose Up

-- The beginning of the rolling hash there, which is part of the change's name: copies of a tablet go on with the same
-- numbers. What was taken in before this column is called by its number alone, here and on the devices.
ALTER TABLE changes ADD COLUMN print INTEGER NOT NULL DEFAULT 0;
