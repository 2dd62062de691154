-- outside a transaction: writers go on meanwhile.
-- What waits, by organisation and then by priority, in place of object_extraction_jobs_pending_by_organisation (0072). A claim
-- looks here for a job of a higher priority, a sweep for messages to send and for jobs that are held.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_waiting
  ON kb.object_extraction_jobs (org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at)
  WHERE lower(status) = 'pending';
