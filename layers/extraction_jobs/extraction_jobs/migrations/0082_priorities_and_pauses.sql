-- Which of its organisation's jobs goes first: an enum, because its order is the order, and a constant default of it rewrites
-- no row. Code that does not know the column makes jobs of the normal priority.
CREATE TYPE kb.priority AS ENUM ('high', 'normal', 'low');
ALTER TABLE kb.object_extraction_jobs ADD COLUMN priority kb.priority NOT NULL DEFAULT 'normal';
COMMENT ON COLUMN kb.object_extraction_jobs.next_dispatch_at IS
  'When the sweep is to send the message of a pending job. infinity: the job is held until its project is resumed.';

-- Projects whose jobs wait. One that was resumed stays here until a sweep has released all its jobs.
CREATE TABLE kb.extraction_pauses (
  org_id     kb.tenant_id NOT NULL,
  project_id kb.tenant_id NOT NULL,
  paused_at  timestamptz  NOT NULL DEFAULT now(),
  paused_by  kb.caller    NOT NULL DEFAULT session_user,
  reason     text         CHECK (length(reason) <= 500),
  resumed_at timestamptz,
  PRIMARY KEY (org_id, project_id)
);
COMMENT ON TABLE kb.extraction_pauses IS 'Projects of which no job is started. Deleting a row resumes its project.';

-- Whoever deletes a pause by hand means to resume the project: the sweep is to find it.
CREATE FUNCTION kb.resume_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE kb.extraction_pauses SET resumed_at = now() WHERE org_id = OLD.org_id AND project_id = OLD.project_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER resume_by_hand BEFORE DELETE ON kb.extraction_pauses
FOR EACH ROW WHEN (OLD.resumed_at IS NULL) EXECUTE FUNCTION kb.resume_by_hand();
