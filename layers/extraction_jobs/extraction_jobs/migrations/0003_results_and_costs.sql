-- What a job's result rests on, why a person should look at it, and what its model calls took.
-- Every new column is empty or has a constant default: Postgres adds it without rewriting the table.

ALTER TABLE kb.object_extraction_jobs
  ADD COLUMN extractor      text,
  ADD COLUMN objects_found  integer       NOT NULL DEFAULT 0,
  ADD COLUMN coverage       real,
  ADD COLUMN review_reason  text,
  -- Of all attempts together, also of those that came to nothing: they were paid for.
  ADD COLUMN input_tokens   bigint        NOT NULL DEFAULT 0,
  ADD COLUMN output_tokens  bigint        NOT NULL DEFAULT 0,
  ADD COLUMN cost_usd       numeric(14,6) NOT NULL DEFAULT 0;

COMMENT ON COLUMN kb.object_extraction_jobs.extractor IS 'Name and version of what made the result.';
COMMENT ON COLUMN kb.object_extraction_jobs.objects_found IS 'While running: objects begun in the finished chunks. Then: objects of the result.';
COMMENT ON COLUMN kb.object_extraction_jobs.coverage IS 'Share (0 to 1) of the document''s labelled values, rows and marked sentences that ended up in an object.';
COMMENT ON COLUMN kb.object_extraction_jobs.review_reason IS 'Why the result required a review; kept when the review has ended.';

-- The inline source where it is a file and not a text. Where the pages of a paged source begin in text, and which of
-- them (from 1) hold images and no text.
ALTER TABLE kb.extraction_documents
  ADD COLUMN content_bytes      bytea,
  ADD COLUMN pages              integer[] NOT NULL DEFAULT '{}',
  ADD COLUMN pages_without_text integer[] NOT NULL DEFAULT '{}';
