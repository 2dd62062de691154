-- outside a transaction: writers go on meanwhile.
-- object_extraction_jobs_pending_by_organisation does all that it did.
DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_first_dispatch;
