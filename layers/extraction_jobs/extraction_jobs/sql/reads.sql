-- Every question that is asked of the tables. Nothing here changes a row.

-- name: find_idempotent
SELECT :columns, :waits_for FROM kb.object_extraction_jobs AS job
WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND idempotency_key = %(idempotency_key)s;

-- name: find_idempotent_batch
SELECT id, request_digest FROM kb.object_extraction_jobs
WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND idempotency_key = ANY (%(idempotency_keys)s)
ORDER BY array_position(%(idempotency_keys)s, idempotency_key::text);

-- name: draw_job
-- A job that was sent and is due, of an organisation that is drawn among those that have any, each with the same chance; of
-- its priorities one is drawn too, so that none is never drawn (the claim then gives way to a higher one).
WITH RECURSIVE waiting AS (:organisations(waiting, :waits))
SELECT own.id FROM (SELECT org_id FROM waiting WHERE org_id IS NOT NULL ORDER BY random()) AS drawn
CROSS JOIN LATERAL (
  SELECT id FROM unnest(enum_range(NULL::kb.priority)) AS of_its (priority) CROSS JOIN LATERAL (
    SELECT next.id FROM (
      SELECT id, run_after, attempt, max_attempts FROM kb.object_extraction_jobs
      WHERE lower(status) = 'pending'
        AND (org_id, (dispatched_at IS NOT NULL), priority) = (drawn.org_id, true, of_its.priority)
      ORDER BY org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at LIMIT 100) AS next
    WHERE run_after <= now() AND attempt < max_attempts LIMIT 1
  ) AS first
  ORDER BY random() LIMIT 1
) AS own
LIMIT 1;

-- name: get_job
SELECT :job_now FROM kb.object_extraction_jobs AS job
WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s;

-- name: list_jobs
-- Newest first.
WITH newest AS (:entries(DESC, true))
:jobs_of(newest)
ORDER BY job.id DESC;

-- name: search_exactly
-- The jobs whose id or source id is the very text that a search looks for, however old; newest first. A text has at
-- most 200 characters, so the index holds no longer source id.
WITH named AS (
  (SELECT id FROM kb.object_extraction_jobs
   WHERE id = %(text_as_id)s AND id >= %(first)s AND id <= %(last)s)
  UNION
  (SELECT id FROM kb.object_extraction_jobs AS job
   WHERE (source_id, org_id, project_id, id) >= (%(text)s, %(org_id)s, %(project_id)s, %(first)s)
     AND (source_id, org_id, project_id, id) <= (%(text)s, %(org_id)s, %(project_id)s, %(last)s)
     AND length(source_id) <= 200 AND :fits
   ORDER BY source_id DESC, org_id DESC, project_id DESC, id DESC LIMIT %(limit)s)
)
:jobs_of(named)
WHERE job.org_id = %(org_id)s AND job.project_id = %(project_id)s AND :fits
ORDER BY job.id DESC LIMIT %(limit)s;

-- name: search_jobs
-- The jobs that hold a text somewhere, but those of search_exactly. No index helps with that: as many of the newest jobs
-- as `most` says are looked at and no more. One row at least: how many were, and which was the last.
WITH examined AS MATERIALIZED (:entries(DESC, true)), found AS (
  :jobs_of(examined)
  WHERE :holds_text AND job.id IS DISTINCT FROM %(text_as_id)s AND job.source_id IS DISTINCT FROM %(text)s
  ORDER BY job.id DESC LIMIT %(limit)s
)
SELECT reach.examined, reach.last_examined, found.*
FROM (SELECT count(*) AS examined, (array_agg(id ORDER BY id))[1] AS last_examined FROM examined) AS reach
LEFT JOIN found ON true
ORDER BY found.id DESC;

-- name: list_projects
-- The projects that have jobs: for each the index is entered once more, after the project before. And those that are paused.
SELECT asked.org_id, project.project_id, paused_at, paused_by, reason
FROM unnest(%(org_ids)s::text[]) AS asked (org_id)
CROSS JOIN LATERAL (
  (WITH RECURSIVE next AS (
     (SELECT project_id::text FROM kb.object_extraction_jobs
      WHERE org_id = asked.org_id ORDER BY project_id LIMIT 1)
     UNION ALL
     SELECT (SELECT job.project_id::text FROM kb.object_extraction_jobs AS job
             WHERE job.org_id = asked.org_id AND job.project_id > next.project_id
             ORDER BY job.project_id LIMIT 1)
     FROM next WHERE next.project_id IS NOT NULL
   )
   SELECT project_id FROM next WHERE project_id IS NOT NULL LIMIT %(limit)s)
  UNION
  SELECT project_id FROM kb.extraction_pauses WHERE org_id = asked.org_id AND resumed_at IS NULL
) AS project
LEFT JOIN kb.extraction_pauses AS pause
  ON pause.org_id = asked.org_id AND pause.project_id = project.project_id AND resumed_at IS NULL
ORDER BY 1, 2 LIMIT %(limit)s;

-- name: project_with_jobs
-- Any of an organisation.
SELECT project_id FROM kb.object_extraction_jobs WHERE org_id = %(org_id)s ORDER BY project_id LIMIT 1;

-- name: count_jobs_of_organisation
SELECT count(*) AS jobs, count(*) FILTER (WHERE status IN ('pending', 'running')) AS active
FROM kb.object_extraction_jobs WHERE org_id = %(org_id)s;

-- name: project_of_job
SELECT job.org_id, job.project_id, paused_at, paused_by, reason
FROM kb.object_extraction_jobs AS job LEFT JOIN kb.extraction_pauses AS pause
  ON pause.org_id = job.org_id AND pause.project_id = job.project_id AND resumed_at IS NULL
WHERE id = %(job_id)s AND job.org_id = ANY (%(org_ids)s::text[]);

-- name: list_events
SELECT id, at, actor, from_status, to_status, reason, attempt, lease, detail
FROM kb.extraction_job_events
WHERE job_id = %(job_id)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s;

-- name: list_objects
-- guards: status
-- Of the latest result: finish leaves no other. A result that was rejected is no longer one.
SELECT o.ordinal, o.id, o.type, o.properties, o.evidence, o.confidence, o.span_start, o.span_end
FROM kb.extracted_objects AS o
JOIN kb.object_extraction_jobs AS job ON job.id = o.job_id AND job.status <> 'failed'
WHERE o.job_id = %(job_id)s AND o.ordinal > %(after)s
ORDER BY o.ordinal LIMIT %(limit)s;

-- name: objects_to_correct
SELECT ordinal, id, type, properties, evidence FROM kb.extracted_objects
WHERE job_id = %(job_id)s AND lease = %(lease)s AND id = ANY (%(ids)s);

-- name: export_objects
-- As list_objects, each with the relationships that start at it. A new result and a correction each come with a new revision.
SELECT job.revision, o.ordinal, o.id, o.type, o.properties, o.evidence, o.confidence,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('type', r.type, 'to_id', t.id, 'confidence', r.confidence)
                                  ORDER BY r.ordinal), '[]')
        FROM kb.extracted_relationships AS r
        JOIN kb.extracted_objects AS t ON t.job_id = r.job_id AND t.lease = r.lease AND t.ordinal = r.to_ordinal
        WHERE r.job_id = o.job_id AND r.lease = o.lease AND r.from_ordinal = o.ordinal) AS relationships
FROM kb.extracted_objects AS o
JOIN kb.object_extraction_jobs AS job ON job.id = o.job_id AND job.status <> 'failed'
WHERE o.job_id = %(job_id)s AND o.ordinal > %(after)s AND (%(type)s::text IS NULL OR o.type = %(type)s)
ORDER BY o.ordinal LIMIT %(limit)s;

-- name: property_names
-- Of all objects that export_objects gives, so that each page of a table has the same columns.
SELECT revision, ARRAY(
  SELECT name FROM kb.extracted_objects AS o CROSS JOIN LATERAL jsonb_object_keys(o.properties) AS name
  WHERE o.job_id = job.id AND (%(type)s::text IS NULL OR o.type = %(type)s)
  GROUP BY name ORDER BY min(o.ordinal), name) AS names
FROM kb.object_extraction_jobs AS job WHERE id = %(job_id)s;

-- name: document_stretch
SELECT substr(text, %(start)s + 1, %(length)s) AS text FROM kb.extraction_documents WHERE job_id = %(job_id)s;

-- name: document_page
-- A stretch of the text that was read. Characters are code points, as in every span.
SELECT media_type, title, digest, pages, pages_without_text, coalesce(length(text), 0) AS characters,
       coalesce(substr(text, %(start)s + 1, %(length)s), '') AS text
FROM kb.extraction_documents WHERE job_id = %(job_id)s;

-- name: list_relationships
-- Those that start at an object of the page just read.
SELECT r.type, f.id AS from_id, t.id AS to_id, r.confidence
FROM kb.extracted_relationships AS r
JOIN kb.extracted_objects AS f ON f.job_id = r.job_id AND f.lease = r.lease AND f.ordinal = r.from_ordinal
JOIN kb.extracted_objects AS t ON t.job_id = r.job_id AND t.lease = r.lease AND t.ordinal = r.to_ordinal
WHERE r.job_id = %(job_id)s AND r.from_ordinal = ANY (%(ordinals)s)
ORDER BY r.ordinal;

-- name: list_orphans
-- What sweep_orphans and sweep_spent would take now; a test holds the three together.
SELECT id, source_type, status, attempt, max_attempts, started_at, updated_at,
       extract(epoch FROM now() - updated_at)::double precision AS idle_seconds,
       CASE WHEN deadline_at < now() AND updated_at >= least(deadline_at, now() - %(threshold)s)
              THEN 'fail: over its hard limit'
            WHEN attempt >= max_attempts THEN 'fail: attempts spent'
            ELSE 'recover' END AS action
FROM kb.object_extraction_jobs
WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND status = 'running'
  AND (updated_at < now() - %(threshold)s OR deadline_at < now())
ORDER BY updated_at LIMIT %(limit)s;

-- name: statistics
SELECT
  (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
     SELECT status, count(*) AS n FROM kb.object_extraction_jobs
     WHERE org_id = %(org_id)s AND project_id = %(project_id)s
     GROUP BY status) AS by_status) AS counts,
  (SELECT extract(epoch FROM now() - min(run_after))::double precision FROM kb.object_extraction_jobs AS job
   WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND status = 'pending' AND run_after <= now()
     AND NOT (:paused))
    AS oldest_pending_seconds,
  (SELECT extract(epoch FROM now() - min(updated_at))::double precision FROM kb.object_extraction_jobs
   WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND status = 'running')
    AS oldest_heartbeat_seconds,
  (SELECT count(*) FROM kb.object_extraction_jobs
   WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND status = 'running'
     AND updated_at < now() - %(threshold)s) AS orphans,
  count(*) FILTER (WHERE status = 'completed') AS completed_last_hour,
  count(*) FILTER (WHERE status <> 'completed' AND NOT failure) AS review_last_hour,
  count(*) FILTER (WHERE failure) AS failed_last_hour,
  -- As the FailureRate alarm counts (stacks/watching.yaml): the share is null of fewer than ten jobs.
  CASE WHEN count(*) FILTER (WHERE recent) >= 10
    THEN count(*) FILTER (WHERE recent AND failure)::double precision / count(*) FILTER (WHERE recent)
  END AS failure_rate
FROM (
  -- A result that a person has rejected is a review, and no failure.
  SELECT status, status = 'failed' AND review_reason IS NULL AS failure,
         completed_at > now() - interval '15 minutes' AS recent
  FROM kb.object_extraction_jobs
  WHERE org_id = %(org_id)s AND project_id = %(project_id)s
    AND status IN ('completed', 'requires_review', 'failed') AND completed_at > now() - interval '1 hour'
) AS ended;

-- name: jobs_by_time
-- Jobs by creation time and status. Ids are UUIDv7, so a stretch of time is a stretch of the
-- list's index: as many of its entries are read as jobs were made meanwhile.
WITH stretches AS (
  SELECT starts_at,
         rpad(lpad(to_hex((extract(epoch FROM starts_at) * 1000)::bigint), 12, '0'), 32, '0')::uuid AS first_id,
         rpad(lpad(to_hex((extract(epoch FROM starts_at + %(stretch)s) * 1000)::bigint), 12, '0'), 32, '0')::uuid
           AS end_id
  FROM generate_series(date_bin(%(stretch)s, now(), 'epoch') - (%(stretches)s - 1) * %(stretch)s, now(), %(stretch)s)
    AS starts_at
)
SELECT starts_at, coalesce(jsonb_object_agg(status, jobs) FILTER (WHERE jobs > 0), '{}') AS counts
FROM stretches CROSS JOIN unnest(%(statuses)s::text[]) AS asked (status)
CROSS JOIN LATERAL (
  SELECT count(*) AS jobs FROM kb.object_extraction_jobs AS job
  WHERE (job.org_id, job.project_id, job.status, job.id) >= (%(org_id)s, %(project_id)s, asked.status, first_id)
    AND (job.org_id, job.project_id, job.status, job.id) < (%(org_id)s, %(project_id)s, asked.status, end_id)
) AS counted
GROUP BY starts_at ORDER BY starts_at;

-- name: last_sweep
SELECT started_at, finished_at, recovered, failed, redispatched, errors,
       announced, jobs_deleted, histories_deleted, results_deleted,
       extract(epoch FROM now() - finished_at)::double precision AS seconds_ago
FROM kb.extraction_sweeps ORDER BY id DESC LIMIT 1;

-- name: count_due_messages
-- What reserve_dispatches would take, of one project's.
SELECT count(*) AS due FROM kb.object_extraction_jobs AS job
WHERE org_id = %(org_id)s AND project_id = %(project_id)s
  AND status = 'pending' AND next_dispatch_at <= now() AND attempt < max_attempts AND NOT (:paused);

-- name: ping
SELECT 1 AS ok;

-- name: bulk_candidates
-- What a retry or cancel of many picks: the oldest first, by the filter.
WITH oldest AS (:entries(ASC, :narrowed))
:jobs_of(oldest)
ORDER BY job.id;

-- name: bulk_named
-- The same of jobs that are named: they are looked up, and the rest of the filter must fit too.
SELECT :columns FROM kb.object_extraction_jobs AS job
WHERE id = ANY (%(ids)s::uuid[]) AND org_id = %(org_id)s AND project_id = %(project_id)s AND :fits AND :narrowed
ORDER BY id;

-- name: why_not_changed
-- What those picked jobs are now that a retry or cancel of many did not take.
SELECT id, status, revision, updated_at >= now() - %(threshold)s AS lively
FROM kb.object_extraction_jobs WHERE id = ANY (%(ids)s);
