-- outside a transaction: writers go on meanwhile.
-- What runs, by the marks of its heartbeats, in place of object_extraction_jobs_heartbeat.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_heartbeat_mark
  ON kb.object_extraction_jobs (heartbeat_mark) WHERE status = 'running';
