-- Lamps of telephones (TEL-2): the messages that nobody has heard are looked for each second.
CREATE INDEX voicemails_unheard ON voicemails (call_id) WHERE heard_at IS NULL;
