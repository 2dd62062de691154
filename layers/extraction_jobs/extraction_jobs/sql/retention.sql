-- Retention: deleting what belongs to jobs that ended long ago. A job that is pending or running is never touched:
-- each statement locks the jobs it takes, and so looks at their newest version. All go by completed_at and its index,
-- the oldest first, in batches.

-- name: delete_jobs
-- guards: status
-- The job with everything that is its own (migrations/0040).
WITH expired AS (
  SELECT id FROM kb.object_extraction_jobs
  WHERE completed_at < now() - %(keep)s AND status NOT IN ('pending', 'running')
  ORDER BY completed_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
)
DELETE FROM kb.object_extraction_jobs AS job USING expired WHERE job.id = expired.id
RETURNING job.id;

-- name: delete_histories
-- guards: status
-- One sweep at a time goes on from where the last one came to. It waits for a job that another holds: passed over, it
-- would be left behind for good.
WITH mark AS (
  SELECT through, through_id FROM kb.extraction_retention WHERE part = 'history' FOR UPDATE SKIP LOCKED
), ended AS (
  SELECT job.id, job.completed_at FROM mark CROSS JOIN LATERAL (
    SELECT id, completed_at FROM kb.object_extraction_jobs
    WHERE completed_at < now() - %(keep)s AND (completed_at, id) > (mark.through, mark.through_id)
      AND status NOT IN ('pending', 'running')
    ORDER BY completed_at, id LIMIT %(batch)s
    FOR UPDATE
  ) AS job
), moved AS (
  UPDATE kb.extraction_retention AS retention SET through = last.completed_at, through_id = last.id
  FROM (SELECT completed_at, id FROM ended ORDER BY completed_at DESC, id DESC LIMIT 1) AS last
  WHERE retention.part = 'history'
), history AS (
  DELETE FROM kb.extraction_job_events AS event USING ended WHERE event.job_id = ended.id
)
SELECT id FROM ended;

-- name: delete_results
-- guards: status, LIMIT
-- What was read and found: the text (an inline source with it), checkpoints, objects, relationships. The rest as
-- delete_histories. The job stays, and says when.
WITH mark AS (
  SELECT through, through_id FROM kb.extraction_retention WHERE part = 'results' FOR UPDATE SKIP LOCKED
), ended AS (
  SELECT job.id, job.completed_at FROM mark CROSS JOIN LATERAL (
    SELECT id, completed_at FROM kb.object_extraction_jobs
    WHERE completed_at < now() - %(keep)s AND (completed_at, id) > (mark.through, mark.through_id)
      AND status NOT IN ('pending', 'running')
    ORDER BY completed_at, id LIMIT %(batch)s
    FOR UPDATE
  ) AS job
), moved AS (
  UPDATE kb.extraction_retention AS retention SET through = last.completed_at, through_id = last.id
  FROM (SELECT completed_at, id FROM ended ORDER BY completed_at DESC, id DESC LIMIT 1) AS last
  WHERE retention.part = 'results'
), noted AS (
  UPDATE kb.object_extraction_jobs AS job SET results_deleted_at = now(), kept_bytes = 0 FROM ended WHERE job.id = ended.id
), documents AS (
  DELETE FROM kb.extraction_documents AS document USING ended WHERE document.job_id = ended.id
), checkpoints AS (
  DELETE FROM kb.extraction_chunks AS chunk USING ended WHERE chunk.job_id = ended.id
), pages AS (
  DELETE FROM kb.extraction_pages AS page USING ended WHERE page.job_id = ended.id
), relationships AS (
  DELETE FROM kb.extracted_relationships AS r USING ended WHERE r.job_id = ended.id
), objects AS (
  DELETE FROM kb.extracted_objects AS o USING ended WHERE o.job_id = ended.id
)
SELECT id FROM ended;
