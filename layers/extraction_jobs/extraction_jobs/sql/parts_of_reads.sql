-- As parts.sql, of what is read.

-- part: job_now
-- A job, its ages, and what it waits for.
:columns, extract(epoch FROM now() - updated_at)::double precision AS idle_seconds,
  extract(epoch FROM now() - started_at)::double precision AS running_seconds, :waits_for

-- part: jobs_of(source)
-- Those jobs.
SELECT job.* FROM :source CROSS JOIN LATERAL (
  SELECT :job_now FROM kb.object_extraction_jobs AS job WHERE id = :source.id LIMIT 1
) AS job

-- part: entries(direction, condition)
-- The ids of the jobs that a filter means: at most `most` of each status, merged in the order of their ids. A list, a
-- search and a change of many begin here. Stuck is only what is running.
--
-- How they keep to their index, whatever the statistics say (tests/promises/test_statements_keep_to_their_index.py):
-- whose jobs and which of them is one comparison of rows that begins with a column with which no other index begins, and
-- the order names the same columns. With `org_id = ... ORDER BY id DESC` the planner may walk the primary key and throw
-- away what does not fit. There is a branch for each index: of a status, of a source type, of the stuck. What is not
-- asked for is not run. Of the stuck of all tenants there are few, for each sweep takes them; OFFSET 0 keeps the planner
-- to their index.
SELECT entry.id FROM unnest(%(statuses)s::text[]) AS asked (status)
CROSS JOIN LATERAL (
  (SELECT id FROM kb.object_extraction_jobs AS job
   WHERE NOT %(stuck)s AND %(source_type)s::text IS NULL
     AND (org_id, project_id, status, id) >= (%(org_id)s, %(project_id)s, asked.status, %(first)s)
     AND (org_id, project_id, status, id) <= (%(org_id)s, %(project_id)s, asked.status, %(last)s) AND :condition
   ORDER BY org_id :direction, project_id :direction, status :direction, id :direction LIMIT %(most)s)
  UNION ALL
  (SELECT id FROM kb.object_extraction_jobs AS job
   WHERE NOT %(stuck)s AND %(source_type)s::text IS NOT NULL
     AND (source_type, org_id, project_id, status, id)
       >= (%(source_type)s, %(org_id)s, %(project_id)s, asked.status, %(first)s)
     AND (source_type, org_id, project_id, status, id)
       <= (%(source_type)s, %(org_id)s, %(project_id)s, asked.status, %(last)s) AND :condition
   ORDER BY source_type :direction, org_id :direction, project_id :direction, status :direction, id :direction
   LIMIT %(most)s)
  UNION ALL
  (SELECT id FROM (
     SELECT :columns FROM kb.object_extraction_jobs
     WHERE %(stuck)s AND status = 'running' AND heartbeat_mark < now() - %(threshold)s
       AND updated_at < now() - %(threshold)s OFFSET 0) AS job
   WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND id >= %(first)s AND id <= %(last)s
     AND (%(source_type)s::text IS NULL OR source_type = %(source_type)s) AND :condition
   ORDER BY id :direction LIMIT %(most)s)
) AS entry
ORDER BY entry.id :direction LIMIT %(most)s

-- part: fits
-- Whether a job that is named is one that a filter means.
job.status = ANY (%(statuses)s::text[]) AND (%(source_type)s::text IS NULL OR job.source_type = %(source_type)s)
  AND (NOT %(stuck)s OR job.updated_at < now() - %(threshold)s)

-- part: narrowed
-- What a change of many asks for too, and no index helps with.
(%(created_before)s::timestamptz IS NULL OR job.created_at < %(created_before)s)
  AND (%(created_after)s::timestamptz IS NULL OR job.created_at >= %(created_after)s)
  AND (%(text)s::text IS NULL OR :holds_text)
  AND (%(rejected)s OR status <> 'failed' OR review_reason IS NULL)

-- part: holds_text
position(lower(%(text)s) IN lower(concat_ws(' ', job.id, job.source_id, job.source_uri, job.error_message))) > 0

-- part: webhook_columns
-- What an organisation sees of its webhook.
org_id, url, created_at, delivered_at, failures, failing_since, last_failure, disabled_at, disabled_reason
