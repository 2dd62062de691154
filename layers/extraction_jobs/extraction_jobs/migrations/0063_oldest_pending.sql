-- outside a transaction: writers go on meanwhile.
-- How long the oldest pending job has been due: the first entry of this index. The collation changes nothing but that no
-- other index of the pending fits where it is asked for (see look in sql/lifecycle.sql).
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_pending
  ON kb.object_extraction_jobs (run_after) WHERE status COLLATE "POSIX" = 'pending';
