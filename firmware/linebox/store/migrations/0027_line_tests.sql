-- Tests of lines (TEL-3, TEL-10, TEL-12), a row a line: what boardd told of it (hw/lab_job.py, LineTold). `taken_at`: when what
-- was learnt went into the line's settings.
CREATE TABLE line_tests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'learn', 'bits')),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    number text NOT NULL CHECK (length(number) <= 20),
    made_by text NOT NULL CHECK (length(made_by) <= 100),
    told jsonb NOT NULL CHECK (jsonb_typeof(told) = 'object'),
    taken_at timestamptz,
    UNIQUE (at, key)
);
CREATE INDEX ON line_tests (key, id DESC);
