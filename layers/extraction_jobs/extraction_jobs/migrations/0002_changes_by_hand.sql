-- A person in psql is a caller like any other. Behind a connection pooler no session setting can tell
-- the product's statements from a person's, so the row tells: each of ours moves `revision`.
-- The WHEN clauses keep these functions out of every statement of the product's own.

CREATE FUNCTION kb.change_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
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

CREATE TRIGGER change_by_hand BEFORE UPDATE ON kb.object_extraction_jobs
FOR EACH ROW WHEN (
  NEW.revision = OLD.revision
  AND (NEW.status <> OLD.status
       OR NEW.status = 'pending' AND (NEW.updated_at <> OLD.updated_at OR NEW.run_after <> OLD.run_after)))
EXECUTE FUNCTION kb.change_by_hand();

CREATE FUNCTION kb.insert_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease, detail)
  VALUES (NEW.id, 'psql', NULL, NEW.status, 'Job was created by hand.', NEW.attempt, NEW.lease,
          jsonb_build_object('role', session_user));
  RETURN NULL;
END
$$;

CREATE TRIGGER insert_by_hand AFTER INSERT ON kb.object_extraction_jobs
FOR EACH ROW WHEN (NEW.revision = 0)
EXECUTE FUNCTION kb.insert_by_hand();
