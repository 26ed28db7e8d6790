-- What phones of the house may call outside (SEC-2). One row. The kill switch isn't here: it is astdb's, so that it acts at once.
CREATE TABLE call_limits (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    countries text[] NOT NULL DEFAULT '{}',                        -- abroad: ISO 3166, two letters; empty: nowhere
    abroad_hours integer CONSTRAINT call_limits_abroad_hours_fkey REFERENCES calendars,  -- null: at any time
    minutes_day integer CHECK (minutes_day BETWEEN 1 AND 1440),    -- of one phone, all its calls out; null: no limit
    calls_at_once integer CHECK (calls_at_once BETWEEN 1 AND 100)  -- of one phone, to outside; null: no limit
);
INSERT INTO call_limits (minutes_day, calls_at_once) VALUES (600, 2);
