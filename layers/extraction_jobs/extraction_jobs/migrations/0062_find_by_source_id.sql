-- outside a transaction: writers go on meanwhile.
-- A search for a source id. One of over 200 characters cannot be searched for, and might not fit into an index.
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_by_source_id
  ON kb.object_extraction_jobs (source_id, org_id, project_id, id) WHERE length(source_id) <= 200;
