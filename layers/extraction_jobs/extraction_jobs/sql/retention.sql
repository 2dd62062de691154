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
WITH :ended_next('history'), history AS (
  DELETE FROM kb.extraction_job_events AS event USING ended WHERE event.job_id = ended.id
)
SELECT id FROM ended;

-- name: delete_results
-- guards: status, LIMIT
-- What was read and found: the text (an inline source with it), checkpoints, objects, relationships. The job stays,
-- and says when.
WITH :ended_next('results'), noted AS (
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
