-- What a call may ask of the database while it lasts: functions in schema ast, all that role asterisk may execute.
-- They run with their owner's rights and a search path of their own. Answers are text, empty for "nothing known".

-- A caller's number as it is stored: carriers deliver Chinese mobile numbers with 0, 86, 0086 or +86 before them.
CREATE FUNCTION ast.plain_number(caller text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN coalesce(substring(caller from '^(?:\+86|0086|86|0)?(1[0-9]{10})$'), caller);

-- The caller's latest order: code|state|yyyymmdd|fen.
CREATE FUNCTION ast.order_state(caller text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT coalesce((
        SELECT concat_ws('|', code, state, to_char(ordered_on, 'YYYYMMDD'), amount_fen)
        FROM orders WHERE phone = ast.plain_number(caller)
        ORDER BY ordered_on DESC, code DESC LIMIT 1), '');
END;

-- The caller's VIP level now: the compiled one is as old as the generation.
CREATE FUNCTION ast.caller_level(caller text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT coalesce((
        SELECT level::text FROM number_lists
        WHERE number = ast.plain_number(caller) AND list = 'vip' AND (until IS NULL OR until > now())), '');
END;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ast FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'asterisk') THEN
        GRANT USAGE ON SCHEMA ast TO asterisk;
        GRANT EXECUTE ON FUNCTION ast.order_state(text), ast.caller_level(text) TO asterisk;
    END IF;
END $$;
