-- UUIDv7 as in 0001, and the 12 bits behind the version are the fraction of the millisecond (RFC 9562, 6.2, method 3), as
-- Postgres 18 makes them: ids of one clock sort as they were made, a microsecond apart. The time in units of 1/4096 ms has
-- 15 hexadecimal digits: 12 of milliseconds, the version goes between, 3 of the fraction.
CREATE OR REPLACE FUNCTION kb.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
  SELECT (
    overlay(lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 4096000)::bigint), 15, '0') PLACING '7' FROM 13 FOR 0)
    || substr(gen_random_uuid()::text, 20))::uuid
$$;
