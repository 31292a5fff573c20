-- +goose Up

-- The last rotation of a device's refresh token whose access token the device has shown: until then the
-- answer may have been lost, and the refresh token before it still works.
ALTER TABLE devices ADD COLUMN token_used BIGINT NOT NULL DEFAULT 0;
