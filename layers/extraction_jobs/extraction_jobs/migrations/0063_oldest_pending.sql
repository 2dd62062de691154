-- outside a transaction: writers go on meanwhile.
-- How long the oldest pending job has been due: one end of this index (see look in sql/lifecycle.sql).
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_pending
  ON kb.object_extraction_jobs (run_after) WHERE status = 'pending';
