-- The journal as filed, and the calls derived from it. Every row of `calls`, `call_legs`, `call_events` can be made
-- again from `cel` and `queue_events`.
CREATE TABLE journal_starts (
    start_id text PRIMARY KEY CHECK (start_id ~ '^s[0-9]{8}$'),
    seen_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz                     -- a newer start exists and every file of this one is filed
);
CREATE TABLE journal_files (
    start_id text NOT NULL REFERENCES journal_starts, kind text NOT NULL CHECK (kind IN ('cel', 'queue')),
    segment integer NOT NULL CHECK (segment >= 1),
    position bigint NOT NULL DEFAULT 0,       -- bytes filed; moved only in the transaction that files them
    deleted_at timestamptz,
    PRIMARY KEY (start_id, kind, segment)
);
-- Moves a read position; fails when another filer has moved it meanwhile.
CREATE FUNCTION journal_move(a_start text, a_kind text, a_segment integer, old bigint, new bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE journal_files SET position = new
     WHERE start_id = a_start AND kind = a_kind AND segment = a_segment AND position = old;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'journal % % %: not at %', a_start, a_kind, a_segment, old USING ERRCODE = 'LB001';
    END IF;
END $$;
CREATE TABLE journal_rejects (
    start_id text NOT NULL, kind text NOT NULL, segment integer NOT NULL, position bigint NOT NULL,
    bytes bytea NOT NULL, reason text NOT NULL, filed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (start_id, kind, segment, position)
);
CREATE TABLE cel (
    start_id text NOT NULL, segment integer NOT NULL, position bigint NOT NULL,
    event text NOT NULL, at timestamptz NOT NULL,
    cid_name text NOT NULL, cid_num text NOT NULL, ani text NOT NULL, dnid text NOT NULL,
    exten text NOT NULL, context text NOT NULL, channel text NOT NULL,
    uniqueid text NOT NULL, linkedid text NOT NULL, peer text NOT NULL, extra text NOT NULL,
    PRIMARY KEY (start_id, segment, position)
);
CREATE INDEX ON cel (linkedid);
CREATE TABLE queue_events (
    start_id text NOT NULL, segment integer NOT NULL, position bigint NOT NULL,
    at timestamptz NOT NULL, callid text NOT NULL, queue text NOT NULL, agent text NOT NULL, event text NOT NULL,
    data text[] NOT NULL,
    PRIMARY KEY (start_id, segment, position)
);
CREATE INDEX ON queue_events (callid);
CREATE INDEX ON queue_events (at);

CREATE TABLE calls (
    id text PRIMARY KEY,                      -- uniqueid of the first channel
    start_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'internal')),
    trunk text NOT NULL DEFAULT '', from_number text NOT NULL DEFAULT '', from_name text NOT NULL DEFAULT '', did text NOT NULL DEFAULT '',
    generation integer, vip integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL, answered_at timestamptz, connected_at timestamptz, ended_at timestamptz,
    result text NOT NULL CHECK (result IN ('open', 'answered', 'abandoned', 'voicemail', 'blocked', 'closed', 'menu', 'selfservice', 'unknown-did', 'cut', 'internal')),
    cut boolean NOT NULL DEFAULT false,       -- Asterisk died while it lasted
    group_id integer, agent text, extension text,
    wait_s double precision, ring_s double precision, talk_s double precision,
    keys text NOT NULL DEFAULT '', rating smallint CHECK (rating BETWEEN 1 AND 5),
    needs_follow_up boolean NOT NULL DEFAULT false  -- abandoned, cut, voicemail: ACD-7
);
CREATE INDEX ON calls (started_at DESC, id);
CREATE INDEX ON calls (from_number, started_at DESC);
CREATE INDEX ON calls (agent, started_at DESC);
CREATE INDEX ON calls (id) WHERE result = 'open';
CREATE TABLE call_links (                     -- linkedid → call; several linkedids join one call
    linkedid text PRIMARY KEY, call_id text NOT NULL
);
CREATE INDEX ON call_links (call_id);
CREATE TABLE call_legs (
    uniqueid text PRIMARY KEY, call_id text NOT NULL REFERENCES calls ON DELETE CASCADE,
    channel text NOT NULL, number text NOT NULL DEFAULT '', agent text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL, answered_at timestamptz, ended_at timestamptz, cause integer, lost boolean NOT NULL DEFAULT false
);
CREATE INDEX ON call_legs (call_id);
CREATE TABLE call_events (
    call_id text NOT NULL REFERENCES calls ON DELETE CASCADE, n integer NOT NULL,
    at timestamptz NOT NULL, kind text NOT NULL, fields jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (call_id, n)
);
CREATE TABLE recordings (
    file text PRIMARY KEY,                    -- path under /data/recordings without its ending
    call_id text NOT NULL, started_at timestamptz NOT NULL, stopped_at timestamptz,
    state text NOT NULL CHECK (state IN ('recording', 'raw', 'ready', 'missing')),
    duration_s double precision, size_bytes bigint, sha256 text, filed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON recordings (call_id);
CREATE INDEX ON recordings (stopped_at) WHERE state IN ('recording', 'raw');
CREATE TABLE voicemails (
    file text PRIMARY KEY,                    -- path under the voicemail spool without its ending
    call_id text NOT NULL, mailbox integer NOT NULL, from_number text NOT NULL DEFAULT '',
    left_at timestamptz NOT NULL, duration_s double precision, heard_at timestamptz
);
CREATE INDEX ON voicemails (call_id);
CREATE INDEX ON voicemails (mailbox, left_at DESC);
CREATE TABLE agent_sessions (
    agent text NOT NULL, extension text NOT NULL, groups text NOT NULL,   -- '1:0,2:0' group:penalty
    logged_in_at timestamptz NOT NULL, logged_out_at timestamptz,
    paused_at timestamptz, pause_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (agent, logged_in_at)
);
CREATE INDEX ON agent_sessions (agent) WHERE logged_out_at IS NULL;
CREATE TABLE recording_access (               -- who heard or took a recording (REC-2)
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL, from_address text NOT NULL, file text NOT NULL, download boolean NOT NULL
);
CREATE INDEX ON recording_access (file, at);
