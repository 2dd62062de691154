-- outside a transaction: writers go on meanwhile.
-- The hard limits, in place of object_extraction_jobs_deadline. Not of the running by their status, or a planner may take
-- the index of their heartbeats instead and read all of it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_hard_limit
  ON kb.object_extraction_jobs (deadline_at) WHERE deadline_at IS NOT NULL;
