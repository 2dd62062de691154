-- Who may do what in the database: a role for each function, which can do what that function's statements need and
-- nothing else; and a second wall between organisations for the one that tenants talk to. Applied by the migrations'
-- function where DATABASE_ROLES is true; running it again changes nothing. The tables' owner is bound by none of it, so
-- neither is a person in psql who logs in as the owner.

-- Logging in is IAM's to allow where there is RDS; elsewhere give them passwords.
DO $$
DECLARE
  wanted text;
  setting text[];
BEGIN
  FOREACH wanted IN ARRAY ARRAY['api', 'worker', 'sweeper', 'dead_letters'] LOOP
    wanted := 'extraction_jobs_' || wanted;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
      EXECUTE format('GRANT rds_iam TO %I', wanted);
    END IF;
    -- On the role, because a proxy refuses start-up options and a SET would pin its connection. session.py says why each.
    FOREACH setting SLICE 1 IN ARRAY ARRAY[:settings] LOOP
      IF current_setting(setting[1], true) IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I SET %I = %L', wanted, setting[1], setting[2]);
      END IF;
    END LOOP;
  END LOOP;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA kb
  FROM PUBLIC, extraction_jobs_api, extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters;
GRANT USAGE ON SCHEMA kb
  TO extraction_jobs_api, extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters;

-- ------------------------------------------------------------------ what each needs
GRANT SELECT ON kb.object_extraction_jobs
  TO extraction_jobs_api, extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters;
GRANT SELECT, INSERT ON kb.extraction_job_events
  TO extraction_jobs_api, extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters;

-- A job can be made and set back; whose it is, what it asks for, and its lease are nobody's to change.
GRANT INSERT ON kb.object_extraction_jobs TO extraction_jobs_api;
GRANT UPDATE (status, revision, attempt, run_after, deadline_at, time_left, completed_at, dispatched_at,
              dispatch_count, next_dispatch_at, error_message, updated_at)
  ON kb.object_extraction_jobs TO extraction_jobs_api, extraction_jobs_sweeper, extraction_jobs_dead_letters;
GRANT SELECT, INSERT ON kb.extraction_documents TO extraction_jobs_api;
GRANT SELECT ON kb.extracted_objects, kb.extracted_relationships, kb.extraction_sweeps TO extraction_jobs_api;
-- A reviewer corrects values; what was asked for, and where, stays.
GRANT UPDATE (properties, evidence, confidence) ON kb.extracted_objects TO extraction_jobs_api;
-- With a job goes everything that is its own (migrations/0040), which needs no right of the one who deletes it. Only jobs
-- that have ended: see the policy below.
GRANT DELETE ON kb.object_extraction_jobs TO extraction_jobs_api;

GRANT UPDATE ON kb.object_extraction_jobs TO extraction_jobs_worker;
GRANT SELECT, INSERT, UPDATE ON kb.extraction_documents TO extraction_jobs_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON kb.extraction_chunks, kb.extraction_pages TO extraction_jobs_worker;
GRANT SELECT, INSERT, DELETE ON kb.extracted_objects, kb.extracted_relationships TO extraction_jobs_worker;

GRANT SELECT, INSERT, DELETE ON kb.extraction_sweeps TO extraction_jobs_sweeper;
-- Retention: what is old goes, where that is configured.
GRANT UPDATE (results_deleted_at, kept_bytes) ON kb.object_extraction_jobs TO extraction_jobs_sweeper;
GRANT DELETE ON kb.object_extraction_jobs, kb.extraction_job_events TO extraction_jobs_sweeper;
GRANT SELECT, DELETE
  ON kb.extraction_documents, kb.extraction_chunks, kb.extraction_pages, kb.extracted_objects, kb.extracted_relationships
  TO extraction_jobs_sweeper;
GRANT SELECT, UPDATE ON kb.extraction_retention TO extraction_jobs_sweeper;

-- What an organisation may have, and has. The bounds are set by the owner.
GRANT SELECT ON kb.extraction_bounds, kb.extraction_use, kb.extraction_spending TO extraction_jobs_api;
GRANT SELECT, INSERT, UPDATE ON kb.extraction_use TO extraction_jobs_sweeper;

-- Who is paused is set over the API; workers and sweeps keep to it.
GRANT SELECT, INSERT, UPDATE (paused_at, paused_by, reason, resumed_at) ON kb.extraction_pauses TO extraction_jobs_api;
GRANT SELECT ON kb.extraction_pauses TO extraction_jobs_worker;
GRANT SELECT, DELETE ON kb.extraction_pauses TO extraction_jobs_sweeper;

-- Announcements are written by whoever ends a job, and sent by the worker and the sweeper.
GRANT INSERT ON kb.extraction_announcements
  TO extraction_jobs_api, extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters;
GRANT SELECT, UPDATE, DELETE ON kb.extraction_announcements TO extraction_jobs_worker, extraction_jobs_sweeper;

-- Webhooks are set over the API, which cannot read a secret again, and called by the sweeper alone.
GRANT SELECT (org_id, url, created_at, delivered_at, failures, failing_since, last_failure, disabled_at, disabled_reason),
      INSERT, UPDATE, DELETE
  ON kb.extraction_webhooks TO extraction_jobs_api;
GRANT SELECT, UPDATE (delivered_at, failures, failing_since, last_failure, disabled_at, disabled_reason)
  ON kb.extraction_webhooks TO extraction_jobs_sweeper;
GRANT SELECT, UPDATE, DELETE ON kb.extraction_webhook_deliveries TO extraction_jobs_sweeper;

-- ------------------------------------------------------------------ the second wall
-- The api's statements name the organisation that a caller asks about; this holds them to those that its token lists,
-- whatever the statement says. A transaction says first for whom it acts. In a function, because a SET would pin a
-- proxy's connection, and for the transaction only, so that nothing of it is left for the next.
CREATE OR REPLACE FUNCTION kb.act_for(organisations text[]) RETURNS void
LANGUAGE sql
AS $$ SELECT set_config('kb.organisations', organisations::text, true) $$;

CREATE OR REPLACE FUNCTION kb.organisations() RETURNS text[]
LANGUAGE sql STABLE
AS $$ SELECT coalesce(nullif(current_setting('kb.organisations', true), ''), '{}')::text[] $$;

ALTER TABLE kb.object_extraction_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_job_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extracted_objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extracted_relationships ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_bounds ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_spending ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE kb.extraction_webhooks ENABLE ROW LEVEL SECURITY;

-- Not `org_id = ANY (...)`, for which a list would enter its index at the end of the organisation instead of its page.
DROP POLICY IF EXISTS own_organisations ON kb.object_extraction_jobs;
CREATE POLICY own_organisations ON kb.object_extraction_jobs TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
DROP POLICY IF EXISTS of_own_jobs ON kb.extraction_job_events;
CREATE POLICY of_own_jobs ON kb.extraction_job_events FOR SELECT TO extraction_jobs_api
  USING (EXISTS (SELECT FROM kb.object_extraction_jobs AS job WHERE job.id = job_id));
DROP POLICY IF EXISTS of_own_jobs ON kb.extraction_documents;
CREATE POLICY of_own_jobs ON kb.extraction_documents FOR SELECT TO extraction_jobs_api
  USING (EXISTS (SELECT FROM kb.object_extraction_jobs AS job WHERE job.id = job_id));
DROP POLICY IF EXISTS of_own_jobs ON kb.extracted_objects;
CREATE POLICY of_own_jobs ON kb.extracted_objects FOR SELECT TO extraction_jobs_api
  USING (EXISTS (SELECT FROM kb.object_extraction_jobs AS job WHERE job.id = job_id));
DROP POLICY IF EXISTS corrected ON kb.extracted_objects;
CREATE POLICY corrected ON kb.extracted_objects FOR UPDATE TO extraction_jobs_api
  USING (EXISTS (SELECT FROM kb.object_extraction_jobs AS job WHERE job.id = job_id));
DROP POLICY IF EXISTS of_own_jobs ON kb.extracted_relationships;
CREATE POLICY of_own_jobs ON kb.extracted_relationships FOR SELECT TO extraction_jobs_api
  USING (EXISTS (SELECT FROM kb.object_extraction_jobs AS job WHERE job.id = job_id));
DROP POLICY IF EXISTS own_organisations ON kb.extraction_bounds;
CREATE POLICY own_organisations ON kb.extraction_bounds TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
DROP POLICY IF EXISTS own_organisations ON kb.extraction_use;
CREATE POLICY own_organisations ON kb.extraction_use TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
DROP POLICY IF EXISTS own_organisations ON kb.extraction_spending;
CREATE POLICY own_organisations ON kb.extraction_spending TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
DROP POLICY IF EXISTS own_organisations ON kb.extraction_pauses;
CREATE POLICY own_organisations ON kb.extraction_pauses TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
DROP POLICY IF EXISTS own_organisations ON kb.extraction_webhooks;
CREATE POLICY own_organisations ON kb.extraction_webhooks TO extraction_jobs_api
  USING ((SELECT kb.organisations())::text[] @> ARRAY[org_id::text]);
-- A job is made together with its first line of history and its document, in one statement, which does not see the
-- job it makes yet. Neither table lets a row be changed.
DROP POLICY IF EXISTS added ON kb.extraction_job_events;
CREATE POLICY added ON kb.extraction_job_events FOR INSERT TO extraction_jobs_api WITH CHECK (true);
DROP POLICY IF EXISTS added ON kb.extraction_documents;
CREATE POLICY added ON kb.extraction_documents FOR INSERT TO extraction_jobs_api WITH CHECK (true);

-- The others serve every organisation.
DROP POLICY IF EXISTS every_organisation ON kb.object_extraction_jobs;
CREATE POLICY every_organisation ON kb.object_extraction_jobs
  TO extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extraction_job_events;
CREATE POLICY every_organisation ON kb.extraction_job_events
  TO extraction_jobs_worker, extraction_jobs_sweeper, extraction_jobs_dead_letters USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extraction_documents;
CREATE POLICY every_organisation ON kb.extraction_documents TO extraction_jobs_worker, extraction_jobs_sweeper USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extracted_objects;
CREATE POLICY every_organisation ON kb.extracted_objects TO extraction_jobs_worker, extraction_jobs_sweeper USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extracted_relationships;
CREATE POLICY every_organisation ON kb.extracted_relationships
  TO extraction_jobs_worker, extraction_jobs_sweeper USING (true);

DROP POLICY IF EXISTS every_organisation ON kb.extraction_use;
CREATE POLICY every_organisation ON kb.extraction_use TO extraction_jobs_sweeper USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extraction_pauses;
CREATE POLICY every_organisation ON kb.extraction_pauses
  TO extraction_jobs_worker, extraction_jobs_sweeper USING (true);
DROP POLICY IF EXISTS every_organisation ON kb.extraction_webhooks;
CREATE POLICY every_organisation ON kb.extraction_webhooks TO extraction_jobs_sweeper USING (true);

-- Nobody deletes a job that is pending or running, whatever the statement says.
DROP POLICY IF EXISTS only_when_ended ON kb.object_extraction_jobs;
CREATE POLICY only_when_ended ON kb.object_extraction_jobs AS RESTRICTIVE FOR DELETE
  TO extraction_jobs_api, extraction_jobs_sweeper USING (status NOT IN ('pending', 'running'));
