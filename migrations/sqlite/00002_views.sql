-- A typed view for each collection, for people with Excel, Power BI or SQL: a column for each
-- field, without deleted records. Made from the registry by go test ./migrations -update.

-- +goose Up

-- a node of the administrative tree, the unit of partial sync
CREATE VIEW areas AS
SELECT
    id,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.parent') AS parent,
    json_extract(doc, '$.level') AS level,
    json_extract(doc, '$.official_code') AS official_code
FROM records
WHERE collection = 'areas' AND deleted = 0;

-- a grant, implemented by one organisation for one institution
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

-- a kind of assistance that a household can be given
CREATE VIEW assistance_types AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.name') AS name,
    json_extract(doc, '$.category') AS category,
    json_extract(doc, '$.unit') AS unit,
    json_extract(doc, '$.limit_per_household') AS limit_per_household,
    json_extract(doc, '$.durable_housing') AS durable_housing
FROM records
WHERE collection = 'assistance_types' AND deleted = 0;

-- what is asked at a visit
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

-- a figure that is reported, and how it is counted
CREATE VIEW indicators AS
SELECT
    id,
    json_extract(doc, '$.code') AS code,
    json_extract(doc, '$.title') AS title,
    json_extract(doc, '$.definition') AS definition
FROM records
WHERE collection = 'indicators' AND deleted = 0;

-- the value of an indicator that a project is to reach
CREATE VIEW targets AS
SELECT
    id,
    json_extract(doc, '$.indicator') AS indicator,
    json_extract(doc, '$.project') AS project,
    json_extract(doc, '$.value') AS value,
    json_extract(doc, '$.due_on') AS due_on
FROM records
WHERE collection = 'targets' AND deleted = 0;

-- a family that the programme knows
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

-- a member of a household
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

-- a visit to a household
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

-- what a household or person is to be given
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

-- something that was handed over, a fact
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
    json_extract(doc, '$.cancelled_why') AS cancelled_why
FROM records
WHERE collection = 'deliveries' AND deleted = 0;

-- something that people take part in
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

-- a person's part in an activity
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

-- a business that a person started or expanded
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
