-- Announcements: notifications that a job has ended. The rows are written by the trigger announce_ending
-- (migrations/0020), in the transaction of the change itself.

-- name: writes_endings
-- Whether a trigger writes endings down.
SELECT tgenabled <> 'D' AS enabled FROM pg_trigger
WHERE tgrelid = 'kb.object_extraction_jobs'::regclass AND tgname = %(trigger)s;

-- name: reserve_announcements
-- guards: FOR UPDATE
-- Those that are due, the oldest first. Reserved as long as a send may take, so that two senders do not both send;
-- one that is refused again and again comes back ever later, at most hourly.
WITH due AS (
  SELECT id FROM kb.extraction_announcements
  WHERE next_send_at <= now()
  ORDER BY next_send_at LIMIT %(batch)s
  FOR UPDATE SKIP LOCKED
)
UPDATE kb.extraction_announcements AS announcement
SET next_send_at = now() + least(interval '1 minute' * power(2, least(sends, 10)), interval '1 hour'),
    sends = sends + 1
FROM due WHERE announcement.id = due.id
RETURNING announcement.id, announcement.job_id, announcement.status, announcement.at, announcement.detail;

-- name: reserve_announcements_of_job
-- Those of one job that nobody has tried to send yet.
WITH due AS (
  SELECT id FROM kb.extraction_announcements
  WHERE job_id = %(job_id)s AND sends = 0
  FOR UPDATE SKIP LOCKED
)
UPDATE kb.extraction_announcements AS announcement
SET next_send_at = now() + interval '1 minute', sends = sends + 1
FROM due WHERE announcement.id = due.id
RETURNING announcement.id, announcement.job_id, announcement.status, announcement.at, announcement.detail;

-- name: forget_announcements
-- They were sent.
DELETE FROM kb.extraction_announcements WHERE id = ANY (%(ids)s);
