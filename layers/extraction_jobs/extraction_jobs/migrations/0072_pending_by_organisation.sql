-- outside a transaction: writers go on meanwhile.
-- What waits, by organisation: first messages before those that are sent again. Counted for an organisation's bound, and
-- gone through by organisation, so that one's backlog does not stand before another's job. By lower(), which changes
-- nothing, because no other index of the pending fits then, and this one fits nowhere else (see look in sql/lifecycle.sql).
CREATE INDEX CONCURRENTLY IF NOT EXISTS object_extraction_jobs_pending_by_organisation
  ON kb.object_extraction_jobs (org_id, (dispatched_at IS NOT NULL), next_dispatch_at) WHERE lower(status) = 'pending';
