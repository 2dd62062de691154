-- A heartbeat, and each checkpoint, moves updated_at. While that column stood in an index, each wrote a new entry into all of
-- the job's indexes. So the index holds a mark instead (0095), which is never after the heartbeat and at most a minute before it,
-- and which one heartbeat a minute moves. A trigger and not a clause of each statement: a row that is changed or put back by hand
-- keeps to it too. Of jobs that run when this is applied the mark is -infinity until their next heartbeat: a sweep then looks at
-- their heartbeats themselves.
ALTER TABLE kb.object_extraction_jobs ADD COLUMN heartbeat_mark timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE kb.object_extraction_jobs ALTER COLUMN heartbeat_mark SET DEFAULT now();
COMMENT ON COLUMN kb.object_extraction_jobs.heartbeat_mark IS
  'Of a running job: never after its last heartbeat (updated_at), and at most a minute before it. Set by a trigger.';

CREATE FUNCTION kb.mark_heartbeat() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.heartbeat_mark := NEW.updated_at;
  RETURN NEW;
END
$$;

-- It also acts when a statement sets heartbeat_mark itself, and (ALWAYS) in a session that has switched the triggers off.
CREATE TRIGGER mark_heartbeat BEFORE INSERT OR UPDATE OF status, updated_at, heartbeat_mark ON kb.object_extraction_jobs
FOR EACH ROW WHEN (
  NEW.status = 'running'
  AND (NEW.updated_at < NEW.heartbeat_mark OR NEW.updated_at > NEW.heartbeat_mark + interval '1 minute'))
EXECUTE FUNCTION kb.mark_heartbeat();
ALTER TABLE kb.object_extraction_jobs ENABLE ALWAYS TRIGGER mark_heartbeat;
