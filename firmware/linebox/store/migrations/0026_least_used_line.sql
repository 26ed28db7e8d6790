-- Calls out may take the analog line that they used least today (TEL-14).
ALTER TABLE trunks
    DROP CONSTRAINT trunks_choice_check,
    ADD CONSTRAINT trunks_choice_check CHECK (choice IN ('ascending', 'round') OR choice = 'least-used' AND kind = 'analog');
