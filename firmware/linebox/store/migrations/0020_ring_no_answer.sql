-- Who lets so many calls in a row ring out is paused (ACD-13); 0 = never. One is Asterisk's own doing, more are calld's.
ALTER TABLE groups ADD COLUMN max_missed integer NOT NULL DEFAULT 3 CHECK (max_missed BETWEEN 0 AND 20);
