-- +goose Up

-- In what a person took part: a participation is found by its activity otherwise, in whose area it lies.
CREATE INDEX participations_by_person ON records (json_extract(doc, '$.person')) WHERE collection = 'participations' AND deleted = 0;
