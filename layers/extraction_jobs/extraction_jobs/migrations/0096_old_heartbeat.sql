-- outside a transaction: writers go on meanwhile.
-- Older code finds orphans in object_extraction_jobs_heartbeat_mark too: there it reads all that runs.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_heartbeat;
