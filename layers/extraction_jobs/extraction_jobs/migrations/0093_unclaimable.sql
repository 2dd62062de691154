-- outside a transaction: writers go on meanwhile.
-- Pending jobs whose budget is spent, of which there is hardly ever one: a sweep finds them without reading all that waits. The
-- collation changes nothing but that no other index of the pending fits where they are asked for (see sweep_unclaimable).
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_unclaimable
  ON kb.object_extraction_jobs (next_dispatch_at) WHERE status COLLATE "C" = 'pending' AND attempt >= max_attempts;
