"""Promise 24: a heartbeat writes no index entry, and the sweep finds an orphan all the same.

What could go wrong. A heartbeat changes a column that an index holds: then it writes an entry into every index of the
table. Or the index holds something else, which a change by hand, a backup or a role without triggers puts out of step:
then a sweep never sees the job, or takes a live one.

What must hold. What a worker writes on its way touches no index, but once a minute. Whoever writes a row, its mark is
within a minute before its heartbeat (invariants.sql says so after every test). What is recovered follows from the
heartbeat alone.
"""

from __future__ import annotations

import pytest

from tests.conftest import TENANT

from .conftest import Lab
from .writes import beat, checkpoint, start

JOBS = "kb.object_extraction_jobs"


UPDATES = b"""
SELECT n_tup_upd - n_tup_hot_upd AS into_indexes, n_tup_hot_upd AS beside_them
FROM pg_stat_xact_user_tables WHERE relid = 'kb.object_extraction_jobs'::regclass"""


def test_heartbeats_and_checkpoints_write_no_index_entry(lab: Lab) -> None:
    attempt = lab.take(lab.new_job())
    database = attempt._database
    with database.rolled_back():
        before = database.row(UPDATES) or {"into_indexes": 0, "beside_them": 0}
        start(attempt)
        beat(attempt)
        checkpoint(attempt)
        [after] = database.rows(UPDATES)
    assert after["into_indexes"] == before["into_indexes"]
    assert after["beside_them"] == before["beside_them"] + 3


def test_what_is_recovered_follows_from_the_heartbeat_and_not_from_its_mark(lab: Lab) -> None:
    attempt = lab.take(lab.new_job())
    lab.psql.time_passes(40)
    beat(attempt)
    [mark] = lab.psql(f"SELECT now() - heartbeat_mark > '40 seconds' AS old FROM {JOBS}")
    assert mark["old"]
    orphans = [job.id for job in lab.orphans(1)]
    assert [each.id for each in lab.sweep(orphan_threshold_minutes=0.5).recovered] == orphans
    lab.psql.time_passes(31)
    recovered = lab.sweep(orphan_threshold_minutes=0.5).recovered
    assert [each.id for each in recovered] == [attempt.job.id]


AN_HOUR_AGO = "updated_at = now() - interval '1 hour'"
INSERT = f"""
DELETE FROM {JOBS};
INSERT INTO {JOBS} (org_id, project_id, source_type, status, updated_at, heartbeat_mark)
VALUES ('{TENANT.org_id}', '{TENANT.project_id}', 'document', 'running', now() - interval '1 hour',"""
BY_HAND = {
    "turned back": f"UPDATE {JOBS} SET {AN_HOUR_AGO}",
    "made": f"{INSERT} DEFAULT)",
    "put back with another's mark": f"{INSERT} now())",
    "set running": f"UPDATE {JOBS} SET status = 'failed', {AN_HOUR_AGO};"
    f" UPDATE {JOBS} SET status = 'running'",
    "the mark itself": f"UPDATE {JOBS} SET {AN_HOUR_AGO}; UPDATE {JOBS} SET heartbeat_mark = now()",
    "by a role without triggers": f"SET session_replication_role = replica;"
    f" UPDATE {JOBS} SET {AN_HOUR_AGO}; RESET session_replication_role",
}


@pytest.mark.parametrize("statement", BY_HAND.values(), ids=list(BY_HAND))
def test_a_row_that_is_written_by_hand_is_found_by_its_heartbeat(lab: Lab, statement: str) -> None:
    lab.take(lab.new_job())
    lab.psql(statement)
    assert len(lab.sweep().recovered) == 1
