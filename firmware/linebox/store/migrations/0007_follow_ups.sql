-- Callers who reached nobody, until somebody closes them (ACD-7).

ALTER TABLE calls ADD COLUMN agents text[] NOT NULL DEFAULT '{}';   -- staff numbers of all who took part
UPDATE calls c SET agents = found.agents
  FROM (SELECT call_id, array_agg(DISTINCT agent) AS agents FROM call_legs WHERE agent <> '' GROUP BY call_id) found
 WHERE found.call_id = c.id;

-- The calls that somebody must look after, and why. A refusal by the black list is what the owner wants; all lines
-- taken ('full') isn't. 'missed': out of hours without a message, or rang at a phone that nobody took.
CREATE VIEW lost_calls AS
SELECT id, started_at, group_id, from_number, kind FROM (
    SELECT c.id, c.started_at, c.group_id, c.from_number, CASE
        WHEN c.result IN ('voicemail', 'cut', 'abandoned') THEN c.result
        WHEN c.result = 'answered' THEN CASE WHEN c.needs_follow_up THEN 'cut' END
        WHEN c.result = 'closed' THEN 'missed'
        WHEN c.result = 'blocked' THEN (SELECT 'blocked' FROM call_events e
              WHERE e.call_id = c.id AND e.kind = 'route' AND e.fields->>'to' = 'full' LIMIT 1)
        WHEN c.result IN ('menu', 'selfservice') THEN (SELECT 'missed' FROM call_legs l
              WHERE l.call_id = c.id AND l.uniqueid <> c.id LIMIT 1)
        END AS kind
      FROM calls c WHERE c.direction = 'in' AND c.result <> 'open') k
 WHERE kind IS NOT NULL;

CREATE TABLE follow_ups (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id text NOT NULL UNIQUE REFERENCES calls ON DELETE CASCADE,
    number text NOT NULL,                     -- as customers' cards keep it; 'anonymous', 'invalid' or empty
    fold text NOT NULL GENERATED ALWAYS AS (CASE WHEN number ~ '[0-9]{3}' THEN number ELSE call_id END) STORED,
    kind text NOT NULL CHECK (kind IN ('missed', 'abandoned', 'blocked', 'voicemail', 'cut')),
    group_id integer, lost_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'called', 'closed')),
    owner text CHECK (owner <> ''),           -- the log-in of who looks after it
    taken_at timestamptz, called_at timestamptz, closed_at timestamptz, closed_by text,
    result text CHECK (result IN ('reached', 'unreachable', 'wrong-number', 'not-needed')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND result IS NOT NULL)),
    CHECK (state <> 'taken' OR owner IS NOT NULL)
);
CREATE INDEX ON follow_ups (fold) WHERE state <> 'closed';
CREATE INDEX ON follow_ups (fold, lost_at);
CREATE INDEX ON follow_ups (closed_at) WHERE state = 'closed';
CREATE INDEX ON follow_ups (lost_at);

CREATE TABLE follow_up_log (                  -- who did what; nothing leaves the list unseen
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(), made_by text NOT NULL,
    follow_up integer NOT NULL REFERENCES follow_ups ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('take', 'assign', 'release', 'called', 'close', 'reopen', 'heard')),
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX ON follow_up_log (follow_up, id);

-- Put the lost among these calls on the list, once each, whatever is filed again. A caller whom somebody looks after
-- already stays theirs; who is called back is marked so. What turned out to be no loss leaves again, if nobody has
-- touched it. Returns how many were added or corrected.
CREATE FUNCTION follow_up(ids text[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE added integer;
BEGIN
    INSERT INTO follow_ups (call_id, number, kind, group_id, lost_at, state, owner, taken_at)
    SELECT l.id, card_number(l.from_number), l.kind, l.group_id, l.started_at,
           CASE WHEN o.owner IS NULL THEN 'open' ELSE 'taken' END, o.owner, o.taken_at
      FROM lost_calls l
      LEFT JOIN LATERAL (SELECT f.owner, f.taken_at FROM follow_ups f
                          WHERE f.fold = card_number(l.from_number) AND f.state <> 'closed' AND f.owner IS NOT NULL
                          ORDER BY f.id DESC LIMIT 1) o ON true
     WHERE l.id = ANY(ids)
    ON CONFLICT (call_id) DO UPDATE SET kind = EXCLUDED.kind, group_id = EXCLUDED.group_id, number = EXCLUDED.number
     WHERE (follow_ups.kind, follow_ups.group_id, follow_ups.number)
           IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.group_id, EXCLUDED.number);
    GET DIAGNOSTICS added = ROW_COUNT;
    WITH back AS (
        UPDATE follow_ups f SET state = 'called', called_at = c.started_at, owner = coalesce(f.owner, c.agents[1])
          FROM calls c
         WHERE c.id = ANY(ids) AND c.direction = 'out' AND f.fold = card_number(c.did)
           AND f.state IN ('open', 'taken') AND f.lost_at < c.started_at
        RETURNING f.id, coalesce(c.agents[1], '') AS who, c.id AS call_id)
    INSERT INTO follow_up_log (made_by, follow_up, what, detail) SELECT who, id, 'called', call_id FROM back;
    DELETE FROM follow_ups f WHERE f.call_id = ANY(ids) AND f.state = 'open'
       AND NOT EXISTS (SELECT FROM lost_calls l WHERE l.id = f.call_id);
    RETURN added;
END $$;

-- What was filed before there was a list.
SELECT follow_up(array_agg(id)) FROM lost_calls;
