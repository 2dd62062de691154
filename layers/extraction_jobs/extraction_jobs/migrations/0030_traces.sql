-- The trace that a job's request belongs to, as the tracing system writes it. Every message of the job carries it, so
-- that one trace follows the job from its request to its last attempt. Null where nothing is traced: it costs nothing.
ALTER TABLE kb.object_extraction_jobs ADD COLUMN trace text;
COMMENT ON COLUMN kb.object_extraction_jobs.trace IS 'Trace context of the request that made the job, if it is traced.';
