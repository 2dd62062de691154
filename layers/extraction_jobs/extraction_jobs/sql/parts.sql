-- What several statements have in common, written once: `:name`, or `:name(source)`, stands for it (queries.py).

-- part: keep_document
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
