-- outside a transaction: writers go on meanwhile.
-- Lists of one type of source, which may be rare among a million jobs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_by_source_type
  ON kb.object_extraction_jobs (source_type, org_id, project_id, status, id);
