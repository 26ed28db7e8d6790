-- A prompt may be a file of the owner's (uploaded or recorded) in a language: its digest names it under /data/prompts/files.
ALTER TABLE prompts ADD COLUMN file_zh text CHECK (file_zh ~ '^[0-9a-f]{32}$');
ALTER TABLE prompts ADD COLUMN file_en text CHECK (file_en ~ '^[0-9a-f]{32}$');
ALTER TABLE prompts DROP CONSTRAINT prompts_check;
ALTER TABLE prompts ADD CONSTRAINT prompts_check
    CHECK (builtin IS NOT NULL OR text_zh <> '' OR text_en <> '' OR file_zh IS NOT NULL OR file_en IS NOT NULL);
