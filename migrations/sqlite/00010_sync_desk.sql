-- +goose Up

-- As the device last reported of the sync that it was in: how many of its changes were acknowledged in it, how many
-- records and departures it had got, and how many it knew of that were still to come.
ALTER TABLE devices ADD COLUMN up INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN down INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN down_left INTEGER NOT NULL DEFAULT 0;
-- how many areas did not agree with the server's when its last sync ended
ALTER TABLE devices ADD COLUMN differs INTEGER NOT NULL DEFAULT 0;
-- when it ended a sync safe to take away, 0 if it has come again since
ALTER TABLE devices ADD COLUMN safe INTEGER NOT NULL DEFAULT 0;

-- The identity that a device had before, '' if none is known: it was copied or enrolled again, and what is heard no more
-- of the former identity is not missing. What could never come itself is no device's present identity.
ALTER TABLE devices ADD COLUMN former TEXT NOT NULL DEFAULT '';
UPDATE devices
SET former = coalesce((SELECT json_extract(details, '$.of') FROM audit WHERE action = 'device.forked' AND subject = devices.id AND details <> '' LIMIT 1), '')
WHERE token_ended <> enrolled AND id IN (SELECT subject FROM audit WHERE action = 'device.forked');
