-- What a job's error_message becomes by one reason more: the last 20,000 characters. Postgres puts the body in place of
-- the call.
CREATE FUNCTION kb.appended(message text, reason text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT right(coalesce(message || E'\n\n', '') || reason, 20000) $$;
