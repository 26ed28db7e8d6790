-- The white list (ACD-3): callers who always get through.
ALTER TABLE number_lists DROP CONSTRAINT number_lists_list_check,
    ADD CONSTRAINT number_lists_list_check CHECK (list IN ('black', 'white', 'vip'));
