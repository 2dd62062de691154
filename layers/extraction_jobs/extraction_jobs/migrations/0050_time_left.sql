-- What remains of a job's hard limit while it waits between two invocations. The limit counts the time that somebody holds
-- the job; a deadline that stays on the row counts the time in a backlog too. Code that does not know the column gives
-- the next invocation a whole limit, once.
ALTER TABLE kb.object_extraction_jobs ADD COLUMN time_left interval;
COMMENT ON COLUMN kb.object_extraction_jobs.time_left IS
  'Of a pending job that was handed over: what remains of its hard limit. Null: all of it.';

-- A change by hand is a fresh start: kb.change_by_hand as in 0002, and nothing is left of an earlier limit.
CREATE OR REPLACE FUNCTION kb.change_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  NEW.time_left := NULL;
  IF NEW.status = 'pending' THEN
    -- A manual retry by other means: a fresh budget, due at once (or when the statement says), unsent.
    NEW.attempt := 0;
    IF NEW.run_after = OLD.run_after THEN
      NEW.run_after := now();
    END IF;
    NEW.deadline_at := NULL;
    NEW.completed_at := NULL;
    NEW.dispatched_at := NULL;
    NEW.dispatch_count := 0;
    NEW.next_dispatch_at := NEW.run_after;
  ELSIF NEW.status = 'running' THEN
    -- Nobody holds this: a new lease fences whoever held the last one. No deadline; the heartbeat is
    -- what the statement says it is, and the sweeper judges it as any other.
    NEW.lease := OLD.lease + 1;
    NEW.started_at := coalesce(NEW.started_at, NEW.updated_at);
    NEW.deadline_at := NULL;
    NEW.completed_at := NULL;
  ELSE
    NEW.completed_at := coalesce(NEW.completed_at, now());
  END IF;
  INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease, detail)
  VALUES (NEW.id, 'psql', OLD.status, NEW.status, 'Status was set by hand.', NEW.attempt, NEW.lease,
          jsonb_build_object('role', session_user));
  RETURN NEW;
END
$$;
