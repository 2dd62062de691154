-- What a person asks for.

-- name: retry_by_hand
-- guards: org_id, project_id, status
-- running | failed -> pending, with a fresh budget. No row: no such job here. Otherwise `before` is what it was;
-- `revision` is null where nothing was done.
WITH target AS (:named), :retried
SELECT target.status AS before, retried.* FROM target LEFT JOIN retried ON true;

-- name: retry_many
-- guards: revision, org_id, project_id, status, stuck, SKIP LOCKED
-- retry_by_hand for many at once. What is passed over is not among the rows.
WITH target AS (:picked), :retried
SELECT id, revision FROM retried;

-- name: cancel
-- guards: org_id, project_id, status
-- pending | running -> cancelled. Rows as in retry_by_hand.
WITH target AS (:named), :cancelled
SELECT target.status AS before, cancelled.* FROM target LEFT JOIN cancelled ON true;

-- name: cancel_many
-- guards: revision, org_id, project_id, status, stuck, SKIP LOCKED
-- cancel for many at once, as retry_many.
WITH target AS (:picked), :cancelled
SELECT id, revision FROM cancelled;

-- name: end_review
-- guards: status, lease
-- requires_review -> completed | failed, by a person. completed_at stays: it tells when the extraction ended. A
-- rejected result stays in its tables, and is no longer served (see list_objects). Corrections are of one result, told by
-- its lease. Rows as in retry_by_hand.
WITH target AS (:named), reviewed AS (
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
), noted AS (:event(
  reviewed, 'api', 'requires_review', status, %(reason)s,
  jsonb_strip_nulls(:caller || jsonb_build_object('corrections', %(corrections)s::jsonb))))
SELECT target.status AS before, reviewed.* FROM target LEFT JOIN reviewed ON true;

-- name: release_held
-- The first of the jobs that were held in a project that is resumed. The caller sends their messages at once.
WITH taken AS (
  SELECT own.id FROM (SELECT %(org_id)s::text AS org_id, %(project_id)s::text AS project_id) AS resumed
  CROSS JOIN LATERAL (:held_of(resumed)) AS own
), released AS (
  UPDATE kb.object_extraction_jobs AS job SET :released, next_dispatch_at = now() + %(dispatch_grace)s
  FROM taken WHERE job.id = taken.id
  RETURNING job.id, job.revision, job.org_id, job.trace, job.attempt, job.lease, job.priority, :due_in_seconds
), noted AS (:event(released, 'api', 'pending', 'pending', %(reason)s, :caller))
SELECT id, revision, org_id, trace, due_in_seconds FROM released ORDER BY priority, id;

-- name: delete_job
-- guards: org_id, project_id, status, FOR UPDATE
-- A job that has ended, with everything that is its own (migrations/0040). No row: no such job here. Otherwise `before`
-- is what it was; `id` is null where nothing was done.
WITH target AS (:named), deleted AS (
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
  LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
DELETE FROM kb.object_extraction_jobs AS job WHERE job.ctid = ANY (ARRAY(SELECT place FROM ended)) RETURNING job.id;
