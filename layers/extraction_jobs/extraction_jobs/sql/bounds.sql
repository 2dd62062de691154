-- What an organisation has, and what it may have: asked before a job is made.

-- name: room
-- The bounds that hold for an organisation (0: none), and what it has. As many pending jobs are counted as are needed.
SELECT bound.*,
       (SELECT count(*) FROM (
          SELECT FROM kb.object_extraction_jobs WHERE org_id = %(org_id)s AND lower(status) = 'pending'
          LIMIT bound.pending_jobs) AS pending) AS pending,
       coalesce((SELECT kept_bytes FROM kb.extraction_use WHERE org_id = %(org_id)s), 0)::double precision AS kept,
       coalesce((SELECT cost_usd FROM kb.extraction_spending
         WHERE org_id = %(org_id)s AND day = (now() AT TIME ZONE 'UTC')::date), 0)::double precision AS spent,
       extract(epoch FROM date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day' - now() AT TIME ZONE 'UTC')
         ::double precision AS day_left_seconds
FROM (
  SELECT coalesce(max_pending_jobs, %(pending_jobs)s) AS pending_jobs,
         coalesce(max_kept_megabytes, %(kept_megabytes)s) AS kept_megabytes,
         coalesce(max_cost_usd_per_day, %(cost_usd_per_day)s) AS cost_usd_per_day
  FROM (SELECT) AS always LEFT JOIN kb.extraction_bounds ON org_id = %(org_id)s
) AS bound;

-- name: measure_kept
-- Of the organisation that was measured the longest ago, if that is ten minutes.
WITH RECURSIVE known AS (
  :organisations(known, true)
), chosen AS (
  SELECT org_id FROM (SELECT org_id FROM known UNION SELECT org_id FROM kb.extraction_use) AS one
  LEFT JOIN kb.extraction_use USING (org_id)
  WHERE org_id IS NOT NULL AND coalesce(measured_at < now() - interval '10 minutes', true)
  ORDER BY measured_at NULLS FIRST LIMIT 1
)
INSERT INTO kb.extraction_use (org_id, kept_bytes)
SELECT org_id, (SELECT coalesce(sum(kept_bytes), 0) FROM kb.object_extraction_jobs AS job WHERE job.org_id = chosen.org_id)
FROM chosen
ON CONFLICT (org_id) DO UPDATE SET kept_bytes = excluded.kept_bytes, measured_at = now();
