-- What must hold of the whole of the tables at every moment, whoever did what in whatever order. Each statement gives
-- the jobs that break it, and nothing when all is well. They can be run in psql against any installation.
--
-- A person in psql may break some of them on purpose (raise max_attempts, set a lease): such a row is named too.

-- name: each_revision_has_its_event
-- No change of status without its line of history, and no line without its change. A job inserted by hand starts at
-- revision 0, one made through the API at 1.
SELECT job.id AS job_id, format('revision %s, %s event(s)', job.revision, count(event.id)) AS found
FROM kb.object_extraction_jobs AS job LEFT JOIN kb.extraction_job_events AS event ON event.job_id = job.id
GROUP BY job.id
HAVING count(event.id) <> job.revision
  + CASE WHEN (array_agg(event.actor ORDER BY event.id))[1] = 'psql' THEN 1 ELSE 0 END;

-- name: history_is_a_chain
-- It begins with the job's creation, each line starts where the one before ended, and the last says what the job is.
-- A lease never goes back, and each claim takes one that no claim had before.
SELECT job_id, format('%s %s -> %s after %s', actor, from_status, to_status, before_status) AS found
FROM (
  SELECT event.*, job.status, job.lease AS job_lease,
         lag(event.to_status) OVER history AS before_status,
         lag(event.lease) OVER history AS before_lease,
         lead(event.id) OVER history IS NULL AS is_last
  FROM kb.extraction_job_events AS event JOIN kb.object_extraction_jobs AS job ON job.id = event.job_id
  WINDOW history AS (PARTITION BY event.job_id ORDER BY event.id)
) AS line
WHERE from_status IS DISTINCT FROM before_status
   OR lease < before_lease
   OR actor = 'worker' AND to_status = 'running' AND lease <= before_lease
   OR is_last AND (to_status <> status OR lease > job_lease)
   OR reason = '';

-- name: only_the_arrows_of_the_diagram
-- Each actor makes the changes that the diagram of a job's life has for it; a person in psql may make any.
SELECT job_id, format('%s: %s -> %s', actor, from_status, to_status) AS found
FROM kb.extraction_job_events
WHERE actor <> 'psql'
  AND (actor, coalesce(from_status, ''), to_status) NOT IN (
    ('api', '', 'pending'), ('api', 'running', 'pending'), ('api', 'failed', 'pending'),
    ('api', 'pending', 'cancelled'), ('api', 'running', 'cancelled'),
    ('api', 'requires_review', 'completed'), ('api', 'requires_review', 'failed'),
    ('worker', 'pending', 'running'), ('worker', 'running', 'pending'), ('worker', 'running', 'completed'),
    ('worker', 'running', 'requires_review'), ('worker', 'running', 'failed'),
    ('sweeper', 'running', 'pending'), ('sweeper', 'running', 'failed'), ('sweeper', 'pending', 'failed'),
    ('worker', 'pending', 'pending'), ('sweeper', 'pending', 'pending'), ('api', 'pending', 'pending'),
    ('dead_letters', 'pending', 'pending'), ('dead_letters', 'pending', 'failed'));

-- name: the_budget_is_kept
-- Of the claims since the budget was last fresh (creation, a retry), those that a hand-over gave back do not count. (A person may
-- raise `attempt` by hand; more starts than it says there never are.)
SELECT job.id AS job_id, format('%s start(s) that count, attempt %s of %s', count(event.id) FILTER (WHERE claimed)
    - count(event.id) FILTER (WHERE handed_over), job.attempt, job.max_attempts) AS found
FROM kb.object_extraction_jobs AS job
JOIN LATERAL (
  SELECT max(id) AS since FROM kb.extraction_job_events
  WHERE job_id = job.id AND to_status = 'pending' AND actor IN ('api', 'psql')
    AND (actor = 'psql' OR from_status IS DISTINCT FROM 'pending')
) AS fresh ON fresh.since IS NOT NULL
LEFT JOIN LATERAL (
  SELECT id, actor = 'worker' AND to_status = 'running' AS claimed,
         actor = 'worker' AND to_status = 'pending' AND reason LIKE 'Handed over%' AS handed_over
  FROM kb.extraction_job_events WHERE job_id = job.id AND id >= fresh.since
) AS event ON true
GROUP BY job.id
HAVING count(event.id) FILTER (WHERE claimed) - count(event.id) FILTER (WHERE handed_over) > job.attempt
    OR job.attempt > job.max_attempts;

-- name: the_columns_fit_the_status
-- What ended has an end and no deadline (which a person who ends it in psql may leave there); what runs was claimed and
-- started, and what was left of its limit is in its deadline; what waits has no end and no deadline.
SELECT id AS job_id, format('%s: started %s, completed %s, deadline %s, time left %s, lease %s',
    status, started_at, completed_at, deadline_at, time_left, lease) AS found
FROM kb.object_extraction_jobs AS job
WHERE CASE status
    WHEN 'pending' THEN completed_at IS NOT NULL OR deadline_at IS NOT NULL
    WHEN 'running' THEN completed_at IS NOT NULL OR started_at IS NULL OR lease = 0 OR time_left IS NOT NULL
    ELSE completed_at IS NULL OR deadline_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM kb.extraction_job_events WHERE job_id = job.id AND actor = 'psql')
  END;

-- name: nothing_pending_is_forgotten
-- A pending job's next message has its time, and that is an hour away at most, from now or from when the job is due. Only a
-- job that is held has none; the sweep looks for those whose project is not paused any more.
SELECT id AS job_id, format('due %s, sent %s, next message %s', run_after, dispatched_at, next_dispatch_at) AS found
FROM kb.object_extraction_jobs
WHERE status = 'pending'
  AND CASE WHEN next_dispatch_at = 'infinity' THEN dispatched_at IS NOT NULL OR time_left IS NOT NULL
    ELSE next_dispatch_at = '-infinity' OR next_dispatch_at > greatest(now(), run_after) + interval '1 hour 15 minutes' END;

-- name: nothing_running_is_out_of_reach
-- The sweep finds what runs by its heartbeat or by its deadline: one of them must come to pass.
SELECT id AS job_id, format('heartbeat %s, deadline %s', updated_at, deadline_at) AS found
FROM kb.object_extraction_jobs
WHERE status = 'running' AND updated_at > now() + interval '1 minute' AND deadline_at IS NULL;

-- name: heartbeats_have_their_marks
-- What runs is found by its mark, which is never after its heartbeat, nor more than a minute before it.
SELECT id AS job_id, format('heartbeat %s, mark %s', updated_at, heartbeat_mark) AS found
FROM kb.object_extraction_jobs
WHERE status = 'running' AND (heartbeat_mark > updated_at OR heartbeat_mark < updated_at - interval '1 minute');

-- name: one_visible_result
-- A completed job has the objects of one claim, as many as it says, and that claim is the one that ended it.
SELECT job.id AS job_id, format('%s object(s) of lease(s) %s, %s said, ended by lease %s', count(object.ordinal),
    array_agg(DISTINCT object.lease), job.objects_found, ending.lease) AS found
FROM kb.object_extraction_jobs AS job
JOIN LATERAL (
  SELECT lease, actor FROM kb.extraction_job_events
  WHERE job_id = job.id AND from_status = 'running' AND to_status IN ('completed', 'requires_review')
  ORDER BY id DESC LIMIT 1
) AS ending ON ending.actor = 'worker'
LEFT JOIN kb.extracted_objects AS object ON object.job_id = job.id
WHERE job.status IN ('completed', 'requires_review')
GROUP BY job.id, ending.lease
HAVING count(object.ordinal) <> job.objects_found
    OR count(object.ordinal) FILTER (WHERE object.lease <> ending.lease) > 0;

-- name: no_result_without_a_finish
-- Objects become visible by the transaction that completes the job and by nothing else.
SELECT object.job_id, format('object of lease %s', object.lease) AS found
FROM kb.extracted_objects AS object
WHERE NOT EXISTS (
  SELECT FROM kb.extraction_job_events AS event
  WHERE event.job_id = object.job_id AND event.lease = object.lease AND event.actor = 'worker'
    AND event.to_status IN ('completed', 'requires_review'));

-- name: checkpoints_belong_to_a_claim
-- Each was written by a claim that there was, and a completed job has none left.
SELECT chunk.job_id, format('chunk %s of lease %s, the job is %s at lease %s',
    chunk.chunk_index, chunk.lease, job.status, job.lease) AS found
FROM kb.extraction_chunks AS chunk JOIN kb.object_extraction_jobs AS job ON job.id = chunk.job_id
WHERE chunk.lease > job.lease
   OR job.status IN ('completed', 'requires_review') AND EXISTS (
     SELECT FROM kb.extraction_job_events AS event
     WHERE event.job_id = job.id AND event.actor = 'worker' AND event.lease >= chunk.lease
       AND event.to_status IN ('completed', 'requires_review'));

-- name: the_counters_add_up
SELECT id AS job_id, format('%s of %s: %s well, %s not',
    processed_items, total_items, successful_items, failed_items) AS found
FROM kb.object_extraction_jobs
WHERE processed_items <> successful_items + failed_items OR processed_items > total_items AND total_items > 0;

-- name: what_ended_stays_ended
-- An ended job is touched again by a person only: a retry of a failed one, the end of a review, a change in psql.
SELECT job_id, format('%s: %s -> %s', actor, from_status, to_status) AS found
FROM kb.extraction_job_events
WHERE from_status IN ('completed', 'requires_review', 'failed', 'cancelled') AND actor NOT IN ('api', 'psql')
   OR from_status IN ('completed', 'cancelled') AND actor <> 'psql';
