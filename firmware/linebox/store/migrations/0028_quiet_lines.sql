-- A call on a line to the exchange whose end nothing tells is over after so many minutes without a voice (TEL-14): 0 never;
-- `quiet_wait_min` while somebody waits, in a queue or on hold.
ALTER TABLE ports
    ADD COLUMN quiet_min integer NOT NULL DEFAULT 5 CHECK (quiet_min BETWEEN 0 AND 240),
    ADD COLUMN quiet_wait_min integer NOT NULL DEFAULT 30 CHECK (quiet_wait_min BETWEEN 1 AND 240);
