-- Telephone cards and their lines (TEL-1, TEL-3). What a card is comes from boardd and is filed once: a span keeps the
-- number and the first channel that DAHDI calls it by, a port its line number, whatever card is added or removed.
CREATE TABLE cards (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number integer NOT NULL UNIQUE,          -- of the card, as people call it
    key text NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 120),  -- DAHDI's hardware id, else `@location`
    kind text NOT NULL, zh text NOT NULL, en text NOT NULL,
    bus text NOT NULL CHECK (bus IN ('pci', 'usb', 'local', 'sim')),
    location text NOT NULL DEFAULT '', driver text NOT NULL DEFAULT '',
    present boolean NOT NULL DEFAULT true,
    found_at timestamptz NOT NULL DEFAULT now()
);

-- What a trunk is made of beside an address.
ALTER TABLE trunks
    ADD COLUMN kind text NOT NULL DEFAULT 'sip' CHECK (kind IN ('sip', 'e1', 'analog')),
    ADD COLUMN choice text NOT NULL DEFAULT 'ascending' CHECK (choice IN ('ascending', 'round')),
    ADD COLUMN did_prefix text NOT NULL DEFAULT '' CHECK (did_prefix ~ '^[0-9]{0,10}$'),  -- before the numbers the carrier delivers
    ALTER host DROP NOT NULL,
    ADD CONSTRAINT trunks_host_check CHECK ((kind = 'sip') = (host IS NOT NULL));

CREATE TABLE spans (
    id integer PRIMARY KEY CHECK (id = number),
    card_id integer NOT NULL REFERENCES cards,
    position integer NOT NULL CHECK (position BETWEEN 1 AND 64),       -- on its card
    kind text NOT NULL CHECK (kind IN ('e1', 'analog')),
    number integer NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 128),   -- DAHDI's
    first_channel integer NOT NULL UNIQUE CHECK (first_channel BETWEEN 1 AND 4096),
    channels integer NOT NULL CHECK (channels BETWEEN 1 AND 128),
    trunk_id integer REFERENCES trunks,      -- of an E1; of an analog one its ports'
    signalling text NOT NULL DEFAULT 'pri-user' CHECK (signalling IN ('pri-user', 'pri-network', 'r2')),
    crc4 boolean NOT NULL DEFAULT false,
    line_code text NOT NULL DEFAULT 'hdb3' CHECK (line_code IN ('hdb3', 'ami')),
    timing integer NOT NULL DEFAULT 0 CHECK (timing BETWEEN 0 AND 64), -- place among those that give the clock, 0: never
    called_plan text NOT NULL DEFAULT 'unknown' CHECK (called_plan IN ('unknown', 'local', 'national', 'international')),
    caller_plan text NOT NULL DEFAULT 'unknown' CHECK (caller_plan IN ('unknown', 'local', 'national', 'international')),
    overlap boolean NOT NULL DEFAULT false,
    r2_called_digits integer NOT NULL DEFAULT 8 CHECK (r2_called_digits BETWEEN 1 AND 20),
    r2_caller_digits integer NOT NULL DEFAULT 20 CHECK (r2_caller_digits BETWEEN 0 AND 20),
    blocked text NOT NULL DEFAULT '' CHECK (length(blocked) <= 100),   -- channels 1-31 that carry no calls: `3,17-20`
    echo text NOT NULL DEFAULT 'software' CHECK (echo IN ('software', 'card', 'off')),
    line_mode text NOT NULL DEFAULT 'china' CHECK (line_mode IN ('china', 'hongkong', 'macao', 'taiwan', 'fcc', 'tbr21')),
    UNIQUE (card_id, position)
);
CREATE INDEX ON spans (trunk_id);

CREATE TABLE ports (
    id integer PRIMARY KEY CHECK (id = line),
    span_id integer NOT NULL REFERENCES spans,
    position integer NOT NULL CHECK (position BETWEEN 1 AND 128),      -- in its span
    channel integer NOT NULL UNIQUE,         -- DAHDI's
    line integer NOT NULL UNIQUE,            -- as people call it
    kind text NOT NULL CHECK (kind IN ('fxo', 'fxs')),
    -- to an exchange (fxo)
    trunk_id integer REFERENCES trunks,
    number text NOT NULL DEFAULT '' CHECK (number ~ '^([0-9]{3,20})?$'),
    caller_id text NOT NULL DEFAULT 'fsk' CHECK (caller_id IN ('fsk', 'dtmf-before-ring', 'dtmf-after-ring', 'polarity', 'off')),
    answer_polarity boolean NOT NULL DEFAULT false,
    hangup_polarity boolean NOT NULL DEFAULT false,
    hangup_busy boolean NOT NULL DEFAULT true,
    busy_pattern text NOT NULL DEFAULT '350,350' CHECK (busy_pattern ~ '^[0-9]{2,4},[0-9]{2,4}(,[0-9]{2,4},[0-9]{2,4})?$'),
    busy_count integer NOT NULL DEFAULT 4 CHECK (busy_count BETWEEN 4 AND 12),
    -- to a telephone (fxs)
    extension text REFERENCES extensions,
    shows_caller boolean NOT NULL DEFAULT true,
    flash boolean NOT NULL DEFAULT true,
    flash_ms integer NOT NULL DEFAULT 600 CHECK (flash_ms BETWEEN 80 AND 1250),
    -- both
    rx_gain_db real NOT NULL DEFAULT 0 CHECK (rx_gain_db BETWEEN -12 AND 12),
    tx_gain_db real NOT NULL DEFAULT 0 CHECK (tx_gain_db BETWEEN -12 AND 12),
    echo text NOT NULL DEFAULT 'software' CHECK (echo IN ('software', 'card', 'off')),
    UNIQUE (span_id, position),
    CONSTRAINT ports_extension_key UNIQUE (extension) DEFERRABLE,
    CHECK (kind = 'fxo' OR (trunk_id IS NULL AND number = '')),
    CHECK (kind = 'fxs' OR extension IS NULL)
);
CREATE INDEX ON ports (trunk_id);

-- The journal knows a card's channel by its account code. What stood in `peer` was never read.
ALTER TABLE cel ALTER peer SET DEFAULT '', ADD COLUMN account text NOT NULL DEFAULT '';
