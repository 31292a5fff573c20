-- +goose Up

-- Which identities a device has proved to have had, by handing in what it recorded under them.
CREATE TABLE device_formers (
    device TEXT NOT NULL REFERENCES devices (id),
    former TEXT NOT NULL REFERENCES devices (id),
    PRIMARY KEY (device, former)
) STRICT;
