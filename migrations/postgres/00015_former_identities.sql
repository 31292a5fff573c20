-- +goose Up

-- Which identities a device has proved to have had, by handing in what it recorded under them.
CREATE TABLE device_formers (
    device TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    former TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    PRIMARY KEY (device, former)
);
