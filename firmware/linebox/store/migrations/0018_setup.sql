-- The first-run wizard (SET-1): how far it has come, so that it goes on in another browser. One row.
CREATE TABLE setup (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    step text NOT NULL DEFAULT 'language',              -- where it goes on
    steps jsonb NOT NULL DEFAULT '{}',                  -- step → done | skipped; the others are open
    lines jsonb NOT NULL DEFAULT '{}',                  -- trunk's name → its last trial: verdict, number, at …
    left_at timestamptz, done_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO setup DEFAULT VALUES;
