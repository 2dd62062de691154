-- No trigger of a row hears of a TRUNCATE: without this, what the pauses held would wait for ever.
CREATE FUNCTION kb.resume_all() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE status = 'pending' AND next_dispatch_at = 'infinity';
  RETURN NULL;
END
$$;
CREATE TRIGGER resume_all AFTER TRUNCATE ON kb.extraction_pauses FOR EACH STATEMENT EXECUTE FUNCTION kb.resume_all();
