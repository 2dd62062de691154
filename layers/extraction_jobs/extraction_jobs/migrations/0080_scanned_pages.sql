-- Checkpoints of a scan: what OCR read on a page, kept until the job completes, so that no attempt reads a page again.
-- `document` is the SHA-256 of the file that the page is in: a mail may have several attached.
CREATE TABLE kb.extraction_pages (
  job_id     uuid        NOT NULL REFERENCES kb.object_extraction_jobs ON DELETE CASCADE,
  document   text        NOT NULL,
  number     integer     NOT NULL CHECK (number >= 1),
  lease      bigint      NOT NULL,
  attempt    integer     NOT NULL,
  page       jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, document, number)
);
