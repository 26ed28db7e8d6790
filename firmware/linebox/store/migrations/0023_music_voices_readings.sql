-- Own music on hold, the voices that the box usually speaks with, and the owner's dictionary of readings (IVR-2, ACD-5).
INSERT INTO setting_ids VALUES ('music', 0), ('readings', 0);

CREATE TABLE music (
    id integer PRIMARY KEY DEFAULT next_setting_id('music'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    pieces jsonb NOT NULL CHECK (jsonb_array_length(pieces) > 0),  -- [{"file", "name"}], played in this order
    CONSTRAINT music_name_key UNIQUE (name) DEFERRABLE
);
-- Null: the box's.
ALTER TABLE groups ADD COLUMN music_id integer REFERENCES music;

CREATE TABLE sound_defaults (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    voice_zh text NOT NULL DEFAULT 'zf_xiaoxiao',
    voice_en text NOT NULL DEFAULT 'af_heart',
    speed real NOT NULL DEFAULT 1.0 CHECK (speed BETWEEN 0.5 AND 2.0),
    music_id integer REFERENCES music                              -- null: what the box came with
);
INSERT INTO sound_defaults DEFAULT VALUES;

-- A prompt that names no voice or speed speaks with the box's.
ALTER TABLE prompts
    ALTER voice_zh DROP NOT NULL, ALTER voice_zh DROP DEFAULT,
    ALTER voice_en DROP NOT NULL, ALTER voice_en DROP DEFAULT,
    ALTER speed DROP NOT NULL, ALTER speed DROP DEFAULT;

CREATE TABLE readings (
    id integer PRIMARY KEY DEFAULT next_setting_id('readings'),
    lang text NOT NULL CHECK (lang IN ('zh', 'en')),
    word text NOT NULL CHECK (length(word) BETWEEN 1 AND 40),
    reading text NOT NULL CHECK (length(reading) BETWEEN 1 AND 100),
    CONSTRAINT readings_word_key UNIQUE (lang, word) DEFERRABLE
);
