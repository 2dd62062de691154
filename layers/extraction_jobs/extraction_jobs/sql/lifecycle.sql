-- Every statement that changes a job, in the order of its life. One statement is one transaction.
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
  SELECT %(org_id)s::text AS org_id, %(project_id)s::text AS project_id,
         greatest(%(run_after)s::timestamptz, now()) AS run_after
), created AS (
  INSERT INTO kb.object_extraction_jobs (
    org_id, project_id, source_type, source_id, source_uri, source_metadata, extraction_config,
    max_attempts, timeout_minutes, created_by, idempotency_key, request_digest, trace, kept_bytes, revision,
    priority, run_after, next_dispatch_at)
  SELECT org_id, project_id, %(source_type)s, %(source_id)s, %(source_uri)s, %(source_metadata)s,
         %(extraction_config)s, %(max_attempts)s, %(timeout_minutes)s, %(created_by)s, %(idempotency_key)s,
         %(request_digest)s, %(trace)s, %(kept_bytes)s, 1, %(priority)s::kb.priority, run_after, :first_dispatch
  FROM given
  ON CONFLICT (org_id, project_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING :columns, next_dispatch_at = 'infinity' AS held
), document AS (
  INSERT INTO kb.extraction_documents (job_id, content, content_bytes, given_type)
  SELECT id, %(source_text)s, %(source_bytes)s, %(source_media_type)s FROM created
  WHERE %(source_text)s::text IS NOT NULL OR %(source_bytes)s::bytea IS NOT NULL
), noted AS (
  :created_event
)
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
         asked.*, greatest(earliest, now()) AS run_after
  FROM first CROSS JOIN ROWS FROM (
    unnest(
      %(source_types)s::text[], %(source_ids)s::text[], %(source_uris)s::text[], %(max_attempts)s::integer[],
      %(timeout_minutes)s::double precision[], %(source_texts)s::text[], %(source_bytes)s::bytea[],
      %(source_media_types)s::text[], %(priorities)s::kb.priority[], %(run_after)s::timestamptz[]),
    jsonb_array_elements(%(source_metadata)s::jsonb),
    jsonb_array_elements(%(extraction_configs)s::jsonb)
  ) WITH ORDINALITY AS asked (source_type, source_id, source_uri, max_attempts, timeout_minutes, source_text,
                              source_bytes, source_media_type, priority, earliest, source_metadata, extraction_config, number)
), created AS (
  INSERT INTO kb.object_extraction_jobs (
    id, org_id, project_id, source_type, source_id, source_uri, source_metadata, extraction_config,
    max_attempts, timeout_minutes, created_by, idempotency_key, request_digest, trace,
    kept_bytes, revision, priority, run_after, next_dispatch_at)
  SELECT id, org_id, project_id, source_type, source_id, source_uri, source_metadata, extraction_config,
         max_attempts, timeout_minutes, %(caller)s, %(idempotency_key)s::text || '/' || number, %(request_digest)s, %(trace)s,
         coalesce(octet_length(source_text), 0) + coalesce(octet_length(source_bytes), 0), 1,
         priority, run_after, :first_dispatch
  FROM given
  RETURNING id, created_by, run_after, next_dispatch_at = 'infinity' AS held
), documents AS (
  INSERT INTO kb.extraction_documents (job_id, content, content_bytes, given_type)
  SELECT id, source_text, source_bytes, source_media_type FROM given
  WHERE source_text IS NOT NULL OR source_bytes IS NOT NULL
), noted AS (
  :created_event
)
SELECT id, NOT held AND run_after <= now() AS sendable FROM created;

-- name: note_dispatched
-- guards: revision, SKIP LOCKED
-- The messages of these (id, revision) pairs were sent. A job that has moved on since is left alone: its revision
-- tells. The status is not asked for: a planner whose statistics say "hardly any pending" would go through all pending
-- jobs for each message. What another holds at this moment is passed over, so that no two notes wait for each other's
-- jobs; at worst its message is sent twice.
-- The next send backs off, from when the queue lets this one go: after, 2 × after, 4 × after ... at most redispatch_max.
WITH sent AS (
  SELECT job.ctid AS place, due_in_seconds
  FROM unnest(%(ids)s::uuid[], %(revisions)s::bigint[], %(due_in_seconds)s::double precision[])
    AS message (id, revision, due_in_seconds)
  JOIN kb.object_extraction_jobs AS job ON job.id = message.id AND job.revision = message.revision
  -- Says nothing that the join does not say; a planner that expects hardly any rows joins by the ids alone.
  WHERE job.id = ANY (%(ids)s)
  FOR UPDATE OF job SKIP LOCKED
)
UPDATE kb.object_extraction_jobs AS job
SET dispatched_at = now(),
    dispatch_count = dispatch_count + 1,
    next_dispatch_at = greatest(now() + sent.due_in_seconds * interval '1 second', run_after)
      + least(%(redispatch_after)s * power(2, least(dispatch_count, 20)), %(redispatch_max)s)
FROM sent
WHERE job.ctid = sent.place
RETURNING job.id;

-- name: claim
-- guards: status, run_after, attempt, paused, gives_way, FOR UPDATE, SET attempt, SET lease, SET time_left
-- pending -> running. An attempt is counted when it starts. After a hand-over it goes on with the time_left of its hard
-- limit: the limit counts the time that somebody holds the job, and not the time that it waits. A job that `gives_way` is
-- left for one of a higher priority, unless its message was sent too often for that.
WITH due AS (
  SELECT ctid AS place FROM kb.object_extraction_jobs AS job
  WHERE id = %(job_id)s AND status COLLATE "C" = 'pending' AND run_after <= now() AND attempt < max_attempts
    AND NOT (:paused)
    AND (NOT %(gives_way)s OR priority = 'high' OR dispatch_count > %(most_ways)s OR NOT EXISTS (:higher))
  FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'running',
      attempt = attempt + 1,
      lease = lease + 1,
      revision = revision + 1,
      started_at = CASE WHEN time_left IS NULL THEN now() ELSE started_at END,
      deadline_at = now() + coalesce(time_left,
        least(coalesce(
            -- Cut before it is multiplied: an interval has no room for what a person may type.
            CASE WHEN timeout_minutes > 1e6 THEN 1e6 ELSE timeout_minutes END * interval '1 minute',
            %(job_timeout)s), %(max_job_timeout)s)),
      time_left = NULL,
      review_reason = NULL,
      updated_at = now()
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM due))
  RETURNING job.:columns
), noted AS (
  INSERT INTO :history
  SELECT id, 'worker', 'pending', 'running', 'A worker claimed the job.', attempt, lease,
         jsonb_build_object('worker', %(worker)s::text)
  FROM claimed
)
SELECT claimed.*, document.content AS source_text, document.content_bytes AS source_bytes,
       document.given_type AS source_media_type,
       extract(epoch FROM claimed.deadline_at - now())::double precision AS seconds_left
FROM claimed LEFT JOIN LATERAL (
  SELECT content, content_bytes, given_type FROM kb.extraction_documents WHERE job_id = claimed.id LIMIT 1
) AS document ON true;

-- name: why_not_claimed
-- What a claim that took nothing ran into. `higher`: a job that it is to give way to.
SELECT status, attempt, max_attempts,
       extract(epoch FROM run_after - now())::double precision AS due_in_seconds, revision, org_id, trace,
       :paused AS paused, next_dispatch_at = 'infinity' AS held,
       CASE WHEN %(gives_way)s THEN (:higher LIMIT 1) END AS higher
FROM kb.object_extraction_jobs AS job WHERE id = %(job_id)s;

-- name: hold
-- guards: status, paused
-- A message came for a job whose project is paused.
WITH changed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :held
  WHERE id = %(job_id)s AND status COLLATE "C" = 'pending' AND :paused
  RETURNING id, attempt, lease
)
INSERT INTO :history
SELECT id, 'worker', 'pending', 'pending', %(reason)s, attempt, lease, NULL FROM changed
RETURNING job_id;

-- name: put_off
-- A message came so long before its job is due that no queue can hold one back until then: the sweep sends it at its time.
UPDATE kb.object_extraction_jobs AS job
SET next_dispatch_at = run_after, dispatched_at = NULL, dispatch_count = 0
WHERE id = %(job_id)s AND status COLLATE "C" = 'pending'
RETURNING id;

-- name: heartbeat
-- guards: lease, status
UPDATE kb.object_extraction_jobs
SET updated_at = now()
WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
RETURNING extract(epoch FROM deadline_at - now())::double precision AS seconds_left;

-- name: find_page
-- guards: lease, status
-- What OCR read on a page in an earlier attempt; null if it did not. It is a heartbeat too: on the way through the pages
-- that are kept nothing else is written.
WITH held AS (
  UPDATE kb.object_extraction_jobs SET updated_at = now()
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id
)
SELECT kept.page FROM held LEFT JOIN kb.extraction_pages AS kept
  ON kept.job_id = held.id AND kept.document = %(document)s AND kept.number = %(number)s;

-- name: keep_page
-- guards: lease, status
-- One page that OCR has read; as checkpoint. Until the document is cut into chunks, its scanned pages are the items:
-- then the job has no extractor, whatever an earlier attempt came to.
WITH held AS (
  UPDATE kb.object_extraction_jobs
  SET updated_at = now(), total_items = %(total)s, processed_items = %(processed)s, successful_items = %(processed)s,
      failed_items = 0, extractor = NULL,
      :spent
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, lease, attempt, deadline_at
), kept AS (
  INSERT INTO kb.extraction_pages (job_id, document, number, lease, attempt, page)
  SELECT id, %(document)s, %(number)s, lease, attempt, %(page)s FROM held
  ON CONFLICT (job_id, document, number) DO UPDATE
  SET lease = excluded.lease, attempt = excluded.attempt, page = excluded.page, created_at = now()
)
SELECT extract(epoch FROM deadline_at - now())::double precision AS seconds_left FROM held;

-- name: start_chunks
-- guards: lease, status, plan_digest
-- The document was read and cut: store its text, drop checkpoints of another plan, give back those of this one
-- that succeeded, and those that failed in this very attempt (started_at is kept across its hand-overs): else each
-- slice would begin with the failing chunks again and never come to those behind them.
-- One row at least while the lease is held.
WITH held AS (
  UPDATE kb.object_extraction_jobs AS job
  SET updated_at = now(),
      total_items = %(total)s,
      processed_items = kept.chunks,
      successful_items = kept.chunks - kept.failed,
      failed_items = kept.failed,
      objects_found = kept.objects,
      extractor = %(extractor)s,
      kept_bytes = octet_length(%(text)s::text) + coalesce((
        SELECT coalesce(pg_column_size(content), 0) + coalesce(pg_column_size(content_bytes), 0)
        FROM kb.extraction_documents WHERE job_id = job.id), 0)
  FROM (
    SELECT count(*) AS chunks, count(*) FILTER (WHERE chunk.result ? 'error') AS failed,
           coalesce(sum((chunk.result ->> 'object_count')::integer), 0) AS objects
    FROM kb.extraction_chunks AS chunk JOIN kb.object_extraction_jobs AS own ON own.id = chunk.job_id
    WHERE chunk.job_id = %(job_id)s AND chunk.plan_digest = %(plan_digest)s
      AND (NOT chunk.result ? 'error' OR chunk.created_at >= own.started_at)
  ) AS kept
  WHERE job.id = %(job_id)s AND job.lease = %(lease)s AND job.status COLLATE "C" = 'running'
  RETURNING job.id, job.started_at
), document AS (
  :keep_document(held)
), stale AS (
  DELETE FROM kb.extraction_chunks AS chunk USING held
  WHERE chunk.job_id = held.id AND chunk.plan_digest <> %(plan_digest)s
)
SELECT chunk.chunk_index, chunk.result
FROM held LEFT JOIN kb.extraction_chunks AS chunk
  ON chunk.job_id = held.id AND chunk.plan_digest = %(plan_digest)s
  AND (NOT chunk.result ? 'error' OR chunk.created_at >= held.started_at)
ORDER BY chunk.chunk_index;

-- name: checkpoint
-- guards: lease, status
-- One finished chunk. It is a heartbeat too. The counts are absolute, so that a repeat after a lost reply is harmless.
WITH held AS (
  UPDATE kb.object_extraction_jobs
  SET updated_at = now(), processed_items = %(processed)s, successful_items = %(successful)s, failed_items = %(failed)s,
      objects_found = %(objects)s,
      :spent
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, lease, attempt, deadline_at
), kept AS (
  INSERT INTO kb.extraction_chunks (job_id, chunk_index, plan_digest, lease, attempt, result)
  SELECT id, %(chunk_index)s, %(plan_digest)s, lease, attempt, %(result)s FROM held
  ON CONFLICT (job_id, chunk_index) DO UPDATE
  SET plan_digest = excluded.plan_digest, lease = excluded.lease, attempt = excluded.attempt,
      result = excluded.result, created_at = now()
)
SELECT extract(epoch FROM deadline_at - now())::double precision AS seconds_left FROM held;

-- name: finish
-- guards: lease =, status
-- running -> completed | requires_review. The objects become visible here, all at once; what an earlier
-- result left (a finished job set back to pending by hand) goes in the same statement, and so do the checkpoints.
-- Of a document of one chunk it is the first write since the claim; then the text comes along.
WITH finished AS (
  UPDATE kb.object_extraction_jobs
  SET status = %(status)s, revision = revision + 1, updated_at = now(), completed_at = now(), deadline_at = NULL,
      discovered_types = %(discovered_types)s, objects_found = %(objects_found)s, coverage = %(coverage)s,
      review_reason = %(review_reason)s, results_deleted_at = NULL,
      total_items = coalesce(%(total)s, total_items), processed_items = coalesce(%(total)s, processed_items),
      successful_items = coalesce(%(total)s, successful_items), extractor = coalesce(%(extractor)s, extractor),
      kept_bytes = kept_bytes + coalesce(octet_length(%(text)s::text), 0) + pg_column_size(%(objects)s::jsonb),
      :spent
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, attempt, lease
), document AS (
  :keep_document(finished)
), objects AS (
  INSERT INTO kb.extracted_objects
    (job_id, lease, ordinal, id, type, properties, evidence, confidence, span_start, span_end)
  SELECT finished.id, finished.lease, o.ordinal, o.id, o.type, o.properties, o.evidence, o.confidence,
         o.span_start, o.span_end
  FROM finished, jsonb_to_recordset(%(objects)s) AS o (
    ordinal integer, id uuid, type text, properties jsonb, evidence jsonb, confidence real,
    span_start integer, span_end integer)
), relationships AS (
  INSERT INTO kb.extracted_relationships (job_id, lease, ordinal, type, from_ordinal, to_ordinal, confidence)
  SELECT finished.id, finished.lease, r.ordinal, r.type, r.from_ordinal, r.to_ordinal, r.confidence
  FROM finished, jsonb_to_recordset(%(relationships)s) AS r (
    ordinal integer, type text, from_ordinal integer, to_ordinal integer, confidence real)
), old_objects AS (
  DELETE FROM kb.extracted_objects AS o USING finished WHERE o.job_id = finished.id AND o.lease < finished.lease
), old_relationships AS (
  DELETE FROM kb.extracted_relationships AS r USING finished WHERE r.job_id = finished.id AND r.lease < finished.lease
), checkpoints AS (
  DELETE FROM kb.extraction_chunks AS chunk USING finished WHERE chunk.job_id = finished.id
), pages AS (
  DELETE FROM kb.extraction_pages AS page USING finished WHERE page.job_id = finished.id
)
INSERT INTO :history
SELECT id, 'worker', 'running', %(status)s, %(reason)s, attempt, lease, %(detail)s FROM finished
RETURNING job_id;

-- name: retry_later
-- guards: lease, status, SET deadline_at
-- running -> pending after an error worth another go, or -> failed when the budget is spent.
WITH ended AS (
  UPDATE kb.object_extraction_jobs
  SET status = CASE WHEN attempt < max_attempts THEN 'pending' ELSE 'failed' END,
      revision = revision + 1,
      run_after = CASE WHEN attempt < max_attempts THEN now() + %(backoff)s ELSE run_after END,
      completed_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END,
      deadline_at = NULL, dispatched_at = NULL, dispatch_count = 0,
      next_dispatch_at = now() + %(dispatch_grace)s,
      error_message = kb.appended(error_message, %(reason)s || CASE WHEN attempt < max_attempts THEN ''
        ELSE format(' Attempt %%s of %%s: the budget is spent.', attempt, max_attempts) END),
      :spent,
      updated_at = now()
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, status, attempt, lease, revision, run_after
), noted AS (
  INSERT INTO :history
  SELECT id, 'worker', 'running', status, %(reason)s, attempt, lease, NULL FROM ended
)
SELECT id, revision, status, extract(epoch FROM run_after - now())::double precision AS due_in_seconds FROM ended;

-- name: fail
-- guards: lease, status
-- running -> failed: an error that no retry would cure, or the hard limit.
WITH ended AS (
  UPDATE kb.object_extraction_jobs
  SET status = 'failed', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now(),
      error_message = kb.appended(error_message, %(reason)s),
      :spent
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, attempt, lease
)
INSERT INTO :history
SELECT id, 'worker', 'running', 'failed', %(reason)s, attempt, lease, NULL FROM ended
RETURNING job_id;

-- name: hand_over
-- guards: status
-- running -> pending because the invocation's time is up. It costs no attempt and keeps what is left of the hard limit
-- if this lease brought a checkpoint, of a chunk or a page; without one it counts, or it could go round for ever.
WITH slice AS (
  SELECT EXISTS (
    SELECT FROM kb.extraction_chunks WHERE job_id = %(job_id)s AND lease = %(lease)s
  ) OR EXISTS (
    SELECT FROM kb.extraction_pages WHERE job_id = %(job_id)s AND lease = %(lease)s
  ) AS progressed
), ended AS (
  UPDATE kb.object_extraction_jobs
  SET status = CASE WHEN slice.progressed OR attempt < max_attempts THEN 'pending' ELSE 'failed' END,
      revision = revision + 1,
      attempt = CASE WHEN slice.progressed THEN greatest(attempt - 1, 0) ELSE attempt END,
      deadline_at = NULL,
      time_left = CASE WHEN slice.progressed AND isfinite(deadline_at)
        THEN greatest(deadline_at - now(), interval '0') END,
      completed_at = CASE WHEN slice.progressed OR attempt < max_attempts THEN NULL ELSE now() END,
      error_message = CASE WHEN slice.progressed OR attempt < max_attempts THEN error_message
        ELSE kb.appended(error_message, 'Job was given up: its last attempt ran out of time without finishing a single chunk.') END,
      run_after = now(), dispatched_at = NULL, dispatch_count = 0, next_dispatch_at = now() + %(dispatch_grace)s,
      :spent,
      updated_at = now()
  FROM slice
  WHERE id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'
  RETURNING id, status, attempt, lease, revision, slice.progressed
), noted AS (
  INSERT INTO :history
  SELECT id, 'worker', 'running', status,
         CASE WHEN progressed THEN 'Handed over to a fresh invocation: this one''s time is up.'
              ELSE 'This invocation''s time is up and it finished no chunk: counted as an attempt.' END,
         CASE WHEN progressed THEN attempt + 1 ELSE attempt END, lease, NULL
  FROM ended
)
SELECT id, revision, status, progressed FROM ended;

-- name: own_ending
-- How the attempt of this lease ended: asked when its last write was refused, which may be because an earlier try of
-- it took effect and only the reply was lost. No row: the attempt ended nothing, its lease is lost.
SELECT event.to_status AS status, job.revision, job.status = 'pending' AS waits,
       extract(epoch FROM job.run_after - now())::double precision AS due_in_seconds
FROM kb.extraction_job_events AS event JOIN kb.object_extraction_jobs AS job ON job.id = event.job_id
WHERE event.job_id = %(job_id)s AND event.lease = %(lease)s AND event.actor = 'worker' AND event.from_status = 'running';

-- name: retry_by_hand
-- guards: org_id, project_id, status
-- running | failed -> pending, with a fresh budget. No row: no such job here. Otherwise `before` is what it was;
-- `revision` is null where nothing was done.
WITH target AS (
  SELECT id, status, attempt FROM kb.object_extraction_jobs
  WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s
  FOR UPDATE
), retried AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :retried
  FROM target
  WHERE job.id = target.id AND target.status IN ('running', 'failed')
  RETURNING job.:columns, :waits_for
), noted AS (
  INSERT INTO :history
  SELECT retried.id, 'api', target.status, 'pending', %(reason)s, target.attempt, retried.lease, :caller
  FROM retried, target
)
SELECT target.status AS before, retried.* FROM target LEFT JOIN retried ON true;

-- name: cancel
-- guards: org_id, project_id, status
-- pending | running -> cancelled. Rows as in retry_by_hand.
WITH target AS (
  SELECT id, status FROM kb.object_extraction_jobs
  WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s
  FOR UPDATE
), cancelled AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'cancelled', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now()
  FROM target
  WHERE job.id = target.id AND target.status IN ('pending', 'running')
  RETURNING job.:columns
), noted AS (
  INSERT INTO :history
  SELECT cancelled.id, 'api', target.status, 'cancelled', 'Job was cancelled.', cancelled.attempt, cancelled.lease, :caller
  FROM cancelled, target
)
SELECT target.status AS before, cancelled.* FROM target LEFT JOIN cancelled ON true;

-- name: retry_many
-- guards: revision, org_id, project_id, status, stuck, SKIP LOCKED
-- retry_by_hand for many at once: each that is still at the revision at which it was picked (so still what the
-- caller's filter says). In one order, so that two such calls cannot lock each other's jobs crosswise; what another
-- holds at this moment is passed over, and is not among the rows.
WITH target AS (
  SELECT job.id, job.status, job.attempt
  FROM unnest(%(ids)s::uuid[], %(revisions)s::bigint[]) AS picked (id, revision)
  JOIN kb.object_extraction_jobs AS job ON job.id = picked.id AND job.revision = picked.revision
  WHERE job.id = ANY (%(ids)s)
    AND job.org_id = %(org_id)s AND job.project_id = %(project_id)s AND job.status IN ('running', 'failed')
    AND (NOT %(stuck)s OR job.updated_at < now() - %(threshold)s)
  ORDER BY job.id
  FOR UPDATE OF job SKIP LOCKED
), retried AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :retried
  FROM target
  WHERE job.id = target.id
  RETURNING job.id, job.revision, job.lease
), noted AS (
  INSERT INTO :history
  SELECT retried.id, 'api', target.status, 'pending', %(reason)s, target.attempt, retried.lease, :caller
  FROM retried JOIN target ON target.id = retried.id
)
SELECT id, revision FROM retried;

-- name: cancel_many
-- guards: revision, org_id, project_id, status, stuck, SKIP LOCKED
-- cancel for many at once, as retry_many.
WITH target AS (
  SELECT job.id, job.status
  FROM unnest(%(ids)s::uuid[], %(revisions)s::bigint[]) AS picked (id, revision)
  JOIN kb.object_extraction_jobs AS job ON job.id = picked.id AND job.revision = picked.revision
  WHERE job.id = ANY (%(ids)s)
    AND job.org_id = %(org_id)s AND job.project_id = %(project_id)s AND job.status IN ('pending', 'running')
    AND (NOT %(stuck)s OR job.updated_at < now() - %(threshold)s)
  ORDER BY job.id
  FOR UPDATE OF job SKIP LOCKED
), cancelled AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'cancelled', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now()
  FROM target
  WHERE job.id = target.id
  RETURNING job.id, job.revision, job.attempt, job.lease
), noted AS (
  INSERT INTO :history
  SELECT cancelled.id, 'api', target.status, 'cancelled', 'Job was cancelled.', cancelled.attempt, cancelled.lease, :caller
  FROM cancelled JOIN target ON target.id = cancelled.id
)
SELECT id, revision FROM cancelled;

-- name: end_review
-- guards: status, lease
-- requires_review -> completed | failed, by a person. completed_at stays: it tells when the extraction ended. A
-- rejected result stays in its tables, and is no longer served (see list_objects). Corrections are of one result, told by
-- its lease. Rows as in retry_by_hand.
WITH target AS (
  SELECT id, status, lease FROM kb.object_extraction_jobs
  WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s
  FOR UPDATE
), reviewed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = %(verdict)s::kb.job_status, revision = revision + 1, updated_at = now(),
      error_message = CASE WHEN %(verdict)s::kb.job_status = 'failed'
        THEN kb.appended(error_message, %(reason)s) ELSE error_message END
  FROM target
  WHERE job.id = target.id AND target.status = 'requires_review' AND target.lease = coalesce(%(lease)s, target.lease)
  RETURNING job.:columns
), corrected AS (
  UPDATE kb.extracted_objects AS object
  SET properties = given.properties, evidence = given.evidence, confidence = given.confidence
  FROM reviewed, unnest(%(ordinals)s::integer[], %(properties)s::jsonb[], %(evidence)s::jsonb[], %(confidences)s::real[])
    AS given (ordinal, properties, evidence, confidence)
  WHERE object.job_id = reviewed.id AND object.lease = reviewed.lease AND object.ordinal = given.ordinal
), noted AS (
  INSERT INTO :history
  SELECT id, 'api', 'requires_review', status, %(reason)s, attempt, lease,
         jsonb_strip_nulls(jsonb_build_object('caller', %(caller)s::text, 'corrections', %(corrections)s::jsonb))
  FROM reviewed
)
SELECT target.status AS before, reviewed.* FROM target LEFT JOIN reviewed ON true;

-- name: delete_job
-- guards: org_id, project_id, status, FOR UPDATE
-- A job that has ended, with everything that is its own (migrations/0040). No row: no such job here. Otherwise `before`
-- is what it was; `id` is null where nothing was done.
WITH target AS (
  SELECT id, status FROM kb.object_extraction_jobs
  WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s
  FOR UPDATE
), deleted AS (
  DELETE FROM kb.object_extraction_jobs AS job USING target
  WHERE job.id = target.id AND target.status NOT IN ('pending', 'running')
  RETURNING job.id
)
SELECT target.status AS before, deleted.id FROM target LEFT JOIN deleted ON true;

-- name: delete_ended_jobs
-- guards: org_id, status, LIMIT, SKIP LOCKED
-- delete_job for many: the jobs of a project that have ended. What another holds at this moment is passed over.
WITH ended AS (
  SELECT ctid AS place FROM kb.object_extraction_jobs
  WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND status NOT IN ('pending', 'running')
  LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
)
DELETE FROM kb.object_extraction_jobs AS job
WHERE job.ctid = ANY (ARRAY(SELECT place FROM ended))
RETURNING job.id;

-- name: sweep_overdue
-- guards: status, deadline_at, updated_at, FOR UPDATE
-- running -> failed: past its hard limit, however lively its heartbeat. Only what somebody held until then: a job
-- whose heartbeat ended before its deadline is an orphan, however long nobody looked.
WITH overdue AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND deadline_at < now() AND updated_at >= least(deadline_at, now() - %(threshold)s)
    AND id <> ALL (%(skip)s) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s))
  ORDER BY deadline_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
), failed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'failed', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now(),
      error_message = kb.appended(error_message, %(reason)s)
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM overdue))
  RETURNING job.id, job.source_type, job.started_at, job.attempt, job.lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'running', 'failed', %(reason)s, attempt, lease, NULL FROM failed
)
SELECT id, source_type, started_at FROM failed;

-- name: sweep_spent
-- guards: FOR UPDATE
-- running -> failed: an orphan whose budget is spent.
WITH orphan AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND updated_at < now() - %(threshold)s AND attempt >= max_attempts
    AND id <> ALL (%(skip)s) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s))
  ORDER BY updated_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
), failed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'failed', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now(),
      error_message = kb.appended(error_message, format(%(reason)s, attempt, max_attempts))
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM orphan))
  RETURNING job.id, job.source_type, job.started_at, job.attempt, job.max_attempts, job.lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'running', 'failed', format(%(reason)s, attempt, max_attempts), attempt, lease, NULL FROM failed
)
SELECT id, source_type, started_at FROM failed;

-- name: sweep_orphans
-- guards: status, updated_at, attempt, threshold, ORDER BY, LIMIT, FOR UPDATE, SKIP LOCKED
-- running -> pending: heartbeat older than the threshold, budget left. The oldest first; each waits a random
-- part of count × spacing after `wait_from`, so that a mass recovery does not come back as one thundering herd
-- (random enough is a hash of which job it is and which time; random() would be asked once for all).
-- Its message can be sent up to `longest_delay` ahead of that (what the queue can hold back): then it is `sendable`,
-- and reserved as by reserve_dispatches.
WITH orphan AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND updated_at < now() - %(threshold)s AND attempt < max_attempts
    AND id <> ALL (%(skip)s) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s))
  ORDER BY updated_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
), spread AS MATERIALIZED (
  SELECT (count(*) - 1) * %(spacing)s AS length FROM orphan
), recovered AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'pending', revision = revision + 1, deadline_at = NULL,
      (run_after, next_dispatch_at) = (
        SELECT now() + wait,
               now() + CASE WHEN wait <= %(longest_delay)s THEN %(reservation)s ELSE wait - %(longest_delay)s END
        FROM (SELECT %(wait_from)s
          + (uuid_hash_extended(job.id, job.revision) & 65535)::double precision / 65536 * spread.length AS wait
          FROM spread) AS own),
      dispatched_at = NULL, dispatch_count = 0,
      error_message = kb.appended(error_message, %(reason)s),
      updated_at = now()
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM orphan))
  RETURNING id, source_type, started_at, attempt, lease, revision, org_id, trace, run_after - now() AS wait
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'running', 'pending', %(reason)s, attempt, lease, NULL FROM recovered
)
SELECT id, source_type, started_at, revision, org_id, trace, wait <= %(longest_delay)s AS sendable,
  extract(epoch FROM wait)::double precision AS due_in_seconds
FROM recovered;

-- name: sweep_unclaimable
-- pending -> failed: the budget is spent though nothing runs (max_attempts was lowered by hand).
WITH spent AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'pending' AND next_dispatch_at <= now() AND attempt >= max_attempts
    AND id <> ALL (%(skip)s) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s))
  ORDER BY next_dispatch_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
), failed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'failed', revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now(),
      error_message = kb.appended(error_message, format(%(reason)s, attempt, max_attempts))
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM spent))
  RETURNING job.id, job.source_type, job.started_at, job.attempt, job.max_attempts, job.lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'pending', 'failed', format(%(reason)s, attempt, max_attempts), attempt, lease, NULL FROM failed
)
SELECT id, source_type, started_at FROM failed;

-- name: reserve_dispatches
-- Pending jobs whose message is due. First those whose message was never sent since their last change, so that a new job
-- does not wait behind a backlog; then those whose message was sent so long ago that it must be lost. Of both each
-- organisation has its share, however long the backlog of another is; of an organisation's those of the highest priority
-- first, then the oldest. What is of a paused project is held instead. Each message
-- waits a random part of count × spacing after `wait_from`: what was lost together does not come back together.
-- Reserved for `reservation`, so that two sweepers do not both send; note_dispatched makes it final.
WITH RECURSIVE waiting AS (
  :organisations(waiting, :waits)
), share AS MATERIALIZED (
  SELECT ceil(%(batch)s / greatest(count(org_id), 1.0))::bigint AS jobs FROM waiting
), unsent AS (
  SELECT own.* FROM waiting CROSS JOIN LATERAL (
    :due_of_organisation(false)
  ) AS own
  LIMIT %(batch)s
), lost AS (
  SELECT own.* FROM waiting CROSS JOIN LATERAL (
    :due_of_organisation(true)
  ) AS own
  LIMIT %(batch)s - (SELECT count(*) FROM unsent)
), due AS (
  SELECT id, paused, %(wait_from)s + random() * (SELECT count(*) - 1 FROM unsent) * %(spacing)s AS wait FROM unsent
  UNION ALL
  SELECT id, paused,
         %(wait_from)s + ((SELECT count(*) FROM unsent) + random() * (SELECT count(*) - 1 FROM lost)) * %(spacing)s
  FROM lost
), hold AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :held
  FROM due WHERE job.id = due.id AND due.paused
  RETURNING job.id, job.revision, job.org_id, job.trace, job.attempt, job.lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'pending', 'pending', %(held_reason)s, attempt, lease, NULL FROM hold
), reserved AS (
  UPDATE kb.object_extraction_jobs AS job
  SET next_dispatch_at = now() + %(reservation)s
  FROM due WHERE job.id = due.id AND NOT due.paused
  RETURNING job.id, job.revision, job.org_id, job.trace,
    extract(epoch FROM greatest(due.wait, job.run_after - now()))::double precision AS due_in_seconds
)
SELECT id, revision, org_id, trace, true AS sendable, due_in_seconds FROM reserved
UNION ALL
SELECT id, revision, org_id, trace, false, 0 FROM hold;

-- name: sweep_resumed
-- Jobs that are held though their project was resumed: their messages are due. The pause goes as soon as it may
-- (migrations/0087).
WITH held AS (
  SELECT own.id FROM kb.extraction_pauses AS resumed CROSS JOIN LATERAL (
    :held_of(resumed)
  ) AS own
  WHERE resumed_at IS NOT NULL
  LIMIT %(batch)s
), released AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :released, next_dispatch_at = now()
  FROM held WHERE job.id = held.id
  RETURNING job.id, job.attempt, job.lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'sweeper', 'pending', 'pending', %(reason)s, attempt, lease, NULL FROM released
), gone AS (
  DELETE FROM kb.extraction_pauses WHERE resumed_at IS NOT NULL
)
SELECT id, false AS sendable FROM released;

-- name: release_held
-- The same for the first of one project's jobs, whose messages the caller sends at once.
WITH held AS (
  SELECT own.id FROM (SELECT %(org_id)s::text AS org_id, %(project_id)s::text AS project_id) AS resumed CROSS JOIN LATERAL (
    :held_of(resumed)
  ) AS own
), released AS (
  UPDATE kb.object_extraction_jobs AS job
  SET :released, next_dispatch_at = now() + %(dispatch_grace)s
  FROM held WHERE job.id = held.id
  RETURNING job.id, job.revision, job.org_id, job.trace, job.attempt, job.lease, job.priority,
            extract(epoch FROM job.run_after - now())::double precision AS due_in_seconds
), noted AS (
  INSERT INTO :history
  SELECT id, 'api', 'pending', 'pending', %(reason)s, attempt, lease, :caller FROM released
)
SELECT id, revision, org_id, trace, due_in_seconds FROM released ORDER BY priority, id;

-- name: give_up_on_message
-- guards: revision
-- SQS gave up on the very message that was this pending job's nudge, and nothing has happened since. That is never the
-- job's own fault: no worker could start it. So it stays pending and is sent again, which moves it on from the
-- message's siblings; only when the messages of `enough` revisions in a row have died is it failed.
WITH died AS (
  SELECT count(*) + 1 < %(enough)s AS again FROM kb.extraction_job_events
  WHERE job_id = %(job_id)s AND actor = 'dead_letters'
    AND id > (SELECT max(id) FROM kb.extraction_job_events WHERE job_id = %(job_id)s AND actor <> 'dead_letters')
), ended AS (
  UPDATE kb.object_extraction_jobs
  SET status = CASE WHEN died.again THEN 'pending' ELSE 'failed' END,
      revision = revision + 1,
      next_dispatch_at = now(),
      completed_at = CASE WHEN died.again THEN NULL ELSE now() END, deadline_at = NULL,
      error_message = kb.appended(error_message, CASE WHEN died.again THEN %(sent_again)s ELSE %(gave_up)s END),
      updated_at = now()
  FROM died
  WHERE id = %(job_id)s AND revision = %(revision)s AND status COLLATE "C" = 'pending'
  RETURNING id, status, attempt, lease
), noted AS (
  INSERT INTO :history
  SELECT id, 'dead_letters', 'pending', status,
         CASE status WHEN 'pending' THEN %(sent_again)s ELSE %(gave_up)s END, attempt, lease, NULL
  FROM ended
)
SELECT status FROM ended;
