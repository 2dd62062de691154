-- outside a transaction: writers go on meanwhile.
-- object_extraction_jobs_by_status does all that it did, for older code too.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_list;
