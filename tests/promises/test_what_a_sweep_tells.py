"""What a sweep did can be read: in the log, in the statistics, in each job's own message."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from extraction_jobs.sweep import Sweeper, SweepFailedError
from extraction_jobs.sweep_report import Count
from extraction_jobs.sweep_steps import LOOK

from .conftest import Lab, meddle
from .test_five_sweepers_one_poisoned_row import BUSINESS, its_business


def test_the_sentences_that_operators_grep_for_are_logged(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    [job] = lab.orphans(1)
    started = lab.psql.job(job.id)["started_at"]
    lab.sweep()
    lab.sweep()
    assert [record.getMessage() for record in caplog.records] == [
        f"Recovered 1 orphaned extraction job(s) from 'running' to 'pending': {job.id}",
        f"  - Job {job.id} (document) was running since {started.isoformat()}",
        "No orphaned extraction jobs found - all clear",
    ]
    assert (
        lab.psql.job(job.id)["error_message"]
        == "Job was interrupted and has been reset to pending."
    )


def test_a_sweep_that_finds_nothing_is_one_statement_and_is_recorded(lab: Lab) -> None:
    held = lab.take(lab.new_job()).job
    lab.new_job()
    lab.psql.make_idle(held.id, 1)
    asked, looked = list[int](), list[int]()
    meddle(lab.database, before=lambda: asked.append(1))
    meddle(lab.database, LOOK, before=lambda: looked.append(1))
    report = Sweeper(lab.database, lab.queue, lab.settings).sweep()
    assert asked == looked == [1]
    assert (report.recovered, report.failed, report.redispatched) == ([], [], 0)
    assert report.oldest_heartbeat_seconds == pytest.approx(60, abs=30)
    assert report.oldest_pending_seconds == pytest.approx(0, abs=30)
    [recorded] = lab.psql(
        "SELECT recovered, failed, redispatched, errors FROM kb.extraction_sweeps"
    )
    assert recorded == {"recovered": 0, "failed": 0, "redispatched": 0, "errors": []}
    Sweeper(lab.database, lab.queue, lab.settings).sweep(dry_run=True)
    assert len(lab.psql("SELECT id FROM kb.extraction_sweeps")) == 1, "a dry run leaves no record"


@pytest.mark.parametrize("step", BUSINESS)
def test_a_sweep_sees_whatever_there_is_to_do(lab: Lab, step: str) -> None:
    job = lab.new_job()
    lab.queue.sent.clear()
    becomes = its_business(lab, step, job)
    assert not lab.sweep().idle
    assert lab.psql.job(job.id)["status"] == becomes
    assert lab.sent == [job.id] * (becomes == "pending")
    lab.psql("TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events CASCADE")


def test_a_row_that_another_has_locked_is_told_with_who_holds_it(
    lab: Lab, empty_tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extraction_jobs.sweep.HELD_FOR", timedelta(0))
    locked, _ = lab.orphans(2)
    with psycopg.connect(empty_tables, application_name="a forgotten BEGIN") as person:
        person.execute(
            "SELECT 'a text' FROM kb.object_extraction_jobs WHERE id = %s FOR UPDATE", [locked.id]
        )
        with pytest.raises(SweepFailedError) as failed:
            lab.sweep()
        assert failed.value.report.counts[Count.RECOVERED] == 1
        [error] = failed.value.report.errors
        assert str(locked.id) in error
        assert f"process {person.info.backend_pid} of Postgres" in error
        assert "'a forgotten BEGIN', idle in transaction" in error
        assert "a text" not in error
    assert lab.sweep().counts[Count.RECOVERED] == 1
