-- What no worker ends: each takes a `batch` of jobs at most (extraction_jobs/sweep_steps.py).

-- name: sweep_overdue
-- guards: status, deadline_at, updated_at, FOR UPDATE
-- running -> failed: past its hard limit, however lively its heartbeat. Only what somebody held until then: a job
-- whose heartbeat ended before its deadline is an orphan, however long nobody looked.
WITH taken AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND deadline_at < now() AND updated_at >= least(deadline_at, now() - %(threshold)s) AND :wanted
  ORDER BY deadline_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), :fail_taken('running');

-- name: sweep_spent
-- guards: FOR UPDATE
-- running -> failed: an orphan whose budget is spent.
WITH taken AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND heartbeat_mark < now() - %(threshold)s AND updated_at < now() - %(threshold)s
    AND attempt >= max_attempts AND :wanted
  ORDER BY heartbeat_mark LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), :fail_taken('running');

-- name: sweep_unclaimable
-- pending -> failed: the budget is spent though nothing runs (max_attempts was lowered by hand).
WITH taken AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status COLLATE "C" = 'pending' AND next_dispatch_at <= now() AND attempt >= max_attempts AND :wanted
  ORDER BY next_dispatch_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), :fail_taken('pending');

-- name: sweep_orphans
-- guards: status, heartbeat_mark, updated_at, attempt, threshold, ORDER BY, LIMIT, FOR UPDATE, SKIP LOCKED
-- running -> pending: heartbeat older than the threshold, budget left. The oldest first, to the minute (migrations/0094); each
-- waits a random part of count × spacing after `wait_from`, so that a mass recovery does not come back as one thundering herd
-- (random enough is a hash of which job it is and which time; random() would be asked once for all).
-- Its message can be sent up to `longest_delay` ahead of that (what the queue can hold back): then it is `sendable`,
-- and reserved as by reserve_dispatches.
WITH taken AS (
  SELECT id, ctid AS place FROM kb.object_extraction_jobs
  WHERE status = 'running' AND (heartbeat_mark < now() - %(threshold)s AND updated_at < now() - %(threshold)s)
    AND attempt < max_attempts AND :wanted
  ORDER BY heartbeat_mark LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), spread AS MATERIALIZED (
  SELECT (count(*) - 1) * %(spacing)s AS length FROM taken
), recovered AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'pending', revision = revision + 1, deadline_at = NULL,
      (run_after, next_dispatch_at) = (
        SELECT now() + wait,
               now() + CASE WHEN wait <= %(longest_delay)s THEN %(reservation)s ELSE wait - %(longest_delay)s END
        FROM (SELECT %(wait_from)s
          + (uuid_hash_extended(job.id, job.revision) & 65535)::double precision / 65536 * spread.length AS wait
          FROM spread) AS own),
      dispatched_at = NULL, dispatch_count = 0, error_message = kb.appended(error_message, %(reason)s), updated_at = now()
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM taken))
  RETURNING id, source_type, started_at, attempt, lease, revision, org_id, trace, run_after - now() AS wait
), noted AS (:event(recovered, 'sweeper', 'running', 'pending', %(reason)s, NULL))
SELECT id, source_type, started_at, revision, org_id, trace, wait <= %(longest_delay)s AS sendable,
  extract(epoch FROM wait)::double precision AS due_in_seconds
FROM recovered;

-- name: sweep_resumed
-- Jobs that are held though their project was resumed: their messages are due. The pause goes as soon as it may
-- (migrations/0087).
WITH taken AS (
  SELECT own.id FROM kb.extraction_pauses AS resumed CROSS JOIN LATERAL (:held_of(resumed)) AS own
  WHERE resumed_at IS NOT NULL LIMIT %(batch)s
), released AS (
  UPDATE kb.object_extraction_jobs AS job SET :released, next_dispatch_at = now()
  FROM taken WHERE job.id = taken.id
  RETURNING job.id, job.attempt, job.lease
), noted AS (:event(released, 'sweeper', 'pending', 'pending', %(reason)s, NULL)), gone AS (
  DELETE FROM kb.extraction_pauses WHERE resumed_at IS NOT NULL
)
SELECT id, false AS sendable FROM released;

-- name: reserve_dispatches
-- Pending jobs whose message is due. First those whose message was never sent since their last change, so that a new job
-- does not wait behind a backlog; then those whose message was sent so long ago that it must be lost. Of both each
-- organisation has its share, however long the backlog of another is; of an organisation's those of the highest priority
-- first, then the oldest. What is of a paused project is held instead. Each message waits a random part of count × spacing
-- after `wait_from`: what was lost together does not come back together. Reserved for `reservation`, so that two
-- sweepers do not both send; note_dispatched makes it final.
WITH RECURSIVE waiting AS (:organisations(waiting, :waits)), share AS MATERIALIZED (
  SELECT ceil(%(batch)s / greatest(count(org_id), 1.0))::bigint AS jobs FROM waiting
), unsent AS (
  SELECT own.* FROM waiting CROSS JOIN LATERAL (:due_of_organisation(false)) AS own
  LIMIT %(batch)s
), lost AS (
  SELECT own.* FROM waiting CROSS JOIN LATERAL (:due_of_organisation(true)) AS own
  LIMIT %(batch)s - (SELECT count(*) FROM unsent)
), taken AS (
  SELECT id, paused, %(wait_from)s + random() * (SELECT count(*) - 1 FROM unsent) * %(spacing)s AS wait FROM unsent
  UNION ALL
  SELECT id, paused, %(wait_from)s + ((SELECT count(*) FROM unsent) + random() * (SELECT count(*) - 1 FROM lost)) * %(spacing)s
  FROM lost
), hold AS (
  UPDATE kb.object_extraction_jobs AS job SET :held
  FROM taken WHERE job.id = taken.id AND taken.paused
  RETURNING job.id, job.revision, job.org_id, job.trace, job.attempt, job.lease
), noted AS (:event(hold, 'sweeper', 'pending', 'pending', %(held_reason)s, NULL)), reserved AS (
  UPDATE kb.object_extraction_jobs AS job SET next_dispatch_at = now() + %(reservation)s
  FROM taken WHERE job.id = taken.id AND NOT taken.paused
  RETURNING job.id, job.revision, job.org_id, job.trace,
    extract(epoch FROM greatest(taken.wait, job.run_after - now()))::double precision AS due_in_seconds
)
SELECT id, revision, org_id, trace, true AS sendable, due_in_seconds FROM reserved
UNION ALL
SELECT id, revision, org_id, trace, false, 0 FROM hold;
