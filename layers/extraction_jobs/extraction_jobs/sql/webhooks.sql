-- Webhooks: where organisations want to be told that a job has ended, and what is to be sent there. The rows of the outbox
-- are written by the trigger announce_to_webhook (migrations/0081), in the transaction of the change itself.

-- name: read_webhook
SELECT :webhook_columns FROM kb.extraction_webhooks WHERE org_id = %(org_id)s;

-- name: set_webhook
-- What still waits to be sent goes to the new address. Not excluded.secret: to name it takes the right to read it.
INSERT INTO kb.extraction_webhooks (org_id, url, secret) VALUES (%(org_id)s, %(url)s, %(secret)s)
ON CONFLICT (org_id) DO UPDATE SET
  url = %(url)s, secret = %(secret)s, created_at = now(), delivered_at = NULL,
  failures = 0, failing_since = NULL, last_failure = NULL, disabled_at = NULL, disabled_reason = NULL
RETURNING :webhook_columns;

-- name: delete_webhook
-- With what still waits to be sent.
DELETE FROM kb.extraction_webhooks WHERE org_id = %(org_id)s RETURNING org_id;

-- name: reserve_deliveries
-- guards: FOR UPDATE
-- Of each organisation those that are due, the oldest first. Reserved longer than a sweep lasts, so that no two send the
-- same; if the sweep dies, they come back.
WITH due AS (
  SELECT delivery.id, webhook.url, webhook.secret
  FROM kb.extraction_webhooks AS webhook
  CROSS JOIN LATERAL (
    SELECT id FROM kb.extraction_webhook_deliveries
    WHERE org_id = webhook.org_id AND next_send_at <= now()
    ORDER BY next_send_at LIMIT %(each)s
    FOR UPDATE SKIP LOCKED
  ) AS delivery
  WHERE webhook.disabled_at IS NULL AND webhook.org_id <> ALL (%(skip)s::text[])
  LIMIT %(batch)s
)
UPDATE kb.extraction_webhook_deliveries AS delivery
SET next_send_at = now() + interval '2 minutes', sends = sends + 1
FROM due WHERE delivery.id = due.id
RETURNING delivery.id, delivery.org_id, delivery.status, delivery.at, delivery.detail, delivery.sends, due.url, due.secret;

-- name: release_deliveries
-- They were not tried.
UPDATE kb.extraction_webhook_deliveries SET next_send_at = now() + interval '30 seconds', sends = sends - 1
WHERE id = ANY (%(ids)s);

-- name: note_delivered
WITH gone AS (
  DELETE FROM kb.extraction_webhook_deliveries WHERE id = ANY (%(ids)s) RETURNING org_id
)
UPDATE kb.extraction_webhooks SET delivered_at = now(), failures = 0, failing_since = NULL, last_failure = NULL
WHERE org_id IN (SELECT org_id FROM gone);

-- name: note_failed
-- One that failed comes back ever later, or not at all after `most` sends. The webhook is switched off if it says so itself
-- (`gone`), or if nothing has got there for days; its row is the one that was sent to, not one that was set meanwhile.
WITH later AS (
  UPDATE kb.extraction_webhook_deliveries SET next_send_at = now() + %(wait)s
  WHERE id = %(id)s AND sends < %(most)s
), spent AS (
  DELETE FROM kb.extraction_webhook_deliveries WHERE id = %(id)s AND sends >= %(most)s
)
UPDATE kb.extraction_webhooks AS webhook
SET failures = failures + 1,
    failing_since = coalesce(failing_since, now()),
    last_failure = %(failure)s,
    disabled_at = CASE WHEN off THEN now() END,
    disabled_reason = CASE
      WHEN off AND %(gone)s THEN %(failure)s
      WHEN off THEN 'Nothing could be delivered since ' || to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
        || ' UTC. The last time: ' || %(failure)s
    END
FROM (
  SELECT org_id, %(gone)s OR failures + 1 >= %(most_failures)s AND failing_since < now() - %(patience)s AS off
  FROM kb.extraction_webhooks WHERE org_id = %(org_id)s AND secret = %(secret)s AND disabled_at IS NULL
  FOR UPDATE
) AS before
WHERE webhook.org_id = before.org_id
RETURNING off;

-- name: drop_deliveries
-- The webhook is switched off.
DELETE FROM kb.extraction_webhook_deliveries AS delivery USING kb.extraction_webhooks AS webhook
WHERE delivery.org_id = %(org_id)s AND webhook.org_id = delivery.org_id AND webhook.disabled_at IS NOT NULL;
