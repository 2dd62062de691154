-- Every statement that changes a job, in the order of its life: here until a worker holds it, then running.sql, by_hand.sql,
-- sweep.sql. One statement is one transaction. What several have in common, `:name`, is in parts.sql.
--
-- The rules that all of them keep (docs/decisions/0001-fence.md):
--   * every change of status moves `revision` by one and writes one event in the same statement;
--   * every write of an attempt carries its fence: id, lease, status = 'running'. No row back = the lease is lost;
--   * the time is the database's now(), never a caller's;
--   * what is looked for is locked as it is found (FOR UPDATE rechecks the conditions on the row's newest version),
--     so the UPDATE that follows in the same statement needs no second look;
--   * what names a job by its id compares the status in another collation, which changes nothing but the plan: no index of
--     the running or the pending fits then. Statistics that say "hardly any" would make the planner read all of them;
--   * what is locked is written by its place (ctid), which cannot change while the lock is held: by id, a planner that
--     expects many rows reads the whole table to find them. A row that another wrote in the very moment before it was
--     locked is passed over: its place is not yet in this statement's snapshot. The next sweep, or try, sees it.

-- name: create_job
-- A new pending job. No row back: the idempotency key is taken (see find_idempotent). Its message is to be sent now if it
-- is `sendable`.
WITH given AS MATERIALIZED (
  SELECT kb.uuid_v7() AS id, %(org_id)s::text AS org_id, %(project_id)s::text AS project_id,
         %(source_type)s::text AS source_type, %(source_id)s::text AS source_id, %(source_uri)s::text AS source_uri,
         %(source_metadata)s::jsonb AS source_metadata, %(extraction_config)s::jsonb AS extraction_config,
         %(max_attempts)s::integer AS max_attempts, %(timeout_minutes)s::double precision AS timeout_minutes,
         %(caller)s::text AS created_by, %(idempotency_key)s::text AS idempotency_key,
         %(request_digest)s::text AS request_digest, %(trace)s::text AS trace,
         coalesce(octet_length(%(source_text)s::text), 0) + coalesce(octet_length(%(source_bytes)s::bytea), 0) AS kept_bytes,
         %(priority)s::kb.priority AS priority, greatest(%(run_after)s::timestamptz, now()) AS run_after
), created AS (
  :insert_given
  ON CONFLICT (org_id, project_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING :columns, next_dispatch_at = 'infinity' AS held
), document AS (
  INSERT INTO kb.extraction_documents (job_id, content, content_bytes, given_type)
  SELECT id, %(source_text)s, %(source_bytes)s, %(source_media_type)s FROM created
  WHERE %(source_text)s::text IS NOT NULL OR %(source_bytes)s::bytea IS NOT NULL
), noted AS (:created_event)
SELECT *, NOT held AND run_after <= now() AS sendable,
       CASE WHEN run_after > now() THEN 'time' WHEN held THEN 'resume' ELSE 'worker' END AS waits_for
FROM created;

-- name: create_jobs
-- Many new pending jobs of one request at once, one array per column. An idempotency key that is taken is an error: all or
-- none. Their ids are one random id whose last 20 bits count, so that they sort as in the request, and one job costs no
-- random number of its own.
WITH first AS MATERIALIZED (
  SELECT left(kb.uuid_v7()::text, 31) AS id
), given AS MATERIALIZED (
  SELECT (first.id || lpad(to_hex(number), 5, '0'))::uuid AS id, %(org_id)s::text AS org_id, %(project_id)s::text AS project_id,
         asked.*, %(caller)s::text AS created_by, %(idempotency_key)s::text || '/' || number AS idempotency_key,
         %(request_digest)s::text AS request_digest, %(trace)s::text AS trace,
         coalesce(octet_length(source_text), 0) + coalesce(octet_length(source_bytes), 0) AS kept_bytes,
         greatest(earliest, now()) AS run_after
  FROM first CROSS JOIN ROWS FROM (
    unnest(%(source_type)s::text[], %(source_id)s::text[], %(source_uri)s::text[], %(max_attempts)s::integer[],
      %(timeout_minutes)s::double precision[], %(source_text)s::text[], %(source_bytes)s::bytea[],
      %(source_media_type)s::text[], %(priority)s::kb.priority[], %(run_after)s::timestamptz[]),
    jsonb_array_elements(%(source_metadata)s::jsonb), jsonb_array_elements(%(extraction_config)s::jsonb)
  ) WITH ORDINALITY AS asked (source_type, source_id, source_uri, max_attempts, timeout_minutes, source_text,
                              source_bytes, source_media_type, priority, earliest, source_metadata, extraction_config, number)
), created AS (
  :insert_given
  RETURNING id, attempt, lease, created_by, run_after, next_dispatch_at = 'infinity' AS held
), documents AS (
  INSERT INTO kb.extraction_documents (job_id, content, content_bytes, given_type)
  SELECT id, source_text, source_bytes, source_media_type FROM given
  WHERE source_text IS NOT NULL OR source_bytes IS NOT NULL
), noted AS (:created_event)
SELECT id, NOT held AND run_after <= now() AS sendable FROM created;

-- name: note_dispatched
-- guards: revision, SKIP LOCKED
-- The messages of these (id, revision) pairs were sent. A job that has moved on since is left alone: its revision tells, and
-- the status need not be asked for. What another holds at this moment is passed over, so that no two notes wait for each
-- other's jobs; at worst its message is sent twice.
-- The next send backs off, from when the queue lets this one go: after, 2 × after, 4 × after ... at most redispatch_max.
WITH sent AS (
  SELECT own.place, due_in_seconds
  FROM unnest(%(ids)s::uuid[], %(revisions)s::bigint[], %(due_in_seconds)s::double precision[])
    AS message (id, revision, due_in_seconds)
  -- Looked up one by one: of a join a planner compares each message with each job.
  CROSS JOIN LATERAL (
    SELECT ctid AS place FROM kb.object_extraction_jobs
    WHERE id = message.id AND revision = message.revision FOR UPDATE SKIP LOCKED
  ) AS own
)
UPDATE kb.object_extraction_jobs AS job
SET dispatched_at = now(), dispatch_count = dispatch_count + 1,
    next_dispatch_at = greatest(now() + sent.due_in_seconds * interval '1 second', run_after)
      + least(%(redispatch_after)s * power(2, least(dispatch_count, 20)), %(redispatch_max)s)
FROM sent WHERE job.ctid = sent.place RETURNING job.id;

-- name: hold
-- guards: status, paused
-- A message came for a job whose project is paused.
WITH held AS (
  UPDATE kb.object_extraction_jobs AS job SET :held
  WHERE id = %(job_id)s AND status COLLATE "C" = 'pending' AND :paused
  RETURNING id, attempt, lease
), noted AS (:event(held, 'worker', 'pending', 'pending', %(reason)s, NULL))
SELECT id FROM held;

-- name: put_off
-- A message came so long before its job is due that no queue can hold one back until then: the sweep sends it at its time.
UPDATE kb.object_extraction_jobs AS job
SET next_dispatch_at = run_after, dispatched_at = NULL, dispatch_count = 0
WHERE id = %(job_id)s AND status COLLATE "C" = 'pending'
RETURNING id;

-- name: give_up_on_message
-- guards: revision
-- SQS gave up on the very message that was this pending job's nudge, and nothing has happened since. That is never the
-- job's own fault: no worker could start it. So it stays pending and is sent again, which moves it on from the
-- message's siblings; only when the messages of `enough` revisions in a row have died is it failed.
WITH died AS (
  SELECT count(*) + 1 < %(enough)s AS again,
         CASE WHEN count(*) + 1 < %(enough)s THEN %(sent_again)s ELSE %(gave_up)s END AS reason
  FROM kb.extraction_job_events
  WHERE job_id = %(job_id)s AND actor = 'dead_letters'
    AND id > (SELECT max(id) FROM kb.extraction_job_events WHERE job_id = %(job_id)s AND actor <> 'dead_letters')
), ended AS (
  UPDATE kb.object_extraction_jobs
  SET :pending_if(died.again), next_dispatch_at = now(), error_message = kb.appended(error_message, reason)
  FROM died
  WHERE id = %(job_id)s AND revision = %(revision)s AND status COLLATE "C" = 'pending'
  RETURNING id, status, attempt, lease, reason
), noted AS (:event(ended, 'dead_letters', 'pending', status, reason, NULL))
SELECT status FROM ended;
