-- outside a transaction: writers go on meanwhile.
-- object_extraction_jobs_oldest_due does what it did.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_pending;
