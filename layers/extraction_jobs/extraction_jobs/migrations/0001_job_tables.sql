-- The tables of a job's life. docs/decisions/ says why they look like this; the life itself is in ../sql/lifecycle.sql.

CREATE SCHEMA IF NOT EXISTS kb;

-- UUIDv7 (RFC 9562: 48 bits of Unix milliseconds, version, random), so that ids sort by age.
-- Postgres 18 has uuidv7(); this runs on 14 and later alike.
CREATE FUNCTION kb.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
  SELECT encode(
    set_bit(
      set_bit(
        overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6),
        52, 1),
      53, 1),
    'hex')::uuid
$$;

-- What a column may hold is said by its type, not by CHECK constraints of the table: a domain is checked where a
-- statement sets the column, while each CHECK is read and planned anew by every single statement that touches a row.
-- Seventeen of them were a quarter of the server's work on a job.
CREATE DOMAIN kb.job_status AS text CHECK (VALUE IN
  ('pending', 'running', 'completed', 'requires_review', 'failed', 'cancelled'));
CREATE DOMAIN kb.actor AS text CHECK (VALUE IN ('api', 'worker', 'sweeper', 'dead_letters', 'psql'));
CREATE DOMAIN kb.tenant_id AS text CHECK (length(VALUE) BETWEEN 1 AND 200);
CREATE DOMAIN kb.source_type AS text CHECK (length(VALUE) BETWEEN 1 AND 50);
CREATE DOMAIN kb.source_id AS text CHECK (length(VALUE) <= 500);
CREATE DOMAIN kb.source_uri AS text CHECK (length(VALUE) <= 2000);
CREATE DOMAIN kb.caller AS text CHECK (length(VALUE) <= 500);
CREATE DOMAIN kb.idempotency_key AS text CHECK (length(VALUE) BETWEEN 1 AND 255);
CREATE DOMAIN kb.count AS integer CHECK (VALUE >= 0);
CREATE DOMAIN kb.attempts AS integer CHECK (VALUE BETWEEN 1 AND 100);
CREATE DOMAIN kb.lease AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN kb.json_object AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');
CREATE DOMAIN kb.minutes AS double precision CHECK (VALUE > 0);

CREATE TABLE kb.object_extraction_jobs (
  id                uuid        NOT NULL DEFAULT kb.uuid_v7() PRIMARY KEY,
  org_id            kb.tenant_id NOT NULL,
  project_id        kb.tenant_id NOT NULL,
  status            kb.job_status NOT NULL DEFAULT 'pending',

  source_type       kb.source_type NOT NULL,
  source_id         kb.source_id,
  source_uri        kb.source_uri,
  source_metadata   kb.json_object NOT NULL DEFAULT '{}',
  extraction_config kb.json_object NOT NULL DEFAULT '{}',

  -- Budget: an attempt is counted when it starts.
  attempt           kb.count    NOT NULL DEFAULT 0,
  max_attempts      kb.attempts NOT NULL DEFAULT 3,

  -- The fence: the number of the latest claim. It never goes back.
  lease             kb.lease    NOT NULL DEFAULT 0,
  -- How many status changes the row has seen. Each of the product's statements moves it by one;
  -- a change of status that leaves it alone was written by hand (see the trigger below).
  revision          bigint      NOT NULL DEFAULT 0,

  run_after         timestamptz NOT NULL DEFAULT now(),
  timeout_minutes   kb.minutes,
  started_at        timestamptz,
  deadline_at       timestamptz,
  updated_at        timestamptz NOT NULL DEFAULT now(),
  created_at        timestamptz NOT NULL DEFAULT now(),
  completed_at      timestamptz,
  created_by        kb.caller,

  -- The row is the outbox: dispatched_at is when its message was last sent since the last change of
  -- status (null: not yet), next_dispatch_at when the sweeper is to send one if the job is still pending.
  dispatched_at     timestamptz,
  dispatch_count    kb.count    NOT NULL DEFAULT 0,
  next_dispatch_at  timestamptz NOT NULL DEFAULT now(),

  idempotency_key   kb.idempotency_key,
  request_digest    text,

  error_message     text,
  total_items       kb.count    NOT NULL DEFAULT 0,
  processed_items   kb.count    NOT NULL DEFAULT 0,
  successful_items  kb.count    NOT NULL DEFAULT 0,
  failed_items      kb.count    NOT NULL DEFAULT 0,
  discovered_types  text[]      NOT NULL DEFAULT '{}'
) WITH (
  -- Rows are rewritten a few times in quick succession and then rest: vacuum and statistics must keep up
  -- with a burst, not with a fifth of a table of millions.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02
);

COMMENT ON TABLE kb.object_extraction_jobs IS 'Extraction jobs. Setting status to pending by hand is a manual retry.';
COMMENT ON COLUMN kb.object_extraction_jobs.updated_at IS 'Of a running job: its last heartbeat.';
COMMENT ON COLUMN kb.object_extraction_jobs.total_items IS 'Chunks of the document; processed, successful and failed count the same.';

-- Lists and counts, newest first: ids are UUIDv7.
CREATE INDEX object_extraction_jobs_list ON kb.object_extraction_jobs (org_id, project_id, status, id DESC);
-- What a sweep reads. Partial, so that its cost follows the running and the pending, not the table.
CREATE INDEX object_extraction_jobs_heartbeat ON kb.object_extraction_jobs (updated_at) WHERE status = 'running';
CREATE INDEX object_extraction_jobs_deadline ON kb.object_extraction_jobs (deadline_at) WHERE status = 'running';
CREATE INDEX object_extraction_jobs_dispatch ON kb.object_extraction_jobs (next_dispatch_at) INCLUDE (run_after) WHERE status = 'pending';
CREATE INDEX object_extraction_jobs_completed ON kb.object_extraction_jobs (completed_at) WHERE completed_at IS NOT NULL;
CREATE UNIQUE INDEX object_extraction_jobs_idempotency ON kb.object_extraction_jobs (org_id, project_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

-- History. No foreign key: it outlives its job, and a check on each line would cost as much as the line.
CREATE TABLE kb.extraction_job_events (
  job_id      uuid        NOT NULL,
  id          bigint      GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL DEFAULT now(),
  actor       kb.actor    NOT NULL,
  from_status text,
  to_status   text        NOT NULL,
  reason      text        NOT NULL,
  attempt     integer     NOT NULL,
  lease       bigint      NOT NULL,
  detail      jsonb,
  PRIMARY KEY (job_id, id)
);

-- Checkpoints: finished chunks, kept so that the next attempt does not redo them.
CREATE TABLE kb.extraction_chunks (
  job_id      uuid        NOT NULL REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  chunk_index integer     NOT NULL CHECK (chunk_index >= 0),
  plan_digest text        NOT NULL,
  lease       bigint      NOT NULL,
  attempt     integer     NOT NULL,
  result      jsonb       NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, chunk_index)
);

-- The source as it was given inline (content) and as it was read: text is what every span points into.
CREATE TABLE kb.extraction_documents (
  job_id      uuid        NOT NULL PRIMARY KEY REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  content     text,
  given_type  text,
  text        text,
  media_type  text,
  title       text,
  digest      text,
  read_at     timestamptz
);

-- Results. lease tells the claim that brought them, so that a second result replaces a first in one statement.
CREATE TABLE kb.extracted_objects (
  job_id      uuid        NOT NULL REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  lease       bigint      NOT NULL,
  ordinal     integer     NOT NULL,
  id          uuid        NOT NULL,
  type        text        NOT NULL,
  properties  jsonb       NOT NULL,
  evidence    jsonb       NOT NULL,
  confidence  real        NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  span_start  integer     NOT NULL,
  span_end    integer     NOT NULL CHECK (span_end >= span_start),
  PRIMARY KEY (job_id, lease, ordinal)
);

CREATE TABLE kb.extracted_relationships (
  job_id       uuid       NOT NULL REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  lease        bigint     NOT NULL,
  ordinal      integer    NOT NULL,
  type         text       NOT NULL,
  from_ordinal integer    NOT NULL,
  to_ordinal   integer    NOT NULL,
  confidence   real       NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  PRIMARY KEY (job_id, lease, ordinal)
);

-- What each sweep did, a week of it.
CREATE TABLE kb.extraction_sweeps (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz NOT NULL DEFAULT now(),
  recovered    integer     NOT NULL,
  failed       integer     NOT NULL,
  redispatched integer     NOT NULL,
  errors       text[]      NOT NULL DEFAULT '{}'
);
CREATE INDEX extraction_sweeps_finished ON kb.extraction_sweeps (finished_at);
