-- What the box did and needed, once a minute, for 32 days (SET-9, DIA-1). Written by calld.
CREATE TABLE samples (
    at timestamptz PRIMARY KEY,               -- the minute's end
    seconds real NOT NULL CHECK (seconds > 0),
    call_s real NOT NULL,                     -- seconds of calls in it: calls at once times their time
    calls integer NOT NULL, waiting integer NOT NULL, agents integer NOT NULL, trunk_calls integer NOT NULL, -- the most at once
    trunk_capacity integer NOT NULL,
    cpu_ms integer,                           -- of all services together; null: not known
    asterisk_ms integer,
    memory_mb integer,
    disk_free_mb bigint NOT NULL, disk_mb bigint NOT NULL,
    journal_lag_s real NOT NULL
);
