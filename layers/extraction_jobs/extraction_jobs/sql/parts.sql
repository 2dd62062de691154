-- What several statements have in common, written once. `:name`, or `:name(…)` with what stands for its words, is replaced
-- by it (queries.py).

-- part: history
-- Where every change of a job's status leaves a line.
kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease, detail)

-- part: event(changed, actor, before, after, reason, detail)
-- The line of each job that `changed` holds.
INSERT INTO :history
SELECT id, :actor, :before, :after, :reason, attempt, lease, :detail FROM :changed

-- part: caller
-- What a line of history says of who asked.
jsonb_build_object('caller', %(caller)s::text)

-- part: ended
-- What every ending writes.
revision = revision + 1, completed_at = now(), deadline_at = NULL, updated_at = now()

-- part: failed(reason)
status = 'failed', :ended, error_message = kb.appended(error_message, :reason)

-- part: pending_if(condition)
-- Pending again, or else failed.
status = CASE WHEN :condition THEN 'pending' ELSE 'failed' END, revision = revision + 1,
      completed_at = CASE WHEN :condition THEN NULL ELSE now() END, deadline_at = NULL, updated_at = now()

-- part: sent_anew
-- The messages that were sent count no more. The new one is sent at once; if that fails, the sweep sends it after a while.
dispatched_at = NULL, dispatch_count = 0, next_dispatch_at = now() + %(dispatch_grace)s

-- part: first_dispatch
-- When the sweep is to send the message of a job that is made, if nobody has: if it is not due yet, at its time; in a
-- paused project not before that is resumed.
CASE WHEN given.run_after > now() THEN given.run_after
     WHEN EXISTS (SELECT FROM kb.extraction_pauses AS pause
                  WHERE pause.org_id = given.org_id AND pause.project_id = given.project_id
                    AND pause.resumed_at IS NULL) THEN 'infinity'
     ELSE now() + %(dispatch_grace)s END

-- part: insert_given
-- The jobs that `given` holds.
INSERT INTO kb.object_extraction_jobs (
    id, org_id, project_id, source_type, source_id, source_uri, source_metadata, extraction_config, max_attempts,
    timeout_minutes, created_by, idempotency_key, request_digest, trace, kept_bytes, revision, priority, run_after,
    next_dispatch_at)
  SELECT id, org_id, project_id, source_type, source_id, source_uri, source_metadata, extraction_config, max_attempts,
         timeout_minutes, created_by, idempotency_key, request_digest, trace, kept_bytes, 1, priority, run_after,
         :first_dispatch
  FROM given

-- part: created_event
-- The first line of history of the jobs that `created` holds.
:event(created, 'api', NULL, 'pending',
       CASE WHEN held THEN 'Job was created. It waits: its project is paused.' ELSE 'Job was created.' END,
       jsonb_build_object('caller', created_by))

-- part: paused
-- Whether a job waits because its project is paused. One that was handed over goes on: it was running.
job.time_left IS NULL AND EXISTS (SELECT FROM kb.extraction_pauses AS pause
  WHERE pause.org_id = job.org_id AND pause.project_id = job.project_id AND pause.resumed_at IS NULL)

-- part: waits_for
-- What a pending job waits for; of any other null.
CASE WHEN job.status <> 'pending' THEN NULL WHEN job.run_after > now() THEN 'time' WHEN :paused THEN 'resume'
     ELSE 'worker' END AS waits_for

-- part: held
-- What becomes of a pending job whose project is paused. No message is sent; messages that were count no more.
revision = revision + 1, next_dispatch_at = 'infinity', dispatched_at = NULL, dispatch_count = 0, updated_at = now()

-- part: released
-- What becomes of it when its project is resumed. It waits for a worker from now on.
revision = revision + 1, run_after = greatest(run_after, now()), updated_at = now()

-- part: held_of(whose)
-- The jobs that are held of the project in `whose`, those of the highest priority first.
SELECT id FROM unnest(enum_range(NULL::kb.priority)) AS of_its (priority) CROSS JOIN LATERAL (
  SELECT id FROM kb.object_extraction_jobs AS job
  WHERE lower(status) = 'pending' AND project_id = :whose.project_id
    AND (org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at)
      = (:whose.org_id, false, of_its.priority, 'infinity')
    AND :wanted
  LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
) AS held
LIMIT %(batch)s

-- part: fence
-- Of each write of an attempt (docs/decisions/0001-fence.md).
id = %(job_id)s AND lease = %(lease)s AND status COLLATE "C" = 'running'

-- part: spent
-- Each write of an attempt brings the totals of the job.
input_tokens = %(input_tokens)s, output_tokens = %(output_tokens)s, cost_usd = %(cost_usd)s

-- part: seconds_left
-- To the hard limit; for ever if somebody took it off by hand.
coalesce(extract(epoch FROM deadline_at - now()), 'infinity')::double precision AS seconds_left

-- part: due_in_seconds
-- For how long the queue is to hold the job's message back.
greatest(extract(epoch FROM run_after - now()), 0)::double precision AS due_in_seconds

-- part: higher
-- The jobs of its organisation that go before a job: sent, due, and of a higher priority. Of many that are not due (a backoff)
-- it looks at the first.
SELECT id FROM (
  SELECT id, run_after, attempt, max_attempts FROM kb.object_extraction_jobs
  WHERE lower(status) = 'pending'
    AND (org_id, (dispatched_at IS NOT NULL), priority) >= (job.org_id, true, 'high')
    AND (org_id, (dispatched_at IS NOT NULL), priority) < (job.org_id, true, job.priority)
  ORDER BY org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at LIMIT 20
) AS other
WHERE run_after <= now() AND attempt < max_attempts

-- part: keep_document(source)
-- The text that was read, of the job that `source` holds. Without a text, nothing.
INSERT INTO kb.extraction_documents AS document
  (job_id, text, media_type, title, digest, pages, pages_without_text, read_at)
SELECT id, %(text)s, %(media_type)s, %(title)s, %(digest)s, %(pages)s, %(pages_without_text)s, now() FROM :source
WHERE %(text)s::text IS NOT NULL
ON CONFLICT (job_id) DO UPDATE
SET text = excluded.text, media_type = excluded.media_type, title = excluded.title,
    digest = excluded.digest, pages = excluded.pages, pages_without_text = excluded.pages_without_text,
    read_at = excluded.read_at
WHERE document.digest IS DISTINCT FROM excluded.digest

-- part: named
-- The job that a person names.
SELECT id, status, attempt, lease FROM kb.object_extraction_jobs
  WHERE id = %(job_id)s AND org_id = %(org_id)s AND project_id = %(project_id)s
  FOR UPDATE

-- part: picked
-- Of the jobs that a person's filter picked those that are still at that revision, so still what it says. What another holds
-- at this moment is passed over, so that no two such calls wait for each other's jobs. Looked up one by one: of a join a
-- planner compares each that is picked with each job.
SELECT own.* FROM unnest(%(ids)s::uuid[], %(revisions)s::bigint[]) AS picked (id, revision) CROSS JOIN LATERAL (
  SELECT id, status, attempt FROM kb.object_extraction_jobs
  WHERE id = picked.id AND revision = picked.revision AND org_id = %(org_id)s AND project_id = %(project_id)s
    AND (NOT %(stuck)s OR updated_at < now() - %(threshold)s)
  FOR UPDATE SKIP LOCKED
) AS own

-- part: retried
-- running | failed -> pending: those of `target` that may be. They are due, with a fresh budget and the whole hard limit.
retried AS (
  UPDATE kb.object_extraction_jobs AS job
  SET status = 'pending', revision = revision + 1, attempt = 0, run_after = now(), deadline_at = NULL, time_left = NULL,
      completed_at = NULL, :sent_anew, error_message = kb.appended(error_message, %(reason)s), updated_at = now()
  FROM target WHERE job.id = target.id AND target.status IN ('running', 'failed')
  RETURNING job.:columns, :waits_for, target.status AS status_before, target.attempt AS attempt_before
), noted AS (:event_by_hand(retried, 'pending', %(reason)s))

-- part: cancelled
-- pending | running -> cancelled: those of `target` that may be.
cancelled AS (
  UPDATE kb.object_extraction_jobs AS job SET status = 'cancelled', :ended
  FROM target WHERE job.id = target.id AND target.status IN ('pending', 'running')
  RETURNING job.:columns, target.status AS status_before, target.attempt AS attempt_before
), noted AS (:event_by_hand(cancelled, 'cancelled', 'Job was cancelled.'))

-- part: event_by_hand(changed, after, reason)
-- The event of each job that was changed, with what it was before and the attempt that it was in.
INSERT INTO :history
  SELECT id, 'api', status_before, :after, :reason, attempt_before, lease, :caller FROM :changed

-- part: wanted
-- What a sweep may take: not what it could not change; of a batch that failed, a part.
id <> ALL (%(skip)s) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s))

-- part: fail_taken(before)
-- -> failed: what a step of the sweep has `taken`. format() reads the reason: a % in it stands for the attempt or the budget.
failed AS (
  UPDATE kb.object_extraction_jobs AS job SET :failed(format(%(reason)s, attempt, max_attempts))
  WHERE job.ctid = ANY (ARRAY(SELECT place FROM taken))
  RETURNING id, source_type, started_at, attempt, max_attempts, lease
), noted AS (:event(failed, 'sweeper', :before, 'failed', format(%(reason)s, attempt, max_attempts), NULL))
SELECT id, source_type, started_at FROM failed

-- part: organisations(name, condition)
-- Those that have such jobs, in the recursive `name`, and a null behind the last: for each the index is entered once more,
-- after the one before.
(SELECT org_id::text FROM kb.object_extraction_jobs AS job WHERE :condition ORDER BY org_id LIMIT 1)
UNION ALL
SELECT (SELECT job.org_id::text FROM kb.object_extraction_jobs AS job
        WHERE :condition AND job.org_id > :name.org_id ORDER BY job.org_id LIMIT 1)
FROM :name WHERE :name.org_id IS NOT NULL

-- part: waits
lower(job.status) = 'pending'

-- part: due_of_organisation(sent)
-- Pending jobs of an organisation of `waiting` whose message is due, of those that were sent before, or were not: at most its
-- share, those of the highest priority first.
SELECT next.* FROM unnest(enum_range(NULL::kb.priority)) AS of_its (priority) CROSS JOIN LATERAL (
  SELECT id, :paused AS paused FROM kb.object_extraction_jobs AS job
  WHERE lower(status) = 'pending'
    AND (org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at)
      >= (waiting.org_id, :sent, of_its.priority, '-infinity')
    AND (org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at)
      <= (waiting.org_id, :sent, of_its.priority, now())
    AND attempt < max_attempts AND :wanted
  ORDER BY org_id, (dispatched_at IS NOT NULL), priority, next_dispatch_at LIMIT (SELECT jobs FROM share)
  FOR UPDATE SKIP LOCKED
) AS next
LIMIT (SELECT jobs FROM share)

-- part: ended_next(part)
-- The jobs that `ended` the longest ago. One sweep at a time goes on from where the last one came to with this part of
-- retention. It waits for a job that another holds: passed over, it would be left behind for good.
mark AS (
  SELECT through, through_id FROM kb.extraction_retention WHERE part = :part FOR UPDATE SKIP LOCKED
), ended AS (
  SELECT job.id, job.completed_at FROM mark CROSS JOIN LATERAL (
    SELECT id, completed_at FROM kb.object_extraction_jobs
    WHERE completed_at < now() - %(keep)s AND (completed_at, id) > (mark.through, mark.through_id)
      AND status NOT IN ('pending', 'running')
    ORDER BY completed_at, id LIMIT %(batch)s
    FOR UPDATE
  ) AS job
), moved AS (
  UPDATE kb.extraction_retention AS retention SET through = last.completed_at, through_id = last.id
  FROM (SELECT completed_at, id FROM ended ORDER BY completed_at DESC, id DESC LIMIT 1) AS last
  WHERE retention.part = :part
)
