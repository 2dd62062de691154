-- A running job's row may be deleted and put back from a backup while its worker lives. With the lease that the backup
-- knows, the next claim could take the very lease that this worker holds, and two would write under it. So a row that is
-- inserted by hand takes a lease above all that there have been, of whatever job: each lease has its line of history,
-- and its number is never above that line's. The numbers of lines never come back, not even when lines are deleted.
--
-- A row of the product's own (revision 1, no lease, made now) does not call the function: for it the WHEN is all.
-- As its owner, because no role of the functions may take numbers by itself.
CREATE FUNCTION kb.lease_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.lease := greatest(NEW.lease + 1, nextval('kb.extraction_job_events_id_seq'));
  RETURN NEW;
END
$$;
REVOKE EXECUTE ON FUNCTION kb.lease_by_hand() FROM PUBLIC;

CREATE TRIGGER lease_by_hand BEFORE INSERT ON kb.object_extraction_jobs
FOR EACH ROW WHEN (NEW.revision <> 1 OR NEW.lease <> 0 OR NEW.created_at <> now())
EXECUTE FUNCTION kb.lease_by_hand();
