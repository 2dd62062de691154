-- A trigger whose columns a statement does not set is passed over; its WHEN is read anew by each statement. So the note that
-- a message was sent meets neither of these, and a claim or a heartbeat only the first, which is all but the columns as in
-- 0002; the second as in 0071.
CREATE OR REPLACE TRIGGER change_by_hand BEFORE UPDATE OF status, updated_at, run_after ON kb.object_extraction_jobs
FOR EACH ROW WHEN (
  NEW.revision = OLD.revision
  AND (NEW.status <> OLD.status
       OR NEW.status = 'pending' AND (NEW.updated_at <> OLD.updated_at OR NEW.run_after <> OLD.run_after)))
EXECUTE FUNCTION kb.change_by_hand();

CREATE OR REPLACE TRIGGER count_spending AFTER UPDATE OF cost_usd ON kb.object_extraction_jobs
FOR EACH ROW WHEN (NEW.cost_usd > OLD.cost_usd)
EXECUTE FUNCTION kb.count_spending();
