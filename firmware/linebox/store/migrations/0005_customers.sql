-- Customers' cards (CRM-1, AGT-3).
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A number as cards keep it: a mobile number plain, a landline with its 0, whatever the carrier put before it.
CREATE FUNCTION card_number(given text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN coalesce('0' || substring(given from '^(?:\+86|0086|86)((?:10|[2-9][0-9])[0-9]{7,10})$'), ast.plain_number(given));

-- All forms in which a carrier may deliver a card's number: what `calls.from_number` is looked for by.
CREATE FUNCTION number_spellings(plain text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN plain ~ '^1[0-9]{10}$' THEN ARRAY[plain, '0' || plain, '86' || plain, '+86' || plain, '0086' || plain]
            WHEN plain ~ '^0[1-9]' THEN ARRAY[plain, '86' || substr(plain, 2), '+86' || substr(plain, 2), '0086' || substr(plain, 2)]
            ELSE ARRAY[plain] END;

-- A text's characters and pairs of neighbours, in small letters: an index on them finds any part of a Chinese text.
-- Trigrams can't: names have two or three characters. The cost keeps the planner from working it out row by row.
CREATE FUNCTION text_grams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5000 SET search_path = pg_catalog, pg_temp
RETURN (SELECT coalesce(array_agg(DISTINCT gram), '{}')
          FROM (SELECT unnest(ARRAY[c, c || lead(c) OVER (ORDER BY n)]) AS gram
                  FROM unnest(string_to_array(lower(words), NULL)) WITH ORDINALITY AS t (c, n)) AS grams
         WHERE gram IS NOT NULL);

CREATE FUNCTION field_words(fields jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN (SELECT coalesce(string_agg(value, E'\n' ORDER BY key), '') FROM jsonb_each_text(fields));

-- What the business wants to know of a customer beside the name: its own fields, in their order.
CREATE TABLE customer_fields (
    key text PRIMARY KEY CHECK (key ~ '^f[0-9]{1,6}$'),
    place integer NOT NULL,
    name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 40),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 40),
    kind text NOT NULL CHECK (kind IN ('text', 'number', 'date', 'choice')),
    choices text[] NOT NULL DEFAULT '{}',
    CHECK ((kind = 'choice') = (choices <> '{}'))
);
CREATE SEQUENCE customer_field_keys;

CREATE TABLE customers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    company text NOT NULL DEFAULT '' CHECK (length(company) <= 100),
    level smallint NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 9),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    fields jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fields) = 'object'),   -- key of customer_fields → text
    owner text REFERENCES agents ON DELETE SET NULL,                               -- whose customer it is
    version integer NOT NULL DEFAULT 1,
    made_at timestamptz NOT NULL DEFAULT now(), made_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(), updated_by text NOT NULL,
    words text NOT NULL GENERATED ALWAYS AS (lower(name || E'\n' || company || E'\n' || note || E'\n' || field_words(fields))) STORED
);
CREATE INDEX customers_words ON customers USING gin (text_grams(words));
CREATE INDEX ON customers (updated_at DESC, id);
CREATE INDEX ON customers (level DESC, updated_at DESC) WHERE level > 0;
CREATE INDEX ON customers (owner, updated_at DESC) WHERE owner IS NOT NULL;

CREATE TABLE customer_numbers (               -- a number is one customer's
    number text PRIMARY KEY CHECK (number ~ '^\+?[0-9]{3,20}$'),
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    place smallint NOT NULL DEFAULT 0
);
CREATE INDEX ON customer_numbers (customer_id);
CREATE INDEX ON customer_numbers USING gin (number gin_trgm_ops);

-- The caller's VIP level now: the higher of the list's and the card's.
CREATE OR REPLACE FUNCTION ast.caller_level(caller text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT coalesce(max(level)::text, '') FROM (
        SELECT level FROM number_lists
         WHERE number = ast.plain_number(caller) AND list = 'vip' AND (until IS NULL OR until > now())
        UNION ALL
        SELECT c.level FROM customer_numbers n JOIN customers c ON c.id = n.customer_id
         WHERE n.number = card_number(caller) AND c.level > 0) AS levels;
END;

-- Whom we called: a customer's history holds both directions.
CREATE INDEX ON calls (did, started_at DESC) WHERE direction = 'out';
