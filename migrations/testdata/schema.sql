CREATE INDEX blob_names_by_content ON blob_names (sha256);

CREATE INDEX blob_names_since ON blob_names (since);

CREATE INDEX changes_by_record ON changes (record);

CREATE INDEX changes_needing ON changes (needs) WHERE needs <> '';

CREATE INDEX changes_noted ON changes (seq) WHERE note <> '{}';

CREATE INDEX changes_open ON changes (status, received) WHERE status IN ('held', 'waiting');

CREATE INDEX conflicts_by_seq ON conflicts (seq);

CREATE INDEX departures_by_area ON departures (area, seq);

CREATE INDEX household_keys_by_household ON household_keys (household);

CREATE INDEX mergers_by_kept ON mergers (kept);

CREATE INDEX participations_by_person ON records (json_extract(doc, '$.person')) WHERE collection = 'participations' AND deleted = 0;

CREATE INDEX records_by_area ON records (area, seq);

CREATE INDEX records_by_collection ON records (collection, area);

CREATE INDEX records_by_parent ON records (parent) WHERE parent <> '';

CREATE INDEX records_in_order ON records (collection, id) WHERE deleted = 0;

CREATE INDEX reviews_by_record ON reviews (record);

CREATE INDEX reviews_by_state ON reviews (state, seq);

CREATE INDEX reviews_by_subject ON reviews (subject) WHERE kind = 'duplicate';

CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE area_digests (
    area    TEXT    NOT NULL PRIMARY KEY,
    seq     INTEGER NOT NULL,
    records INTEGER NOT NULL,
    digest  BLOB    NOT NULL
) STRICT;

CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    -- JSON object, '' once erased
    details TEXT    NOT NULL,
    salt    BLOB    NOT NULL,
    digest  BLOB    NOT NULL,
    hash    BLOB    NOT NULL
) STRICT;

CREATE TABLE blob_names (
    record TEXT    NOT NULL,
    sha256 TEXT    NOT NULL,
    -- when the record first named it
    since  INTEGER NOT NULL,
    PRIMARY KEY (record, sha256)
) STRICT;

CREATE TABLE blobs (
    -- its SHA-256, hexadecimal
    sha256 TEXT    NOT NULL PRIMARY KEY,
    -- its media type, and how many bytes it has
    type   TEXT    NOT NULL,
    bytes  INTEGER NOT NULL,
    -- when it arrived
    at     INTEGER NOT NULL
) STRICT;

CREATE TABLE changes (
    device     TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    form       INTEGER NOT NULL,
    collection TEXT    NOT NULL,
    record     TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    claimed    INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    -- what last-writer-wins compares
    time       INTEGER NOT NULL,
    -- the sequence at which it was applied, 0 if it was not
    seq        INTEGER NOT NULL,
    -- applied, held, waiting, discarded
    status     TEXT    NOT NULL,
    -- why it is not applied, for programs and for people
    code       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    -- the record that it waits for
    needs      TEXT    NOT NULL,
    -- the fields, as a JSON array, that were in conflict once it was merged
    conflicts  TEXT    NOT NULL,
    -- fields, base and seen
    body       TEXT    NOT NULL,
    -- rolling hash over the device's changes up to this one
    hash       BLOB    NOT NULL,
    -- what the office adds for its own changes: reason, what it settles, undoes or corrects; JSON
    note       TEXT    NOT NULL, print INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, n)
) STRICT;

CREATE TABLE conflicts (
    record     TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- the sequence and time at which the field came into conflict
    seq        INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    PRIMARY KEY (record, field)
) STRICT;

CREATE TABLE departures (
    area   TEXT    NOT NULL,
    record TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (area, record)
) STRICT;

CREATE TABLE device_areas (
    device TEXT NOT NULL REFERENCES devices (id),
    area   TEXT NOT NULL,
    PRIMARY KEY (device, area)
) STRICT;

CREATE TABLE device_formers (
    device TEXT NOT NULL REFERENCES devices (id),
    former TEXT NOT NULL REFERENCES devices (id),
    PRIMARY KEY (device, former)
) STRICT;

CREATE TABLE devices (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    -- the user to whom it was handed out
    holder       TEXT    NOT NULL REFERENCES users (id),
    enrolled     INTEGER NOT NULL,
    -- 0 while the device is one of the programme's
    revoked      INTEGER NOT NULL,
    -- the last of its changes, and the rolling hash there
    n            INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    -- how often its refresh token was rotated, when last, and whether a reuse ended it
    token        INTEGER NOT NULL,
    token_at     INTEGER NOT NULL,
    token_ended  INTEGER NOT NULL,
    -- as the device last reported
    contact      INTEGER NOT NULL,
    complete     INTEGER NOT NULL,
    unsent       INTEGER NOT NULL,
    clock_offset INTEGER NOT NULL,
    program      TEXT    NOT NULL,
    protocol     TEXT    NOT NULL,
    free_bytes   INTEGER NOT NULL
, token_used INTEGER NOT NULL DEFAULT 0, up INTEGER NOT NULL DEFAULT 0, down INTEGER NOT NULL DEFAULT 0, down_left INTEGER NOT NULL DEFAULT 0, differs INTEGER NOT NULL DEFAULT 0, safe INTEGER NOT NULL DEFAULT 0, former TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE feed_tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    -- whom it was made for
    name        TEXT    NOT NULL,
    -- SHA-256 of the token, hexadecimal
    token_hash  TEXT    NOT NULL UNIQUE,
    -- JSON array of names
    collections TEXT    NOT NULL,
    -- what belongs to it or to an area below it may be read; '' for everything
    area        TEXT    NOT NULL,
    -- whether personal fields may be read
    personal    INTEGER NOT NULL,
    made_by     TEXT    NOT NULL,
    -- times in milliseconds, 0 for never; use is noted once a minute
    created     INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    revoked     INTEGER NOT NULL,
    used        INTEGER NOT NULL
) STRICT;

CREATE TABLE household_keys (
    -- 64 bits of a digest, so that nobody reads a name or a number here
    key       INTEGER NOT NULL,
    household TEXT    NOT NULL,
    PRIMARY KEY (key, household)
) STRICT, WITHOUT ROWID;

CREATE TABLE households_due (
    household TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    -- SHA-256 of the code, hexadecimal
    code_hash TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    holder    TEXT    NOT NULL REFERENCES users (id),
    -- JSON array of areas
    areas     TEXT    NOT NULL,
    made_by   TEXT    NOT NULL,
    expires   INTEGER NOT NULL,
    -- the device that it enrolled, '' while it is good
    used_by   TEXT    NOT NULL
) STRICT;

CREATE TABLE mergers (
    record TEXT NOT NULL PRIMARY KEY,
    kept   TEXT NOT NULL
) STRICT;

CREATE TABLE migration_sums (
    version INTEGER NOT NULL PRIMARY KEY,
    sha256  TEXT    NOT NULL
);

CREATE TABLE moments (
    quarter INTEGER NOT NULL PRIMARY KEY,
    seq     INTEGER NOT NULL
) STRICT;

CREATE TABLE properties (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE records (
    id         TEXT    NOT NULL PRIMARY KEY,
    collection TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- the record whose area this one has, '' if it has its own
    parent     TEXT    NOT NULL,
    -- the sequence of the last thing that happened to the record
    seq        INTEGER NOT NULL,
    -- the sequence at which it came to its area
    entered    INTEGER NOT NULL,
    -- 1 if it is shown as deleted
    deleted    INTEGER NOT NULL,
    -- the shown values by field
    doc        TEXT    NOT NULL,
    -- the registers of all fields; see the store's documentation of the form
    state      TEXT    NOT NULL
) STRICT;

CREATE TABLE reviews (
    -- UUIDv5 of kind, record and subject
    id         TEXT    NOT NULL PRIMARY KEY,
    -- over_delivery, orphan
    kind       TEXT    NOT NULL,
    -- the record that it is about, and what of it, '' where the kind says all
    record     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    area       TEXT    NOT NULL,
    -- high, medium, low
    severity   TEXT    NOT NULL,
    -- open, decided, closed
    state      TEXT    NOT NULL,
    -- counts the openings of all reviews, so that a list goes on behind it; times of the last opening and update
    seq        INTEGER NOT NULL UNIQUE,
    opened     INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    -- what it rests on, JSON, and the SHA-256 of all of that, hexadecimal
    facts      TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    -- the last decision, '' if there is none, and the digest of the facts that it was made on
    decision   TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    decided_by TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    decided_on TEXT    NOT NULL,
    -- the user who sees to it, '' if nobody does
    assignee   TEXT    NOT NULL
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the cookie, hexadecimal
    token_hash TEXT    NOT NULL PRIMARY KEY,
    user       TEXT    NOT NULL REFERENCES users (id),
    csrf       TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL
) STRICT;

CREATE TABLE user_areas (
    user TEXT NOT NULL REFERENCES users (id),
    area TEXT NOT NULL,
    PRIMARY KEY (user, area)
) STRICT;

CREATE TABLE users (
    id       TEXT    NOT NULL PRIMARY KEY,
    login    TEXT    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    -- worker, coordinator, administrator
    role     TEXT    NOT NULL,
    -- argon2id in PHC form, '' for who never logs in to the console
    password TEXT    NOT NULL,
    active   INTEGER NOT NULL,
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook_deliveries (
    webhook TEXT    NOT NULL,
    -- counts up from 1
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    -- how many events it told of, and the sequence of the last
    events  INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    -- of the answer, 0 if there was none; and what was wrong, '' if nothing was
    status  INTEGER NOT NULL,
    error   TEXT    NOT NULL,
    PRIMARY KEY (webhook, n)
) STRICT;

CREATE TABLE webhooks (
    id      TEXT    NOT NULL PRIMARY KEY,
    url     TEXT    NOT NULL,
    -- record.changed, review.opened
    kind    TEXT    NOT NULL,
    -- the key of the signatures, whsec_ and base64: to sign takes the key itself
    secret  TEXT    NOT NULL,
    made_by TEXT    NOT NULL,
    -- times in milliseconds, 0 for never; what is ended stays in the list
    created INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    -- the sequence, of records or of reviews, up to which it was told
    told    INTEGER NOT NULL,
    -- when to try next: while one server sends, this keeps the others from it
    due     INTEGER NOT NULL,
    -- how often in a row it has failed, and since when
    failed  INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    -- when nobody tried any longer
    paused  INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_is_append_only BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_rows_stay BEFORE UPDATE OF seq, at, actor, action, subject, digest, hash ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE VIEW activities AS
SELECT
    id,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.area') AS area,
    json_extract(doc, '$.kind') AS kind,
    json_extract(doc, '$.topic') AS topic,
    json_extract(doc, '$.title') AS title,
    json_extract(doc, '$.starts_on') AS starts_on,
    json_extract(doc, '$.ends_on') AS ends_on,
    json_extract(doc, '$.estimated_reach') AS estimated_reach
FROM records
WHERE collection = 'activities' AND deleted = 0;

CREATE VIEW areas AS
SELECT
    id,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.parent') AS parent,
    json_extract(doc, '$.level') AS level,
    json_extract(doc, '$.official_code') AS official_code
FROM records
WHERE collection = 'areas' AND deleted = 0;

CREATE VIEW assistance_types AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.category') AS category,
    json_extract(doc, '$.unit') AS unit,
    json_extract(doc, '$.limit_per_household') AS limit_per_household,
    json_extract(doc, '$.durable_housing') AS durable_housing,
    json_extract(doc, '$.proof_required') AS proof_required
FROM records
WHERE collection = 'assistance_types' AND deleted = 0;

CREATE VIEW deliveries AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.person') AS person,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.assistance_type') AS assistance_type,
    json_extract(doc, '$.entitlement') AS entitlement,
    json_extract(doc, '$.quantity') AS quantity,
    strftime('%Y-%m-%d %H:%M:%S', json_extract(doc, '$.delivered_at') / 1000, 'unixepoch') AS delivered_at,
    json_extract(doc, '$.recipient') AS recipient,
    json_extract(doc, '$.proxy') AS proxy,
    json_extract(doc, '$.position.lat') AS position_lat,
    json_extract(doc, '$.position.lon') AS position_lon,
    json_extract(doc, '$.position.accuracy') AS position_accuracy,
    json_extract(doc, '$.position.source') AS position_source,
    json_extract(doc, '$.proofs') AS proofs,
    json_extract(doc, '$.note') AS note,
    json_extract(doc, '$.cancelled_why') AS cancelled_why,
    json_extract(doc, '$.worker') AS worker
FROM records
WHERE collection = 'deliveries' AND deleted = 0;

CREATE VIEW entitlements AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.person') AS person,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.assistance_type') AS assistance_type,
    json_extract(doc, '$.quantity') AS quantity,
    json_extract(doc, '$.approved_on') AS approved_on,
    json_extract(doc, '$.status') AS status
FROM records
WHERE collection = 'entitlements' AND deleted = 0;

CREATE VIEW households AS
SELECT
    id,
    json_extract(doc, '$.card_number') AS card_number,
    json_extract(doc, '$.head_name') AS head_name,
    json_extract(doc, '$.status') AS status,
    json_extract(doc, '$.area') AS area,
    json_extract(doc, '$.address') AS address,
    json_extract(doc, '$.place_of_origin') AS place_of_origin,
    json_extract(doc, '$.phone') AS phone,
    json_extract(doc, '$.position.lat') AS position_lat,
    json_extract(doc, '$.position.lon') AS position_lon,
    json_extract(doc, '$.position.accuracy') AS position_accuracy,
    json_extract(doc, '$.position.source') AS position_source,
    json_extract(doc, '$.displaced_on') AS displaced_on,
    json_extract(doc, '$.returned_on') AS returned_on,
    json_extract(doc, '$.consent_on') AS consent_on,
    json_extract(doc, '$.notes') AS notes,
    json_extract(doc, '$.merged_into') AS merged_into
FROM records
WHERE collection = 'households' AND deleted = 0;

CREATE VIEW indicators AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.title') AS title,
    json_extract(doc, '$.definition') AS definition
FROM records
WHERE collection = 'indicators' AND deleted = 0;

CREATE VIEW livelihoods AS
SELECT
    id,
    area,
    json_extract(doc, '$.person') AS person,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.started_on') AS started_on,
    json_extract(doc, '$.business') AS business
FROM records
WHERE collection = 'livelihoods' AND deleted = 0;

CREATE VIEW participations AS
SELECT
    id,
    area,
    json_extract(doc, '$.activity') AS activity,
    json_extract(doc, '$.person') AS person,
    json_extract(doc, '$.attended') AS attended,
    json_extract(doc, '$.completed') AS completed
FROM records
WHERE collection = 'participations' AND deleted = 0;

CREATE VIEW people AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.sex') AS sex,
    json_extract(doc, '$.born_on') AS born_on,
    json_extract(doc, '$.birth_year') AS birth_year,
    json_extract(doc, '$.relation') AS relation,
    json_extract(doc, '$.document_number') AS document_number,
    json_extract(doc, '$.disability') AS disability,
    json_extract(doc, '$.phone') AS phone,
    json_extract(doc, '$.merged_into') AS merged_into
FROM records
WHERE collection = 'people' AND deleted = 0;

CREATE VIEW projects AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.title') AS title,
    json_extract(doc, '$.institution') AS institution,
    json_extract(doc, '$.implementer') AS implementer,
    json_extract(doc, '$.donor') AS donor,
    json_extract(doc, '$.starts_on') AS starts_on,
    json_extract(doc, '$.ends_on') AS ends_on
FROM records
WHERE collection = 'projects' AND deleted = 0;

CREATE VIEW questionnaires AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.title') AS title,
    json_extract(doc, '$.version') AS version,
    json_extract(doc, '$.questions') AS questions,
    json_extract(doc, '$.active') AS active
FROM records
WHERE collection = 'questionnaires' AND deleted = 0;

CREATE VIEW questions AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.activity') AS activity,
    json_extract(doc, '$.about') AS about,
    json_extract(doc, '$.about_collection') AS about_collection,
    json_extract(doc, '$.field') AS field,
    json_extract(doc, '$.text') AS text,
    json_extract(doc, '$.answer') AS answer,
    strftime('%Y-%m-%d %H:%M:%S', json_extract(doc, '$.answered_at') / 1000, 'unixepoch') AS answered_at,
    json_extract(doc, '$.closed') AS closed
FROM records
WHERE collection = 'questions' AND deleted = 0;

CREATE VIEW targets AS
SELECT
    id,
    json_extract(doc, '$.indicator') AS indicator,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.value') AS value,
    json_extract(doc, '$.due_on') AS due_on
FROM records
WHERE collection = 'targets' AND deleted = 0;

CREATE VIEW visits AS
SELECT
    id,
    area,
    json_extract(doc, '$.household') AS household,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.purpose') AS purpose,
    strftime('%Y-%m-%d %H:%M:%S', json_extract(doc, '$.visited_at') / 1000, 'unixepoch') AS visited_at,
    json_extract(doc, '$.worker') AS worker,
    json_extract(doc, '$.position.lat') AS position_lat,
    json_extract(doc, '$.position.lon') AS position_lon,
    json_extract(doc, '$.position.accuracy') AS position_accuracy,
    json_extract(doc, '$.position.source') AS position_source,
    json_extract(doc, '$.findings') AS findings,
    json_extract(doc, '$.questionnaire') AS questionnaire,
    json_extract(doc, '$.answers') AS answers,
    json_extract(doc, '$.next_visit_on') AS next_visit_on
FROM records
WHERE collection = 'visits' AND deleted = 0;

