-- Search among a million calls (REC-2, AGT-5): what the list asks of a call stands on its row, and every question
-- has an index. Numbers are looked for by any part: trigrams.
ALTER TABLE calls
    ADD COLUMN pressed text[] NOT NULL DEFAULT '{}',      -- '3:1', key 1 in menu 3, and '1', the key anywhere
    ADD COLUMN recordings smallint NOT NULL DEFAULT 0;
UPDATE calls c SET
    pressed = coalesce((SELECT array_agg(DISTINCT p) FROM call_events e,
                               LATERAL (VALUES ((e.fields->>'menu') || ':' || (e.fields->>'key')), (e.fields->>'key')) v (p)
                         WHERE e.call_id = c.id AND e.kind = 'menu' AND e.fields->>'key' ~ '^[0-9*#]$'), '{}'),
    recordings = (SELECT count(*) FROM recordings WHERE call_id = c.id);
-- Read backwards these give the list's order, (started_at, id) descending, and take its cursor.
DROP INDEX calls_started_at_id_idx;
CREATE INDEX ON calls (started_at, id);
CREATE INDEX ON calls (group_id, started_at, id);
CREATE INDEX ON calls (result, started_at, id);
CREATE INDEX ON calls (rating, started_at, id) WHERE rating IS NOT NULL;
CREATE INDEX ON calls (direction, started_at, id) WHERE direction <> 'in';
CREATE INDEX ON calls (talk_s) WHERE talk_s > 300;
CREATE INDEX calls_parts ON calls USING gin (from_number gin_trgm_ops, did gin_trgm_ops, agents, pressed);
CREATE INDEX ON calls (started_at, id) WHERE recordings = 0 AND result = 'answered';
CREATE INDEX ON queue_events (agent, at) WHERE event = 'RINGNOANSWER';
