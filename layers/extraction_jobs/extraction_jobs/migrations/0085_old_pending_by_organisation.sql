-- outside a transaction: writers go on meanwhile.
-- object_extraction_jobs_waiting does what it did; older code reads an organisation's part of it.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_pending_by_organisation;
