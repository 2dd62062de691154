-- A sweep finds the jobs that are held by the pause of their project. So the row of a pause stays until none is held any more,
-- whoever deletes it, and ten minutes after its end: a statement that began before the resume may hold a job after it.
CREATE OR REPLACE FUNCTION kb.resume_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF OLD.resumed_at IS NULL THEN
    UPDATE kb.extraction_pauses SET resumed_at = now() WHERE org_id = OLD.org_id AND project_id = OLD.project_id;
    RETURN NULL;
  ELSIF OLD.resumed_at >= now() - interval '10 minutes' OR EXISTS (
    SELECT FROM unnest(enum_range(NULL::kb.priority)) AS of_its (priority)
    JOIN kb.object_extraction_jobs AS job ON lower(status) = 'pending' AND job.project_id = OLD.project_id
      AND (job.org_id, (dispatched_at IS NOT NULL), job.priority, next_dispatch_at)
        = (OLD.org_id, false, of_its.priority, 'infinity')
  ) THEN
    RETURN NULL;
  END IF;
  RETURN OLD;
END
$$;
DROP TRIGGER resume_by_hand ON kb.extraction_pauses;
CREATE TRIGGER resume_by_hand BEFORE DELETE ON kb.extraction_pauses FOR EACH ROW EXECUTE FUNCTION kb.resume_by_hand();
