-- How loud each side of a recording is, so that a page draws it without loading the sound (REC-2).
CREATE TABLE recording_peaks (
    file text PRIMARY KEY REFERENCES recordings ON DELETE CASCADE ON UPDATE CASCADE,
    step_s real NOT NULL CHECK (step_s > 0),
    caller bytea NOT NULL, ours bytea NOT NULL CHECK (length(ours) = length(caller))   -- a byte a step: the loudest sample
);
CREATE INDEX ON recording_access (made_by, at);
