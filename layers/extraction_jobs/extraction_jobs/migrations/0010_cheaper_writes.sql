-- Every change of a job writes a new version of its row. Where that fits on the row's own page, the write-ahead log
-- holds only what differs, and one page is changed for two. Of pages written from now on; the others stay as they are.
ALTER TABLE kb.object_extraction_jobs SET (fillfactor = 85);
