-- Owner-made roles, second factors, the audit (SEC-1).

-- A role that the owner made: a built-in one that kept these rights. It can't have more than its base.
CREATE TABLE roles (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name_zh text NOT NULL UNIQUE CHECK (length(name_zh) BETWEEN 1 AND 40),
    name_en text NOT NULL UNIQUE CHECK (length(name_en) BETWEEN 1 AND 40),
    base text NOT NULL CHECK (base IN ('administrator', 'supervisor', 'agent')),
    rights text[] NOT NULL DEFAULT '{}',
    second_factor boolean NOT NULL DEFAULT false,            -- who has it must give one at log-in
    UNIQUE (id, base)
);
CREATE TABLE built_in_roles (
    role text PRIMARY KEY CHECK (role IN ('administrator', 'supervisor', 'agent')),
    second_factor boolean NOT NULL DEFAULT false
);
INSERT INTO built_in_roles (role) VALUES ('administrator'), ('supervisor'), ('agent');

-- Null: the built-in role itself. The pair keeps an account's role and its made role's base the same.
ALTER TABLE accounts ADD COLUMN made_role integer,
    ADD CONSTRAINT accounts_made_role_fkey FOREIGN KEY (made_role, role) REFERENCES roles (id, base);
CREATE INDEX ON accounts (made_role) WHERE made_role IS NOT NULL;

CREATE TABLE account_factors (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('totp', 'passkey', 'recovery')),
    name text NOT NULL DEFAULT '' CHECK (length(name) <= 60),
    host text NOT NULL DEFAULT '',                           -- passkey: the name of the address that it is for
    secret text NOT NULL,                                    -- totp: sealed; passkey: its public key; recovery: a hash
    count bigint NOT NULL DEFAULT 0,                         -- totp: the last step used; passkey: its counter
    made_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE UNIQUE INDEX ON account_factors (account) WHERE kind = 'totp';
CREATE INDEX ON account_factors (account, kind);

-- Fields of a card that only right customers.private shows.
ALTER TABLE customer_fields ADD COLUMN private boolean NOT NULL DEFAULT false;

-- Who did what. Each row's hash is an HMAC of the one before and of itself; the key and the last hash are outside.
CREATE TABLE audit (
    n bigint PRIMARY KEY CHECK (n > 0),
    id text NOT NULL UNIQUE,                                 -- the entry's own: filed once, however often it is tried
    at timestamptz NOT NULL,
    who text NOT NULL,                                       -- login; empty: nobody known
    role text NOT NULL,
    address text NOT NULL,
    what text NOT NULL,                                      -- the operation
    subject text NOT NULL,                                   -- on what
    outcome text NOT NULL,                                   -- ok, else the error's code
    status integer NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX ON audit (who, n);
CREATE INDEX ON audit (what, n);
CREATE INDEX ON audit (at);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stays_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM linebox;
