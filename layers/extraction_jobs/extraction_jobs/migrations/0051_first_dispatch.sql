-- outside a transaction: writers go on meanwhile.
-- Messages that were never sent since their job's last change: a sweep sends them before the backlog that it sends again.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_first_dispatch ON kb.object_extraction_jobs (next_dispatch_at)
  WHERE status = 'pending' AND dispatched_at IS NULL;
