-- With which impedance a port meets its line from the exchange (TEL-12): the number that its chip has for it (ACIM); null: as the
-- country's standard has it.
ALTER TABLE ports ADD COLUMN impedance integer CHECK (impedance BETWEEN 0 AND 15);
