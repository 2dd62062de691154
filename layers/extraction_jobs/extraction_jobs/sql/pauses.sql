-- Projects of which no job is started. What becomes of their jobs is in lifecycle/.

-- name: set_pause
-- One that is paused already stays so from when it was; the reason is the new one.
INSERT INTO kb.extraction_pauses AS pause (org_id, project_id, paused_by, reason)
VALUES (%(org_id)s, %(project_id)s, %(caller)s, %(reason)s)
ON CONFLICT (org_id, project_id) DO UPDATE
SET paused_at = CASE WHEN pause.resumed_at IS NULL THEN pause.paused_at ELSE now() END,
    paused_by = excluded.paused_by, reason = excluded.reason, resumed_at = NULL
RETURNING paused_at, paused_by, reason;

-- name: read_pause
SELECT paused_at, paused_by, reason FROM kb.extraction_pauses
WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND resumed_at IS NULL;

-- name: resume
UPDATE kb.extraction_pauses SET resumed_at = now()
WHERE org_id = %(org_id)s AND project_id = %(project_id)s AND resumed_at IS NULL
RETURNING paused_at;

-- name: resume_all
-- Of an organisation that has no jobs any more. The sweep deletes them.
UPDATE kb.extraction_pauses SET resumed_at = coalesce(resumed_at, now()), reason = NULL WHERE org_id = %(org_id)s
RETURNING project_id;
