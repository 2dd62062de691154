-- Who deletes a job deletes everything that is the job's own. Documents, checkpoints, objects and relationships go by
-- their foreign keys. History and announcements that are not sent yet have none: this trigger deletes them. A new table
-- that holds something of a job needs such a foreign key, or a line here.
--
-- A trigger and not a clause of each DELETE, for two reasons. It runs when the job's row is locked, so it also sees a line
-- of history that another transaction committed while the DELETE waited for the row. And it runs as its owner, so a
-- role may delete a job and still has no right to delete history by itself (sql/roles.sql).
CREATE FUNCTION kb.delete_with_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM kb.extraction_job_events WHERE job_id = ANY (ARRAY(SELECT id FROM deleted));
  DELETE FROM kb.extraction_announcements WHERE job_id = ANY (ARRAY(SELECT id FROM deleted));
  RETURN NULL;
END
$$;
-- Else a role could put it on a table of its own, and name any job there.
REVOKE EXECUTE ON FUNCTION kb.delete_with_job() FROM PUBLIC;

CREATE TRIGGER delete_with_job AFTER DELETE ON kb.object_extraction_jobs
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION kb.delete_with_job();
