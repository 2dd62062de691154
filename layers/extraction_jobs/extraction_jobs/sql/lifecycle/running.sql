-- While a worker holds it: from its claim to the end of its attempt.

-- name: claim
-- guards: status, run_after, attempt, paused, gives_way, FOR UPDATE, SET attempt, SET lease, SET time_left
-- pending -> running. An attempt is counted when it starts. After a hand-over it goes on with the time_left of its hard
-- limit: the limit counts the time that somebody holds the job, and not the time that it waits. A job that `gives_way` is
-- left for one of a higher priority, unless its message was sent too often for that.
WITH due AS (
  SELECT ctid AS place FROM kb.object_extraction_jobs AS job
  WHERE id = %(job_id)s AND status COLLATE "C" = 'pending' AND run_after <= now() AND attempt < max_attempts
    AND NOT (:paused) AND (NOT %(gives_way)s OR priority = 'high' OR dispatch_count > %(most_ways)s OR NOT EXISTS (:higher))
  FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'running', attempt = attempt + 1, lease = lease + 1, revision = revision + 1, updated_at = now(),
      time_left = NULL, review_reason = NULL,
      started_at = CASE WHEN time_left IS NULL THEN now() ELSE started_at END,
      deadline_at = now() + coalesce(time_left,
        -- Cut before it is multiplied: an interval has no room for what a person may type.
        least(coalesce(CASE WHEN timeout_minutes > 1e6 THEN 1e6 ELSE timeout_minutes END * interval '1 minute',
                       %(job_timeout)s), %(max_job_timeout)s))
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM due))
  RETURNING job.:columns
), noted AS (:event(
  claimed, 'worker', 'pending', 'running', 'A worker claimed the job.', jsonb_build_object('worker', %(worker)s::text)))
SELECT claimed.*, source.*, :seconds_left
FROM claimed LEFT JOIN LATERAL (
  SELECT content AS source_text, content_bytes AS source_bytes, given_type AS source_media_type
  FROM kb.extraction_documents WHERE job_id = claimed.id LIMIT 1
) AS source ON true;

-- name: why_not_claimed
-- What a claim that took nothing ran into. `higher`: a job that it is to give way to.
SELECT id, status, attempt, max_attempts, revision, org_id, trace, :due_in_seconds, :paused AS paused,
       next_dispatch_at = 'infinity' AS held, CASE WHEN %(gives_way)s THEN (:higher LIMIT 1) END AS higher
FROM kb.object_extraction_jobs AS job WHERE id = %(job_id)s;

-- name: heartbeat
-- guards: lease, status
UPDATE kb.object_extraction_jobs SET updated_at = now() WHERE :fence
RETURNING :seconds_left;

-- name: find_page
-- guards: lease, status
-- What OCR read on a page in an earlier attempt; null if it did not. It is a heartbeat too: on the way through the pages
-- that are kept nothing else is written.
WITH held AS (
  UPDATE kb.object_extraction_jobs SET updated_at = now() WHERE :fence RETURNING id
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
      failed_items = 0, extractor = NULL, :spent
  WHERE :fence
  RETURNING id, lease, attempt, deadline_at
), kept AS (
  INSERT INTO kb.extraction_pages (job_id, document, number, lease, attempt, page)
  SELECT id, %(document)s, %(number)s, lease, attempt, %(page)s FROM held
  ON CONFLICT (job_id, document, number) DO UPDATE
  SET lease = excluded.lease, attempt = excluded.attempt, page = excluded.page, created_at = now()
)
SELECT :seconds_left FROM held;

-- name: start_chunks
-- guards: lease, status, plan_digest
-- The document was read and cut: store its text, drop checkpoints of another plan, give back those of this one
-- that succeeded, and those that failed in this very attempt (started_at is kept across its hand-overs): else each
-- slice would begin with the failing chunks again and never come to those behind them.
-- One row at least while the lease is held.
WITH held AS (
  UPDATE kb.object_extraction_jobs AS job
  SET updated_at = now(), total_items = %(total)s, processed_items = kept.chunks,
      successful_items = kept.chunks - kept.failed, failed_items = kept.failed, objects_found = kept.objects,
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
  WHERE :fence
  RETURNING job.id, job.started_at
), document AS (:keep_document(held)), stale AS (
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
      objects_found = %(objects)s, :spent
  WHERE :fence
  RETURNING id, lease, attempt, deadline_at
), kept AS (
  INSERT INTO kb.extraction_chunks (job_id, chunk_index, plan_digest, lease, attempt, result)
  SELECT id, %(chunk_index)s, %(plan_digest)s, lease, attempt, %(result)s FROM held
  ON CONFLICT (job_id, chunk_index) DO UPDATE
  SET plan_digest = excluded.plan_digest, lease = excluded.lease, attempt = excluded.attempt,
      result = excluded.result, created_at = now()
)
SELECT :seconds_left FROM held;

-- name: finish
-- guards: lease =, status
-- running -> completed | requires_review. The objects become visible here, all at once; what an earlier
-- result left (a finished job set back to pending by hand) goes in the same statement, and so do the checkpoints.
-- Of a document of one chunk it is the first write since the claim; then the text comes along.
WITH finished AS (
  UPDATE kb.object_extraction_jobs
  SET status = %(status)s, :ended,
      discovered_types = %(discovered_types)s, objects_found = %(objects_found)s, coverage = %(coverage)s,
      review_reason = %(review_reason)s, results_deleted_at = NULL,
      total_items = coalesce(%(total)s, total_items), processed_items = coalesce(%(total)s, processed_items),
      successful_items = coalesce(%(total)s, successful_items), extractor = coalesce(%(extractor)s, extractor),
      kept_bytes = kept_bytes + coalesce(octet_length(%(text)s::text), 0) + pg_column_size(%(objects)s::jsonb),
      :spent
  WHERE :fence
  RETURNING id, attempt, lease
), document AS (:keep_document(finished)), objects AS (
  INSERT INTO kb.extracted_objects (job_id, lease, ordinal, id, type, properties, evidence, confidence, span_start, span_end)
  SELECT finished.id, finished.lease, found.* FROM finished, jsonb_to_recordset(%(objects)s) AS found (
    ordinal integer, id uuid, type text, properties jsonb, evidence jsonb, confidence real, span_start integer, span_end integer)
), relationships AS (
  INSERT INTO kb.extracted_relationships (job_id, lease, ordinal, type, from_ordinal, to_ordinal, confidence)
  SELECT finished.id, finished.lease, found.* FROM finished, jsonb_to_recordset(%(relationships)s) AS found (
    ordinal integer, type text, from_ordinal integer, to_ordinal integer, confidence real)
), old_objects AS (
  DELETE FROM kb.extracted_objects AS o USING finished WHERE o.job_id = finished.id AND o.lease < finished.lease
), old_relationships AS (
  DELETE FROM kb.extracted_relationships AS r USING finished WHERE r.job_id = finished.id AND r.lease < finished.lease
), checkpoints AS (
  DELETE FROM kb.extraction_chunks AS chunk USING finished WHERE chunk.job_id = finished.id
), pages AS (
  DELETE FROM kb.extraction_pages AS page USING finished WHERE page.job_id = finished.id
), noted AS (:event(finished, 'worker', 'running', %(status)s, %(reason)s, %(detail)s))
SELECT id FROM finished;

-- name: retry_later
-- guards: lease, status, SET deadline_at
-- running -> pending after an error worth another go, or -> failed when the budget is spent.
WITH ended AS (
  UPDATE kb.object_extraction_jobs
  SET :pending_if(attempt < max_attempts), :sent_anew,
      run_after = CASE WHEN attempt < max_attempts THEN now() + %(backoff)s ELSE run_after END,
      error_message = kb.appended(error_message, %(reason)s || CASE WHEN attempt < max_attempts THEN ''
        ELSE format(' Attempt %%s of %%s: the budget is spent.', attempt, max_attempts) END),
      :spent
  WHERE :fence
  RETURNING id, status, attempt, lease, revision, run_after
), noted AS (:event(ended, 'worker', 'running', status, %(reason)s, NULL))
SELECT revision, status, :due_in_seconds FROM ended;

-- name: fail
-- guards: lease, status
-- running -> failed: an error that no retry would cure, or the hard limit.
WITH failed AS (
  UPDATE kb.object_extraction_jobs SET :failed(%(reason)s), :spent WHERE :fence RETURNING id, attempt, lease
), noted AS (:event(failed, 'worker', 'running', 'failed', %(reason)s, NULL))
SELECT id FROM failed;

-- name: hand_over
-- guards: status
-- running -> pending because the invocation's time is up. It costs no attempt and keeps what is left of the hard limit
-- if this lease brought a checkpoint, of a chunk or a page; without one it counts, or it could go round for ever.
WITH slice AS (
  SELECT EXISTS (SELECT FROM kb.extraction_chunks WHERE job_id = %(job_id)s AND lease = %(lease)s)
      OR EXISTS (SELECT FROM kb.extraction_pages WHERE job_id = %(job_id)s AND lease = %(lease)s) AS progressed
), ended AS (
  UPDATE kb.object_extraction_jobs
  SET :pending_if(slice.progressed OR attempt < max_attempts), :sent_anew, run_after = now(),
      attempt = CASE WHEN slice.progressed THEN greatest(attempt - 1, 0) ELSE attempt END,
      time_left = CASE WHEN slice.progressed AND isfinite(deadline_at) THEN greatest(deadline_at - now(), interval '0') END,
      error_message = CASE WHEN slice.progressed OR attempt < max_attempts THEN error_message
        ELSE kb.appended(error_message, 'Job was given up: its last attempt ran out of time without finishing a single chunk.') END,
      :spent
  FROM slice
  WHERE :fence
  RETURNING id, status, attempt + slice.progressed::integer AS attempt, lease, revision, run_after, slice.progressed
), noted AS (:event(
  ended, 'worker', 'running', status,
  CASE WHEN progressed THEN 'Handed over to a fresh invocation: this one''s time is up.'
       ELSE 'This invocation''s time is up and it finished no chunk: counted as an attempt.' END, NULL))
SELECT revision, status, :due_in_seconds FROM ended;

-- name: own_ending
-- How the attempt of this lease ended: asked when its last write was refused, which may be because an earlier try of
-- it took effect and only the reply was lost. No row: the attempt ended nothing, its lease is lost.
SELECT event.to_status AS status, job.revision, job.status = 'pending' AS waits, :due_in_seconds
FROM kb.extraction_job_events AS event JOIN kb.object_extraction_jobs AS job ON job.id = event.job_id
WHERE event.job_id = %(job_id)s AND event.lease = %(lease)s AND event.actor = 'worker' AND event.from_status = 'running';
