-- outside a transaction: writers go on meanwhile.
-- Lists and counts. All columns in one direction, so that one comparison of rows is one stretch of it (sql/reads.sql).
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_by_status
  ON kb.object_extraction_jobs (org_id, project_id, status, id);
