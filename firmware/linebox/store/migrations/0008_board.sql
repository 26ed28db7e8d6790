-- From where on a group's figures are an alarm on the live board (SUP-3). No row: the defaults of features/alerts/model.py.
-- Null: this figure never alarms.
CREATE TABLE board_settings (
    group_id integer PRIMARY KEY REFERENCES groups ON DELETE CASCADE,
    wait_s integer CHECK (wait_s BETWEEN 5 AND 3600),
    waiting integer CHECK (waiting BETWEEN 1 AND 1000),
    level_percent integer CHECK (level_percent BETWEEN 1 AND 100),
    abandoned_15m integer CHECK (abandoned_15m BETWEEN 1 AND 1000),
    nobody_ready boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(), changed_by text NOT NULL
);
-- Who gave up in the last quarter of an hour (the live board's figure).
CREATE INDEX ON calls (ended_at) WHERE result = 'abandoned';
