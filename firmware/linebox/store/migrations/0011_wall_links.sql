-- Links to the wall display that supervisors made (features/wall). A link holds until somebody ends it.
CREATE TABLE wall_links (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{24}$'),
    made_at timestamptz NOT NULL DEFAULT now(), made_by text NOT NULL,
    ended_at timestamptz, ended_by text
);
