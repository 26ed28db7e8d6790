-- What is recorded and how long it is kept (REC-1). The rules are one row.
ALTER TABLE groups ADD COLUMN records boolean NOT NULL DEFAULT true;
CREATE TABLE recording_rules (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    keep_days integer CHECK (keep_days BETWEEN 1 AND 3650),  -- null: for ever
    calls_out boolean NOT NULL DEFAULT true                  -- whether calls to outside are recorded
);
INSERT INTO recording_rules DEFAULT VALUES;
-- A recording whose file was removed by rule keeps its row: `kept_days` is what the rule said then.
ALTER TABLE recordings
    ADD COLUMN kept_days integer,
    DROP CONSTRAINT recordings_state_check,
    ADD CONSTRAINT recordings_state_check CHECK (state IN ('recording', 'raw', 'ready', 'missing', 'removed'));
CREATE INDEX ON recordings (stopped_at, file) WHERE state IN ('ready', 'missing');
