-- What an organisation may have at once, and what it has. Nothing is counted that no statement touches anyway, but for
-- money: jobs that spend none do not call the function.

CREATE TABLE kb.extraction_bounds (
  org_id                kb.tenant_id     NOT NULL PRIMARY KEY,
  max_pending_jobs      integer          CHECK (max_pending_jobs >= 0),
  max_kept_megabytes    double precision CHECK (max_kept_megabytes >= 0),
  max_cost_usd_per_day  double precision CHECK (max_cost_usd_per_day >= 0)
);
COMMENT ON TABLE kb.extraction_bounds IS
  'Bounds of single organisations, in place of the settings. Null: as the setting. 0: none.';

ALTER TABLE kb.object_extraction_jobs ADD COLUMN kept_bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN kb.object_extraction_jobs.kept_bytes IS
  'Of the source, the text that was read and the objects, without what Postgres saves or adds.';

-- Measured by the sweep, an organisation at a time.
CREATE TABLE kb.extraction_use (
  org_id      kb.tenant_id NOT NULL PRIMARY KEY,
  kept_bytes  numeric      NOT NULL,
  measured_at timestamptz  NOT NULL DEFAULT now()
);

CREATE TABLE kb.extraction_spending (
  org_id   kb.tenant_id NOT NULL,
  day      date         NOT NULL,
  cost_usd numeric      NOT NULL,
  PRIMARY KEY (org_id, day)
);
COMMENT ON COLUMN kb.extraction_spending.day IS 'In UTC.';

-- A trigger and not a clause of each statement: an attempt writes what it has spent with every one. It runs as its owner,
-- so that no role can write down what was not spent.
CREATE FUNCTION kb.count_spending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO kb.extraction_spending AS spent (org_id, day, cost_usd)
  VALUES (NEW.org_id, (now() AT TIME ZONE 'UTC')::date, NEW.cost_usd - OLD.cost_usd)
  ON CONFLICT (org_id, day) DO UPDATE SET cost_usd = spent.cost_usd + excluded.cost_usd;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION kb.count_spending() FROM PUBLIC;

CREATE TRIGGER count_spending AFTER UPDATE ON kb.object_extraction_jobs
FOR EACH ROW WHEN (NEW.cost_usd > OLD.cost_usd)
EXECUTE FUNCTION kb.count_spending();
