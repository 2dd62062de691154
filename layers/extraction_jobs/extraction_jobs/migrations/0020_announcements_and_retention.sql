-- Telling others that a job has ended, and deleting what is old. Both are off until they are configured, and cost
-- nothing while they are: no statement of a job's life knows of them. Safe beside running code: new tables, columns
-- that are empty or have a constant default, and a trigger that is not enabled here.

-- The outbox of announcements: a row is written in the transaction of the change that it tells of, and goes when it
-- was sent. Its id is the same however often it is sent.
CREATE TABLE kb.extraction_announcements (
  id           uuid        NOT NULL DEFAULT kb.uuid_v7() PRIMARY KEY,
  job_id       uuid        NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  status       text        NOT NULL,
  detail       jsonb       NOT NULL,
  -- The worker that ended the job sends at once; the sweep, what is left by then.
  next_send_at timestamptz NOT NULL DEFAULT now() + interval '15 seconds',
  sends        integer     NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX extraction_announcements_due ON kb.extraction_announcements (next_send_at);
CREATE INDEX extraction_announcements_job ON kb.extraction_announcements (job_id);

-- What a job is and how it ended; nothing of its document, and no error, which may quote what a caller sent.
CREATE FUNCTION kb.announce_ending() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO kb.extraction_announcements (job_id, status, detail)
  VALUES (NEW.id, NEW.status, jsonb_build_object(
    'job_id', NEW.id, 'org_id', NEW.org_id, 'project_id', NEW.project_id,
    'status', NEW.status, 'from_status', OLD.status, 'revision', NEW.revision,
    'source_type', NEW.source_type, 'source_id', NEW.source_id,
    'attempt', NEW.attempt, 'max_attempts', NEW.max_attempts, 'objects_found', NEW.objects_found,
    'created_at', NEW.created_at, 'completed_at', NEW.completed_at));
  RETURN NULL;
END
$$;

-- A trigger and not a clause of each statement: a job ends in a dozen of them, and by hand.
CREATE TRIGGER announce_ending AFTER UPDATE ON kb.object_extraction_jobs
FOR EACH ROW WHEN (
  NEW.status <> OLD.status AND NEW.status IN ('completed', 'requires_review', 'failed', 'cancelled'))
EXECUTE FUNCTION kb.announce_ending();
ALTER TABLE kb.object_extraction_jobs DISABLE TRIGGER announce_ending;

ALTER TABLE kb.object_extraction_jobs ADD COLUMN results_deleted_at timestamptz;
COMMENT ON COLUMN kb.object_extraction_jobs.results_deleted_at IS
  'When retention deleted what the job had read and found by then.';

-- How far the deletion of a part has come: everything of that part is gone of the jobs that ended before (and, of
-- those that ended at that very moment, up to that id). So a sweep begins where the last one ended.
CREATE TABLE kb.extraction_retention (
  part       text        NOT NULL PRIMARY KEY CHECK (part IN ('history', 'results')),
  through    timestamptz NOT NULL DEFAULT '-infinity',
  through_id uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO kb.extraction_retention (part) VALUES ('history'), ('results');

ALTER TABLE kb.extraction_sweeps
  ADD COLUMN announced         integer NOT NULL DEFAULT 0,
  ADD COLUMN jobs_deleted      integer NOT NULL DEFAULT 0,
  ADD COLUMN histories_deleted integer NOT NULL DEFAULT 0,
  ADD COLUMN results_deleted   integer NOT NULL DEFAULT 0;
