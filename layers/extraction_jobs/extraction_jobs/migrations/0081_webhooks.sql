-- A webhook for each organisation that wants one. Off until it is configured, and costs nothing while it is: the trigger is
-- not enabled here.

CREATE TABLE kb.extraction_webhooks (
  org_id          kb.tenant_id NOT NULL PRIMARY KEY,
  url             text         NOT NULL CHECK (length(url) <= 2000),
  secret          text         NOT NULL,
  created_at      timestamptz  NOT NULL DEFAULT now(),
  delivered_at    timestamptz,
  failures        integer      NOT NULL DEFAULT 0,
  failing_since   timestamptz,
  last_failure    text,
  disabled_at     timestamptz,
  disabled_reason text
);
COMMENT ON COLUMN kb.extraction_webhooks.secret IS 'What deliveries are signed with. Only the sweeper may read it.';
COMMENT ON COLUMN kb.extraction_webhooks.failures IS 'In a row: a delivery that succeeds sets it to 0.';

-- The outbox of webhooks: as kb.extraction_announcements, and apart from it, so that neither waits for the other.
CREATE TABLE kb.extraction_webhook_deliveries (
  id           uuid         NOT NULL DEFAULT kb.uuid_v7() PRIMARY KEY,
  org_id       kb.tenant_id NOT NULL REFERENCES kb.extraction_webhooks ON DELETE CASCADE,
  job_id       uuid         NOT NULL REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  at           timestamptz  NOT NULL DEFAULT now(),
  status       text         NOT NULL,
  detail       jsonb        NOT NULL,
  next_send_at timestamptz  NOT NULL DEFAULT now(),
  sends        integer      NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX extraction_webhook_deliveries_due ON kb.extraction_webhook_deliveries (org_id, next_send_at);
CREATE INDEX extraction_webhook_deliveries_job ON kb.extraction_webhook_deliveries (job_id);

-- What a job is and how it ended; nothing of its document, and no error, which may quote what a caller sent.
CREATE FUNCTION kb.ending_of(job kb.object_extraction_jobs, from_status text) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
  SELECT jsonb_build_object(
    'job_id', job.id, 'org_id', job.org_id, 'project_id', job.project_id,
    'status', job.status, 'from_status', from_status, 'revision', job.revision,
    'source_type', job.source_type, 'source_id', job.source_id,
    'attempt', job.attempt, 'max_attempts', job.max_attempts, 'objects_found', job.objects_found,
    'created_at', job.created_at, 'completed_at', job.completed_at)
$$;
CREATE OR REPLACE FUNCTION kb.announce_ending() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO kb.extraction_announcements (job_id, status, detail)
  VALUES (NEW.id, NEW.status, kb.ending_of(NEW, OLD.status));
  RETURN NULL;
END
$$;

-- It runs as its owner, so that whoever ends a job needs no right to read webhooks.
CREATE FUNCTION kb.announce_to_webhook() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO kb.extraction_webhook_deliveries (org_id, job_id, status, detail)
  SELECT NEW.org_id, NEW.id, NEW.status, kb.ending_of(NEW, OLD.status)
  FROM kb.extraction_webhooks WHERE org_id = NEW.org_id AND disabled_at IS NULL;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION kb.announce_to_webhook() FROM PUBLIC;

CREATE TRIGGER announce_to_webhook AFTER UPDATE ON kb.object_extraction_jobs
FOR EACH ROW WHEN (
  NEW.status <> OLD.status AND NEW.status IN ('completed', 'requires_review', 'failed', 'cancelled'))
EXECUTE FUNCTION kb.announce_to_webhook();
ALTER TABLE kb.object_extraction_jobs DISABLE TRIGGER announce_to_webhook;
