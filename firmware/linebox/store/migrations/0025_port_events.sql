-- What telephone cards, spans and ports did (TEL-2): boardd's events, each once. `start` and `n` are boardd's own: its
-- start's id and the event's number in it. Kept 92 days.
CREATE TABLE port_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    start text NOT NULL CHECK (length(start) BETWEEN 1 AND 40),
    n integer NOT NULL CHECK (n > 0),
    at timestamptz NOT NULL,
    what text NOT NULL CHECK (what IN ('card', 'span', 'port')),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    was text NOT NULL CHECK (length(was) <= 100),
    became text NOT NULL CHECK (length(became) <= 100),
    UNIQUE (start, n)
);
CREATE INDEX ON port_events (key, id DESC);
CREATE INDEX ON port_events (at);
