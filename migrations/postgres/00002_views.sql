-- A typed view for each collection, for people with Excel, Power BI or SQL: a column for each
-- field, without deleted records. Made from the registry by go test ./migrations -update.

-- +goose Up

-- a node of the administrative tree, the unit of partial sync
CREATE VIEW areas AS
SELECT
    id,
    (doc::json ->> 'name') COLLATE "C" AS name,
    (doc::json ->> 'parent') COLLATE "C" AS parent,
    (doc::json ->> 'level') COLLATE "C" AS level,
    (doc::json ->> 'official_code') COLLATE "C" AS official_code
FROM records
WHERE collection = 'areas' AND deleted = 0;

-- a grant, implemented by one organisation for one institution
CREATE VIEW projects AS
SELECT
    id,
    (doc::json ->> 'code') COLLATE "C" AS code,
    (doc::json ->> 'title') COLLATE "C" AS title,
    (doc::json ->> 'institution') COLLATE "C" AS institution,
    (doc::json ->> 'implementer') COLLATE "C" AS implementer,
    (doc::json ->> 'donor') COLLATE "C" AS donor,
    (doc::json ->> 'starts_on') COLLATE "C" AS starts_on,
    (doc::json ->> 'ends_on') COLLATE "C" AS ends_on
FROM records
WHERE collection = 'projects' AND deleted = 0;

-- a kind of assistance that a household can be given
CREATE VIEW assistance_types AS
SELECT
    id,
    (doc::json ->> 'code') COLLATE "C" AS code,
    (doc::json ->> 'name') COLLATE "C" AS name,
    (doc::json ->> 'category') COLLATE "C" AS category,
    (doc::json ->> 'unit') COLLATE "C" AS unit,
    (doc::json ->> 'limit_per_household')::double precision AS limit_per_household,
    (doc::json ->> 'durable_housing')::boolean::int AS durable_housing
FROM records
WHERE collection = 'assistance_types' AND deleted = 0;

-- what is asked at a visit
CREATE VIEW questionnaires AS
SELECT
    id,
    (doc::json ->> 'code') COLLATE "C" AS code,
    (doc::json ->> 'title') COLLATE "C" AS title,
    (doc::json ->> 'version')::bigint AS version,
    (doc::json ->> 'questions') COLLATE "C" AS questions,
    (doc::json ->> 'active')::boolean::int AS active
FROM records
WHERE collection = 'questionnaires' AND deleted = 0;

-- a figure that is reported, and how it is counted
CREATE VIEW indicators AS
SELECT
    id,
    (doc::json ->> 'code') COLLATE "C" AS code,
    (doc::json ->> 'title') COLLATE "C" AS title,
    (doc::json ->> 'definition') COLLATE "C" AS definition
FROM records
WHERE collection = 'indicators' AND deleted = 0;

-- the value of an indicator that a project is to reach
CREATE VIEW targets AS
SELECT
    id,
    (doc::json ->> 'indicator') COLLATE "C" AS indicator,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'value')::double precision AS value,
    (doc::json ->> 'due_on') COLLATE "C" AS due_on
FROM records
WHERE collection = 'targets' AND deleted = 0;

-- a family that the programme knows
CREATE VIEW households AS
SELECT
    id,
    (doc::json ->> 'card_number') COLLATE "C" AS card_number,
    (doc::json ->> 'head_name') COLLATE "C" AS head_name,
    (doc::json ->> 'status') COLLATE "C" AS status,
    (doc::json ->> 'area') COLLATE "C" AS area,
    (doc::json ->> 'address') COLLATE "C" AS address,
    (doc::json ->> 'place_of_origin') COLLATE "C" AS place_of_origin,
    (doc::json ->> 'phone') COLLATE "C" AS phone,
    (doc::json -> 'position' ->> 'lat')::double precision AS position_lat,
    (doc::json -> 'position' ->> 'lon')::double precision AS position_lon,
    (doc::json -> 'position' ->> 'accuracy')::double precision AS position_accuracy,
    (doc::json -> 'position' ->> 'source') COLLATE "C" AS position_source,
    (doc::json ->> 'displaced_on') COLLATE "C" AS displaced_on,
    (doc::json ->> 'returned_on') COLLATE "C" AS returned_on,
    (doc::json ->> 'consent_on') COLLATE "C" AS consent_on,
    (doc::json ->> 'notes') COLLATE "C" AS notes,
    (doc::json ->> 'merged_into') COLLATE "C" AS merged_into
FROM records
WHERE collection = 'households' AND deleted = 0;

-- a member of a household
CREATE VIEW people AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'name') COLLATE "C" AS name,
    (doc::json ->> 'sex') COLLATE "C" AS sex,
    (doc::json ->> 'born_on') COLLATE "C" AS born_on,
    (doc::json ->> 'birth_year')::bigint AS birth_year,
    (doc::json ->> 'relation') COLLATE "C" AS relation,
    (doc::json ->> 'document_number') COLLATE "C" AS document_number,
    (doc::json ->> 'disability') COLLATE "C" AS disability,
    (doc::json ->> 'phone') COLLATE "C" AS phone,
    (doc::json ->> 'merged_into') COLLATE "C" AS merged_into
FROM records
WHERE collection = 'people' AND deleted = 0;

-- a visit to a household
CREATE VIEW visits AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'purpose') COLLATE "C" AS purpose,
    to_char(to_timestamp((doc::json ->> 'visited_at')::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS visited_at,
    (doc::json ->> 'worker') COLLATE "C" AS worker,
    (doc::json -> 'position' ->> 'lat')::double precision AS position_lat,
    (doc::json -> 'position' ->> 'lon')::double precision AS position_lon,
    (doc::json -> 'position' ->> 'accuracy')::double precision AS position_accuracy,
    (doc::json -> 'position' ->> 'source') COLLATE "C" AS position_source,
    (doc::json ->> 'findings') COLLATE "C" AS findings,
    (doc::json ->> 'questionnaire') COLLATE "C" AS questionnaire,
    (doc::json ->> 'answers') COLLATE "C" AS answers,
    (doc::json ->> 'next_visit_on') COLLATE "C" AS next_visit_on
FROM records
WHERE collection = 'visits' AND deleted = 0;

-- what a household or person is to be given
CREATE VIEW entitlements AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'person') COLLATE "C" AS person,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'assistance_type') COLLATE "C" AS assistance_type,
    (doc::json ->> 'quantity')::double precision AS quantity,
    (doc::json ->> 'approved_on') COLLATE "C" AS approved_on,
    (doc::json ->> 'status') COLLATE "C" AS status
FROM records
WHERE collection = 'entitlements' AND deleted = 0;

-- something that was handed over, a fact
CREATE VIEW deliveries AS
SELECT
    id,
    area,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'person') COLLATE "C" AS person,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'assistance_type') COLLATE "C" AS assistance_type,
    (doc::json ->> 'entitlement') COLLATE "C" AS entitlement,
    (doc::json ->> 'quantity')::double precision AS quantity,
    to_char(to_timestamp((doc::json ->> 'delivered_at')::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS delivered_at,
    (doc::json ->> 'recipient') COLLATE "C" AS recipient,
    (doc::json ->> 'proxy') COLLATE "C" AS proxy,
    (doc::json -> 'position' ->> 'lat')::double precision AS position_lat,
    (doc::json -> 'position' ->> 'lon')::double precision AS position_lon,
    (doc::json -> 'position' ->> 'accuracy')::double precision AS position_accuracy,
    (doc::json -> 'position' ->> 'source') COLLATE "C" AS position_source,
    (doc::json ->> 'proofs') COLLATE "C" AS proofs,
    (doc::json ->> 'note') COLLATE "C" AS note,
    (doc::json ->> 'cancelled_why') COLLATE "C" AS cancelled_why
FROM records
WHERE collection = 'deliveries' AND deleted = 0;

-- something that people take part in
CREATE VIEW activities AS
SELECT
    id,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'area') COLLATE "C" AS area,
    (doc::json ->> 'kind') COLLATE "C" AS kind,
    (doc::json ->> 'topic') COLLATE "C" AS topic,
    (doc::json ->> 'title') COLLATE "C" AS title,
    (doc::json ->> 'starts_on') COLLATE "C" AS starts_on,
    (doc::json ->> 'ends_on') COLLATE "C" AS ends_on,
    (doc::json ->> 'estimated_reach')::bigint AS estimated_reach
FROM records
WHERE collection = 'activities' AND deleted = 0;

-- a person's part in an activity
CREATE VIEW participations AS
SELECT
    id,
    area,
    (doc::json ->> 'activity') COLLATE "C" AS activity,
    (doc::json ->> 'person') COLLATE "C" AS person,
    (doc::json ->> 'attended')::boolean::int AS attended,
    (doc::json ->> 'completed')::boolean::int AS completed
FROM records
WHERE collection = 'participations' AND deleted = 0;

-- a business that a person started or expanded
CREATE VIEW livelihoods AS
SELECT
    id,
    area,
    (doc::json ->> 'person') COLLATE "C" AS person,
    (doc::json ->> 'household') COLLATE "C" AS household,
    (doc::json ->> 'project') COLLATE "C" AS project,
    (doc::json ->> 'started_on') COLLATE "C" AS started_on,
    (doc::json ->> 'business') COLLATE "C" AS business
FROM records
WHERE collection = 'livelihoods' AND deleted = 0;
