-- outside a transaction: writers go on meanwhile.
-- How long the oldest pending job has been due, in place of object_extraction_jobs_pending (0063): without those that are held.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_oldest_due
  ON kb.object_extraction_jobs (run_after) WHERE status COLLATE "POSIX" = 'pending' AND next_dispatch_at < 'infinity';
