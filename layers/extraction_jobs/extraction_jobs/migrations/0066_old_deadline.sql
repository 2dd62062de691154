-- outside a transaction: writers go on meanwhile.
-- object_extraction_jobs_hard_limit does all that it did, for older code too.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_deadline;
