-- Calls out (TEL-9) and transfers: how a call out ended, and how long each leg was with the customer.
ALTER TABLE calls DROP CONSTRAINT calls_result_check;
ALTER TABLE calls ADD CONSTRAINT calls_result_check CHECK (result IN ('open', 'answered', 'abandoned', 'voicemail', 'blocked',
    'closed', 'menu', 'selfservice', 'unknown-did', 'cut', 'internal', 'busy', 'no-answer', 'failed'));
ALTER TABLE call_legs ADD COLUMN talk_s double precision;  -- NULL: never in a bridge with the customer
