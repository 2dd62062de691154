-- What a sweep asks, and what it writes of itself. What it does with jobs is in lifecycle/sweep.sql.

-- How long until there is something to do, in seconds; not above 0 if there is now: a question for each kind of wait. Steps of
-- the sweep name theirs (extraction_jobs/sweep_steps.py). Each reads one entry of a partial index, the first whose time is
-- not before `after`, and is asked so that no other index fits, whatever the statistics say.

-- name: due_orphan
-- Among those whose marks let them be due within the time that the sweep is to wait: of lively jobs there is none.
SELECT extract(epoch FROM min(updated_at) - now() + %(threshold)s) AS wait FROM kb.object_extraction_jobs
WHERE status = 'running' AND updated_at >= %(after)s::timestamptz - %(threshold)s
  AND heartbeat_mark >= %(after)s::timestamptz - %(threshold)s - interval '1 minute'
  AND heartbeat_mark <= now() - %(threshold)s + %(near)s * interval '1 second';

-- name: due_deadline
SELECT extract(epoch FROM deadline_at - now()) AS wait FROM kb.object_extraction_jobs
WHERE deadline_at >= %(after)s::timestamptz AND status COLLATE "C" = 'running' ORDER BY deadline_at LIMIT 1;

-- name: due_message
-- Of a job that is held: infinity, which in older versions of Postgres no time is subtracted from.
SELECT extract(epoch FROM next_dispatch_at) - extract(epoch FROM now()) AS wait FROM kb.object_extraction_jobs
WHERE status = 'pending' AND next_dispatch_at >= %(after)s::timestamptz ORDER BY next_dispatch_at LIMIT 1;

-- name: due_resumed
-- Now, if a project was resumed, until a sweep has released all its jobs. What could not be released before is left to the
-- next sweep.
SELECT 0 AS wait FROM kb.extraction_pauses
WHERE resumed_at IS NOT NULL AND %(after)s::timestamptz = '-infinity' LIMIT 1;

-- name: look
-- How long until a sweep has anything to do: the questions of all its steps take the place of due. Nearly always that is
-- longer than the sweep is to wait (`near`, seconds); then this is the whole of it. If `record`, it then writes its own record
-- and deletes those of over a week (as record_sweep). The gauges are over all organisations; that of the heartbeat is the
-- oldest of all if `after` is '-infinity', to the minute while none is near the threshold.
WITH due (question, wait) AS MATERIALIZED (
  :due
), found AS (
  SELECT min(wait) AS wait, %(record)s AND coalesce(min(wait) > %(near)s, true) AS recorded,
         max(wait) FILTER (WHERE question = 'due_orphan') AS left_of_threshold
  FROM due
), expired AS (
  DELETE FROM kb.extraction_sweeps WHERE %(record)s AND finished_at < now() - interval '7 days'
), noted AS (
  INSERT INTO kb.extraction_sweeps (started_at, recovered, failed, redispatched)
  SELECT now(), 0, 0, 0 FROM found WHERE recorded
)
SELECT now() AS at, wait::double precision, recorded,
  coalesce(
    extract(epoch FROM %(threshold)s) - left_of_threshold,
    (SELECT extract(epoch FROM now() - updated_at) FROM kb.object_extraction_jobs
     WHERE status = 'running' ORDER BY heartbeat_mark LIMIT 1))::double precision AS oldest_heartbeat_seconds,
  (SELECT greatest(0, extract(epoch FROM now() - run_after))::double precision
   FROM kb.object_extraction_jobs WHERE status COLLATE "POSIX" = 'pending' AND next_dispatch_at < 'infinity'
   ORDER BY run_after LIMIT 1) AS oldest_pending_seconds
FROM found;

-- name: stuck_behind_locks
-- Orphans that several sweeps have passed over, and who holds each: the transaction that is noted on its row. No text of
-- any statement.
SELECT job.id AS job_id, extract(epoch FROM now() - job.updated_at)::double precision AS idle_seconds,
       holder.pid, holder.usename AS role, holder.application_name AS program, holder.state
FROM (
  SELECT id, updated_at, xmax FROM kb.object_extraction_jobs
  WHERE status = 'running' AND heartbeat_mark < now() - %(threshold)s - %(several_sweeps)s
    AND updated_at < now() - %(threshold)s - %(several_sweeps)s
  ORDER BY heartbeat_mark LIMIT %(limit)s
) AS job
JOIN pg_locks AS held ON held.locktype = 'transactionid' AND held.granted AND held.transactionid = job.xmax
JOIN pg_stat_activity AS holder ON holder.pid = held.pid
WHERE coalesce(holder.xact_start, '-infinity') <= clock_timestamp() - %(held_for)s;

-- name: record_sweep
-- What a sweep did; records older than a week go.
WITH expired AS (
  DELETE FROM kb.extraction_sweeps WHERE finished_at < now() - interval '7 days'
)
INSERT INTO kb.extraction_sweeps (
  started_at, recovered, failed, redispatched, errors, announced, jobs_deleted, histories_deleted, results_deleted)
VALUES (
  now() - %(took)s, %(recovered)s, %(failed)s, %(redispatched)s, %(errors)s, %(announced)s,
  %(jobs_deleted)s, %(histories_deleted)s, %(results_deleted)s);
