-- Settings pages (SET-3): undo, acts, what isn't applied yet, ids that a rolled-back try doesn't use up.

-- Entries that are saved in one transaction are one act.
CREATE SEQUENCE settings_acts;
CREATE FUNCTION settings_act() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    act text := current_setting('linebox.act', true);
BEGIN
    IF coalesce(act, '') = '' THEN           -- local to the transaction, so the next one begins anew
        act := set_config('linebox.act', nextval('settings_acts')::text, true);
    END IF;
    RETURN act::bigint;
END $$;
ALTER TABLE settings_log
    ADD COLUMN act bigint,
    ADD COLUMN version bigint,               -- company.version after it
    ADD COLUMN hidden jsonb;                 -- secrets before and after, and rows that a deletion took along: for an undo only
UPDATE settings_log SET act = id,
    version = (SELECT version FROM company)
        - (SELECT count(*) FROM settings_log later WHERE later.id > settings_log.id);
SELECT setval('settings_acts', coalesce(max(id), 0) + 1, false) FROM settings_log;
ALTER TABLE settings_log ALTER act SET DEFAULT settings_act(), ALTER act SET NOT NULL,
    ALTER version SET NOT NULL;
CREATE INDEX ON settings_log (act);
CREATE INDEX ON settings_log (version);
CREATE INDEX ON settings_log (what, key);
UPDATE settings_log SET what = 'number' WHERE what = 'listed-number';

-- The version of the settings that a generation has; the current one's is what runs.
ALTER TABLE generations ADD COLUMN settings bigint;
UPDATE generations SET settings = (SELECT version FROM company)
    - (SELECT count(*) FROM settings_log WHERE at > made_at) WHERE state = 'current';

-- Ids of settings: short, never given twice, and given back when the transaction isn't kept.
CREATE TABLE setting_ids (
    of text PRIMARY KEY,
    last integer NOT NULL DEFAULT 0,
    wanted integer                           -- the next one is to be this: import, undo
);
INSERT INTO setting_ids VALUES
    ('trunks', coalesce((SELECT max(id) FROM trunks), 0)),
    ('prompts', coalesce((SELECT max(id) FROM prompts), 0)),
    ('calendars', coalesce((SELECT max(id) FROM calendars), 0)),
    ('groups', coalesce((SELECT max(id) FROM groups), 0)),
    ('menus', coalesce((SELECT max(id) FROM menus), 0));
UPDATE setting_ids SET last = greatest(last, (
    SELECT coalesce(max(key::integer), 0) FROM settings_log
    WHERE what = rtrim(setting_ids.of, 's') AND key ~ '^[0-9]{1,9}$'));
CREATE FUNCTION next_setting_id(of_what text) RETURNS integer LANGUAGE sql AS $$
    UPDATE setting_ids SET last = greatest(last, coalesce(wanted, last + 1)), wanted = NULL
    WHERE of = of_what RETURNING coalesce(old.wanted, new.last)
$$;
ALTER TABLE trunks ALTER id DROP IDENTITY, ALTER id SET DEFAULT next_setting_id('trunks');
ALTER TABLE prompts ALTER id DROP IDENTITY, ALTER id SET DEFAULT next_setting_id('prompts');
ALTER TABLE calendars ALTER id DROP IDENTITY, ALTER id SET DEFAULT next_setting_id('calendars');
ALTER TABLE groups ALTER id DROP IDENTITY, ALTER id SET DEFAULT next_setting_id('groups');
ALTER TABLE menus ALTER id DROP IDENTITY, ALTER id SET DEFAULT next_setting_id('menus');

-- A draft may swap two names: such rules are looked at when all of it is there.
ALTER TABLE trunks DROP CONSTRAINT trunks_name_key,
    ADD CONSTRAINT trunks_name_key UNIQUE (name) DEFERRABLE;
ALTER TABLE prompts DROP CONSTRAINT prompts_name_key,
    ADD CONSTRAINT prompts_name_key UNIQUE (name) DEFERRABLE;
ALTER TABLE calendars DROP CONSTRAINT calendars_name_key,
    ADD CONSTRAINT calendars_name_key UNIQUE (name) DEFERRABLE;
ALTER TABLE menus DROP CONSTRAINT menus_name_key,
    ADD CONSTRAINT menus_name_key UNIQUE (name) DEFERRABLE;

-- Lists of 20 000 numbers are read page by page.
CREATE INDEX number_lists_page ON number_lists (number COLLATE "C");
